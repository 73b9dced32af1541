"""``lookalike recognize``: names for pictures, good ones among bad ones."""

from __future__ import annotations

from pathlib import Path

import pytest

from .conftest import Run, Shelf


def test_names_come_with_probabilities_and_need_no_library(run: Run, shelf: Shelf) -> None:
    ran = run("recognize", shelf.pictures / "scene-0.jpg", "-k", "3", "--json")
    assert ran.code == 0
    assert ran.err == ""
    (answer,) = ran.json
    assert answer["uri"] == str(shelf.pictures / "scene-0.jpg")
    probabilities = [label["probability"] for label in answer["labels"]]
    assert len(probabilities) == 3
    assert probabilities == sorted(probabilities, reverse=True)
    assert all(0 <= probability <= 1 for probability in probabilities)


def test_lines_name_the_picture_only_when_there_are_several(run: Run, shelf: Shelf) -> None:
    one, two = shelf.pictures / "scene-0.jpg", shelf.pictures / "scene-1.jpg"
    alone = run("recognize", one, "-k", "2").out.splitlines()
    assert len(alone) == 2
    assert all("%" in line for line in alone)
    both = run("recognize", one, two, "-k", "2").out.splitlines()
    assert both[0] == str(one)
    assert both[1:3] == alone
    assert both[3] == str(two)


def test_a_bad_picture_does_not_stop_the_others(run: Run, shelf: Shelf) -> None:
    good, bad = shelf.pictures / "scene-0.jpg", shelf.pictures / "broken.jpg"
    ran = run("recognize", bad, good, "--json")
    assert ran.code == 1
    assert str(bad) in ran.err
    first, second = ran.json
    assert (first["uri"], first["labels"]) == (str(bad), [])
    assert first["error"]
    assert len(second["labels"]) == 5
    assert run("recognize", bad, "nowhere.jpg").code == 2


def test_standard_input_works_once(run: Run, shelf: Shelf) -> None:
    data = (shelf.pictures / "scene-0.jpg").read_bytes()
    named = run("recognize", shelf.pictures / "scene-0.jpg", "--json").json[0]["labels"]
    assert run("recognize", "-", "--json", input=data).json[0]["labels"] == named


def test_real_photographs_get_their_names(run: Run) -> None:
    skimage = pytest.importorskip("skimage", reason="no photographs without the extra 'demo'")
    data = Path(skimage.__file__).parent / "data"
    ran = run("recognize", data / "chelsea.png", data / "coffee.png", "--json", "-k", "3")
    names = [{label["name"] for label in answer["labels"]} for answer in ran.json]
    assert names[0] & {"tabby", "tiger cat", "Egyptian cat"}
    assert "espresso" in names[1]
