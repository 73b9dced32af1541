"""The report of a run: what it shows, and what it does not let through."""

from __future__ import annotations

import html.parser
import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

pytest.importorskip("torch")

from lookalike.evaluation import Interval
from lookalike.training.judging.evaluating import Robustness
from lookalike.training.judging.robustness import AttackRow, EditRow
from lookalike.training.judging.table import Table, judge, measure
from lookalike.training.reporting import Findings, write_report
from lookalike.training.reporting.curves import curves
from lookalike.training.reporting.drawing import ticks
from lookalike.training.reporting.layout import lay_out
from lookalike.training.reporting.pictures import worst_queries
from lookalike.training.reporting.worst import worst

HOSTILE = '<script>alert("x")</script>\x1b'


def _clusters(each: int = 12) -> tuple[np.ndarray, list[str]]:
    random = np.random.default_rng(0)
    labels = [name for name in ("a", "b", HOSTILE) for _ in range(each)]
    centres = np.eye(3, 16)[np.repeat(np.arange(3), each)]
    vectors = centres + 0.05 * random.normal(size=(len(labels), 16))
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32), labels


def _history() -> list[dict]:
    rows = [("head", 0, None, 0.4), ("head", 1, 2.0, 0.5), ("head", 2, 1.5, 0.55)]
    rows += [("all", 0, None, 0.55), ("all", 1, 1.2, 0.6)]
    names = ("stage", "epoch", "loss", "selection_map_at_r")
    return [dict(zip(names, row, strict=True)) for row in rows]


def _findings(folder: Path) -> Findings:
    vectors, labels = _clusters()
    random = np.random.default_rng(1).normal(size=vectors.shape).astype(np.float32)
    random /= np.linalg.norm(random, axis=1, keepdims=True)
    rows = [
        measure("random", random, labels),
        measure("frozen + whitening", random, labels),
        measure("trained", vectors, labels),
    ]
    table = Table(tuple(rows), tuple(labels))
    paths = []
    for number in range(len(labels)):
        path = folder / f"{number}.png"
        if number != 5:  # one is gone by now
            Image.new("RGB", (40, 30), (number * 5, 90, 30)).save(path)
        paths.append(path)
    return Findings(
        HOSTILE,
        ["One.\nTwo."],
        table,
        judge(table),
        vectors,
        labels,
        paths,
        f"fit: 8 pictures of {HOSTILE}",
        _history(),
    )


class _Tags(html.parser.HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: list[str] = []

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self.seen.append(tag)
        if tag not in {"meta", "img", "br"}:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: object) -> None:
        self.seen.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_the_page_is_well_formed_and_lets_no_name_through(tmp_path: Path) -> None:
    write_report(tmp_path / "report.html", _findings(tmp_path))
    text = (tmp_path / "report.html").read_text(encoding="utf-8")
    parser = _Tags()
    parser.feed(text)
    assert not parser.open
    assert "script" not in parser.seen
    assert "\x1b" not in text
    assert "http" not in text.replace("http://www.w3.org", "")
    for title in ("Before and after", "The course of the training", "The worst queries", "A map"):
        assert title in text
    assert "cannot be read" in text
    assert not list(tmp_path.glob("*.tmp"))


def test_edits_and_attacks_are_shown_where_they_were_measured(tmp_path: Path) -> None:
    edit = EditRow("jpeg_20", 0.75, Interval(0.7, 0.8), math.nan, Interval(0.0, 1.0), 12)
    attack = AttackRow(HOSTILE, 4, 0.9, 0.5, 0.2, 0.125, Interval(0.1, 0.15), 12)
    findings = replace(_findings(tmp_path), robustness=Robustness((edit,), (attack,)))
    write_report(tmp_path / "report.html", findings)
    text = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert "<th>jpeg 20</th><td>75.0<small>70.0–80.0</small></td><td>–</td>" in text
    assert "<td>20.0</td><td>12.5<small>10.0–15.0</small></td>" in text
    assert "<script" not in text
    plain = replace(findings, robustness=Robustness((edit,), ()))
    write_report(tmp_path / "report.html", plain)
    assert "least of both" not in (tmp_path / "report.html").read_text(encoding="utf-8")


def test_a_model_that_was_only_measured_is_not_promoted(tmp_path: Path) -> None:
    write_report(tmp_path / "report.html", replace(_findings(tmp_path), trained_now=False))
    text = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert "romoted</b>" not in text
    assert "<b>Surely better</b><p>MAP@R +" in text
    assert "not seen" not in text


