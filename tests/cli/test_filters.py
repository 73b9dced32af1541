"""``--where``, ``--sort`` and ``--offset`` on the command line."""

from __future__ import annotations

from pathlib import Path

import pytest

from .conftest import Run, Shelf


def test_search_keeps_what_passes(run: Run, shelf: Shelf) -> None:
    query = shelf.pictures / "scene-0.jpg"
    ran = run("search", query, "-l", shelf.library, "--where", "price >= 10", "--json")
    assert ran.code == 0
    assert {Path(hit["uri"]).name for hit in ran.json} == {"a.png", "b.png"}
    downwards = ("-w", "price >= 10", "--sort", "-price", "--json")
    ran = run("search", query, "-l", shelf.library, *downwards)
    assert [hit["metadata"]["price"] for hit in ran.json] == [20, 10]
    ran = run("search", query, "-l", shelf.library, *downwards, "--offset", "1")
    assert [(hit["rank"], hit["metadata"]["price"]) for hit in ran.json] == [(2, 10)]


def test_among_says_how_many_are_sorted(run: Run, shelf: Shelf) -> None:
    query = shelf.pictures / "scene-0.jpg"
    ran = run(
        *("search", query, "-l", shelf.library, "--sort", "size", "--among", "1", "--json"),
    )
    assert [Path(hit["uri"]).name for hit in ran.json] == ["scene-0.jpg"]


def test_nothing_passing_is_exit_code_1(run: Run, shelf: Shelf) -> None:
    query = shelf.pictures / "scene-0.jpg"
    ran = run("search", query, "-l", shelf.library, "--where", "price > 1000")
    assert ran.code == 1
    assert "Nothing found that passes the filter" in ran.err
    ran = run("list", "-l", shelf.library, "--where", "price > 1000")
    assert ran.code == 1
    assert "No image passes." in ran.err


@pytest.mark.parametrize("command", ["search", "list", "export"])
def test_a_wrong_filter_is_exit_code_2_and_one_sentence(
    run: Run, shelf: Shelf, tmp_path: Path, command: str
) -> None:
    argument = {
        "search": [shelf.pictures / "scene-0.jpg"],
        "list": [],
        "export": [tmp_path / "x.npy"],
    }[command]
    ran = run(command, *argument, "-l", shelf.library, "--where", "prise < 5")
    assert ran.code == 2
    assert ran.out == ""
    assert "Did you mean price" in ran.err
    assert not list(tmp_path.glob("x*"))


def test_list_filters_sorts_and_pages(run: Run, shelf: Shelf) -> None:
    def names(*options: str) -> list[str]:
        ran = run("list", "-l", shelf.library, "--json", *options)
        return [Path(image["uri"]).name for image in ran.json]

    assert names("--where", "format = 'png'") == ["a.png", "b.png"]
    assert names("--where", "price is not null", "--sort", "-price") == ["b.png", "a.png"]
    every = names("--sort", "name")
    assert every == sorted(every)
    assert names("--sort", "name", "--offset", "1", "--limit", "2") == every[1:3]


def test_failures_take_no_filter(run: Run, shelf: Shelf) -> None:
    ran = run("list", "-l", shelf.library, "--failed", "--where", "width > 1")
    assert ran.code == 2
    assert "--failed" in ran.err


def test_export_writes_what_passes(run: Run, shelf: Shelf, tmp_path: Path) -> None:
    ran = run("export", tmp_path / "x.npy", "-l", shelf.library, "-w", "price = 10", "--json")
    assert ran.json["images"] == 1
