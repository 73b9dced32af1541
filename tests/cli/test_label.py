"""``lookalike label``: names taught, listed, checked, taken back, and used by recognize."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image

import lookalike

from .conftest import Run


@pytest.fixture
def own(tmp_path: Path, scenes: Path) -> Path:
    with lookalike.open(tmp_path / "own.lookalike") as library:
        library.add(scenes, workers=1)
    return tmp_path / "own.lookalike"


def test_a_taught_name_is_the_answer_of_recognize(run: Run, own: Path, scenes: Path) -> None:
    one, two = scenes / "scene-0.jpg", scenes / "scene-1.jpg"
    ran = run("label", "add", "shoe", one, "--library", own, "--json")
    assert (ran.code, ran.json) == (0, {"name": "shoe", "added": 1, "examples": 1})
    assert run("label", "add", "boot", two, "--library", own).out == ("boot: 1 added, 1 example.\n")
    (answer,) = run("recognize", one, "--library", own, "--json").json
    assert answer["own"]["best"] == "shoe"
    assert {label["name"] for label in answer["own"]["labels"]} == {"shoe", "boot"}
    assert len(answer["labels"]) == 5
    lines = run("recognize", one, "--library", own, "-k", "1").out.splitlines()
    assert lines[0] == "yours:"
    assert lines[1].endswith("  shoe")
    assert lines[3] == "ImageNet:"
    assert run("recognize", one, "--json").json[0]["own"] is None


def test_what_is_like_nothing_taught_is_unknown(
    run: Run, own: Path, scenes: Path, tmp_path: Path
) -> None:
    run("label", "add", "shoe", scenes / "scene-0.jpg", "--library", own)
    Image.new("L", (100, 100), 255).save(tmp_path / "white.png")
    ran = run("recognize", tmp_path / "white.png", "--library", own)
    assert ran.out.splitlines()[1].endswith("  unknown")


def test_names_are_listed_checked_and_forgotten(run: Run, own: Path, scenes: Path) -> None:
    at = ("--library", own)
    assert run("label", "list", *at).code == 1
    assert run("label", "list", *at, "--json").json == []
    for number in range(4):
        run("label", "add", f"name {number % 2}", scenes / f"scene-{number}.jpg", *at)
    names = run("label", "list", *at, "--json").json
    assert names == [{"name": f"name {n}", "images": 2, "outside": 0} for n in range(2)]
    assert len(run("label", "list", "name 0", *at, "--json").json) == 2
    check = run("label", "check", *at, "--json").json
    assert [one["judged"] for one in check["names"]] == [2, 2]
    assert "name 0" in run("label", "check", *at).out
    removed = run("label", "remove", "name 0", scenes / "scene-0.jpg", *at, "--json").json
    assert removed == {"name": "name 0", "removed": 1, "examples": 1}
    assert run("label", "remove", "name 0", *at).code == 0
    ran = run("label", "remove", "name 0", *at)
    assert ran.code == 2
    assert "name 1" in ran.err


def test_a_folder_with_a_broken_picture_is_learned_with_exit_code_1(
    run: Run, own: Path, tmp_path: Path, make_scene: Callable[[int], Image.Image]
) -> None:
    (tmp_path / "goods" / "cup").mkdir(parents=True)
    make_scene(50).save(tmp_path / "goods" / "cup" / "a.png")
    (tmp_path / "goods" / "cup" / "b.jpg").write_bytes(b"\xff\xd8\xff\xe0 and no more")
    ran = run("label", "learn", tmp_path / "goods", "--library", own)
    assert ran.code == 1
    assert ran.out == "1 name: 1 new example.\n"
    assert "b.jpg" in ran.err


def test_bad_input_is_one_sentence_and_exit_code_2(run: Run, own: Path, scenes: Path) -> None:
    for arguments in (
        ("add", "", scenes / "scene-0.jpg"),
        ("add", "shoe", scenes / "nowhere.jpg"),
        ("add", "a\x1b[31m", scenes / "scene-0.jpg"),
        ("learn",),
        ("learn", scenes / "nowhere"),
        ("learn", "--column", "category"),
        ("check",),
        ("list", "shoe"),
    ):
        ran = run("label", *arguments, "--library", own)
        assert (ran.code, ran.out) == (2, ""), arguments
        assert ran.err.startswith("Error: ")
        assert "\x1b" not in ran.err