def test_unlabelled_pictures_have_no_classes_and_no_worst_queries(tmp_path: Path) -> None:
    # Each picture has to find another view of itself: twice as many queries as pictures.
    findings = _findings(tmp_path)
    names = [path.name for path in findings.paths]
    twice = np.concatenate([findings.vectors] * 2)
    rows = [measure(row.name, twice, names * 2) for row in findings.table.rows]
    table = Table(tuple(rows), tuple(names * 2))
    write_report(
        tmp_path / "report.html",
        replace(findings, table=table, verdict=judge(table), labels=names),
    )
    text = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert "Class by class" not in text
    assert "The worst queries" not in text
    assert "A map" in text
    assert '<ul class="legend">' not in text


def test_every_stage_is_drawn() -> None:
    drawn = curves(_history())
    assert "head" in drawn
    assert "all layers" in drawn
    assert drawn.count("<svg") == 2
    assert curves([]) == ""


def test_the_worst_query_comes_first() -> None:
    # Angles on a circle: b1 lies among the a's, so it finds two wrong ones before b2.
    angles = {"a1": 0, "a2": 2, "b1": 3, "a3": 4, "b2": 90, "b3": 92}
    turned = np.radians(list(angles.values()))
    vectors = np.stack([np.cos(turned), np.sin(turned)], axis=1).astype(np.float32)
    labels = [name[0] for name in angles]
    paths = [Path(name) for name in angles]
    drawn = worst_queries(vectors, labels, paths, count=1, read=lambda path: path.name)
    first = drawn.split('src="')[1].split('"')[0]
    assert first == "b1"
    assert drawn.count("wrong") == 3
    assert drawn.count('class="picture right"') == 2


def test_pictures_without_a_right_answer_are_no_worst_queries() -> None:
    vectors = np.eye(3, dtype=np.float32)
    assert worst_queries(vectors, ["a", "b", "c"], [Path("x")] * 3) == ""


def test_the_map_is_always_the_same_and_keeps_groups_apart() -> None:
    vectors, labels = _clusters()
    places = lay_out(vectors)
    assert np.array_equal(places, lay_out(vectors))
    assert places.min() >= 0.0
    assert places.max() <= 1.0
    names = np.array(labels)
    centres = np.stack([places[names == name].mean(axis=0) for name in np.unique(names)])
    within = max(places[names == n].std(axis=0).max() for n in np.unique(names))
    apart = min(np.linalg.norm(centres[i] - centres[j]) for i in range(3) for j in range(i))
    assert apart > 4 * within


@pytest.mark.parametrize("count", [1, 2, 3, 5])
def test_few_pictures_have_a_map_too(count: int) -> None:
    places = lay_out(np.eye(count, 8, dtype=np.float32))
    assert places.shape == (count, 2)
    assert np.isfinite(places).all()


def test_the_same_pictures_twice_have_a_map_too() -> None:
    assert np.isfinite(lay_out(np.ones((6, 4), np.float32) / 2)).all()


def test_ticks_are_round_and_hold_the_range() -> None:
    assert ticks(0.0, 1.0) == pytest.approx([0, 0.2, 0.4, 0.6, 0.8, 1.0])
    found = ticks(0.331, 0.348)
    assert found[0] <= 0.331 <= 0.348 <= found[-1]
    assert ticks(2.0, 2.0)[0] <= 2.0


def test_the_worst_queries_are_in_the_order_of_their_precision_then_of_their_best_answer() -> None:
    # b1 and e1 lie among the a's, so b's and e's find nothing right first; the b's lie 87 degrees
    # apart and the e's 57, so the b's are worse. Pictures of d have no right answer.
    angles = {"a1": 0, "a2": 1.5, "b1": 3, "e1": 3.4, "a3": 4, "e2": 60.4, "b2": 90, "d": 200}
    turned = np.radians(list(angles.values()))
    vectors = np.stack([np.cos(turned), np.sin(turned)], axis=1).astype(np.float32)
    names = list(angles)
    found = worst(vectors, [name[0] for name in names], nearest=3)
    asked = [names[missed.query] for missed in found]
    assert (set(asked[:2]), set(asked[2:4])) == ({"b1", "b2"}, {"e1", "e2"})
    assert "d" not in asked
    first = found[asked.index("b1")]
    assert first.precision == 0.0
    assert [names[place] for place in first.nearest] == ["e1", "a3", "a2"]
    assert first.scores == pytest.approx(np.cos(np.radians([0.4, 1.0, 1.5])), abs=1e-6)
    precisions = [missed.precision for missed in found]
    assert precisions == sorted(precisions)


def test_worst_queries_are_the_same_in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    random = np.random.default_rng(3).normal(size=(40, 6)).astype(np.float32)
    random /= np.linalg.norm(random, axis=1, keepdims=True)
    labels = [str(number % 5) for number in range(40)]
    whole = worst(random, labels)
    monkeypatch.setattr("lookalike.training.reporting.worst._CHUNK_SCORES", 100)
    assert worst(random, labels) == whole
