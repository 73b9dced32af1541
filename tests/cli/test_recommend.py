"""``lookalike recommend`` and ``lookalike events`` from end to end."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from .conftest import Run, Shelf


@pytest.fixture
def own(shelf: Shelf, tmp_path: Path) -> Path:
    """Return a copy of the shelf that may be written to."""
    shutil.copytree(shelf.library, tmp_path / "own.lookalike")
    return tmp_path / "own.lookalike"


def test_more_like_this(run: Run, shelf: Shelf) -> None:
    liked = shelf.pictures / "scene-0.jpg"
    ran = run("recommend", "--like", liked, "--dislike", shelf.pictures / "scene-1.jpg", "-k", 9,
              "--library", shelf.library)  # fmt: skip
    assert ran.code == 0
    assert ran.out.splitlines()[0].split() == ["rank", "score", "why", "where"]
    assert "like scene-0.jpg" in ran.out
    assert len(ran.out.splitlines()) == 4
    ran = run("recommend", "--like", liked, "--json", "-l", shelf.library, "--strategy", "best")
    assert [item["rank"] for item in ran.json] == [1, 2, 3, 4]


def test_wrong_wishes_are_said(run: Run, shelf: Shelf) -> None:
    for wish, said in (
        ((), "at least one"),
        (("--like", "none.jpg"), "neither"),
        (("--like", shelf.pictures / "scene-0.jpg", "--strategy", "worst"), "worst"),
        (("--user", "ann", "--like", "a"), "not both"),
    ):
        ran = run("recommend", *wish, "-l", shelf.library)
        assert ran.code == 2
        assert said in ran.err


def test_events_are_noted_imported_listed_learned_and_forgotten(
    run: Run, own: Path, shelf: Shelf, tmp_path: Path
) -> None:
    assert "0 events" in run("events", "-l", own).out
    picture = shelf.pictures / "scene-0.jpg"
    assert (
        "1 event of 1 user"
        in run("events", "add", "ann", picture, "like", "--time", "5", "-l", own).out
    )
    table = tmp_path / "clicks.csv"
    table.write_text(f"user,item,kind\nann,{picture},clicked\nbob,nothing.jpg,like\nbob,b,odd\n")
    ran = run("events", "import", table, "-l", own)
    assert ran.code == 1
    assert "1 event added" in ran.out
    assert "not in the library: nothing.jpg" in ran.err
    assert "'odd'" in ran.err
    ran = run("events", "import", table, "--map", "odd=save", "--json", "-l", own)
    assert (ran.json["repeated"], ran.json["failed"]) == (1, 0)
    listed = run("events", "list", "ann", "-l", own)
    assert [line.split()[0] for line in listed.out.splitlines()] == ["view", "like"]
    assert run("events", "-l", own, "--json").json["kinds"] == {"view": 1, "like": 1}
    ran = run("recommend", "--user", "ann", "-k", 2, "-l", own)
    assert "like scene-0.jpg that you liked" in ran.out
    assert "Learned from 2 events of 1 user" in run("events", "learn", "-l", own).out
    assert run("events", "forget", "ann", "-l", own).code == 0
    ran = run("events", "forget", "ann", "-l", own)
    assert (ran.code, run("events", "list", "ann", "-l", own).code) == (2, 1)
    ran = run("recommend", "--user", "ann", "-l", own, "--json")
    assert "no events of ann" in ran.err
    assert len(ran.json) == 5


def test_wrong_events_are_said(run: Run, own: Path, shelf: Shelf) -> None:
    picture = shelf.pictures / "scene-0.jpg"
    for words, said in (
        (("add", "ann", picture, "shrug"), "shrug"),
        (("add", "ann", "none.jpg", "like"), "none.jpg"),
        (("import", "none.csv"), "none.csv"),
        (("import", shelf.pictures / "scene-0.jpg"), "endings"),
        (("import", "none.csv", "--map", "buy"), "WORD=KIND"),
    ):
        ran = run("events", *words, "-l", own)
        assert ran.code == 2
        assert said in ran.err
    assert "0 events" in run("events", "-l", own).out


def test_recommending_is_evaluated(run: Run, own: Path, tmp_path: Path) -> None:
    table = tmp_path / "many.csv"
    rows = [
        f"u{user},{1 + (user + step) % 5},{user + step}" for user in range(25) for step in (0, 1, 2)
    ]
    table.write_text("user,image_id,time\n" + "\n".join(rows))
    assert run("events", "import", table, "-l", own).code == 0
    ran = run("evaluate", "--recommend", "-l", own)
    assert ran.code == 0
    assert "25 later choices of 25 users" in ran.out
    assert "| hybrid |" in ran.out
    ran = run("evaluate", "--recommend", "--split", "period", "--json", "-l", own)
    assert {row["name"] for row in ran.json["rows"]} >= {"popularity", "item-item", "hybrid"}
    for wrong, said in (
        (("--recommend", "x"), "no DATA"),
        ((), "Name pictures"),
        (("--recommend", "--split", "random", "-l", own), "random"),
        (("--recommend", "--share", "2", "-l", own), "share"),
        (("--recommend", "-l", tmp_path / "none"), "none"),
    ):
        ran = run("evaluate", *wrong)
        assert ran.code == 2
        assert said in ran.err
