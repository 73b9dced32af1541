"""``lookalike index``: what it does, what it says, how it ends."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

import lookalike
from lookalike.library.lock import writer_lock

from .conftest import Run


def names(library: Path) -> list[str]:
    with lookalike.open(library, create=False) as opened:
        return [Path(image.uri).name for image in opened.iterate()]


def test_a_folder_is_indexed_and_a_second_run_leaves_it_alone(
    run: Run, scenes: Path, tmp_path: Path
) -> None:
    library = tmp_path / "photos.lookalike"
    first = run("index", scenes, "--library", library)
    assert first.code == 0
    assert "12 added" in first.out
    assert "The library holds 12 images." in first.out
    assert f"Next: lookalike search PICTURE --library {library}" in first.err
    second = run("index", scenes, "--library", library, "--json")
    assert second.code == 0
    assert second.json["unchanged"] == second.json["images"] == 12
    assert second.json["added"] == 0
    again = run("index", scenes, "--library", library, "--json", "--refresh")
    assert again.json["unchanged"] == 0


def test_the_library_of_the_settings_is_used_and_named(
    run: Run, scenes: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    library = tmp_path / "mine.lookalike"
    monkeypatch.setenv("LOOKALIKE_LIBRARY", str(library))
    ran = run("index", scenes / "scene-0.jpg", "--json")
    assert ran.json["added"] == 1
    assert f"Library: {library}" in ran.err
    assert names(library) == ["scene-0.jpg"]


def test_a_broken_file_is_named_with_its_reason_and_ends_with_1(
    run: Run, scenes: Path, tmp_path: Path
) -> None:
    library = tmp_path / "photos.lookalike"
    broken = scenes / "broken.jpg"
    broken.write_text("no picture at all")
    ran = run("index", scenes, "--library", library)
    assert ran.code == 1
    assert f"{broken}: This is not a picture" in ran.err
    assert f"lookalike list --failed --library {library}" in ran.err
    again = run("index", scenes, "--library", library, "--json")
    assert (again.code, again.json["skipped"], again.json["failed"]) == (0, 1, 0)
    retried = run("index", scenes, "--library", library, "--json", "--retry-failed")
    assert (retried.code, retried.json["skipped"], retried.json["failed"]) == (1, 0, 1)


def test_only_the_first_failures_are_shown(run: Run, tmp_path: Path) -> None:
    folder = tmp_path / "broken"
    folder.mkdir()
    for number in range(9):
        (folder / f"{number}.jpg").write_bytes(b"nothing")
    ran = run("index", folder, "--library", tmp_path / "l.lookalike")
    assert ran.code == 1
    assert ran.err.count("This is not a picture") == 5
    assert "and 4 more" in ran.err
    assert "Next:" not in ran.err


def test_include_exclude_and_prune_choose_the_files(run: Run, scenes: Path, tmp_path: Path) -> None:
    library = tmp_path / "photos.lookalike"
    chosen = ("--include", "*.png", "--exclude", "scene-8*", "--exclude", "scene-9*")
    run("index", scenes, "--library", library, *chosen)
    assert names(library) == ["scene-10.png", "scene-11.png"]
    (scenes / "deep" / "scene-10.png").unlink()
    kept = run("index", scenes, "--library", library, "--json", *chosen)
    assert (kept.json["removed"], kept.json["images"]) == (0, 2)
    pruned = run("index", scenes, "--library", library, "--json", "--prune", *chosen)
    assert (pruned.json["removed"], pruned.json["images"]) == (1, 1)


def test_a_table_gives_pages_and_metadata(run: Run, scenes: Path, tmp_path: Path) -> None:
    library = tmp_path / "shop.lookalike"
    table = scenes / "goods.csv"
    table.write_text(
        "spare,photo,link,price\nscene-1.jpg,scene-0.jpg,https://example.org/0,1.5\n",
        encoding="utf-8",
    )
    columns = ("--image-column", "photo", "--page-url-column", "link")
    assert run("index", table, "--library", library, *columns).code == 0
    hits = run("search", scenes / "scene-0.jpg", "--library", library, "--json").json
    assert Path(hits[0]["uri"]).name == "scene-0.jpg"
    assert hits[0]["page_url"] == "https://example.org/0"
    assert hits[0]["metadata"] == {"spare": "scene-1.jpg", "price": 1.5}


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["/no/such/folder"], "There is no file or folder /no/such/folder"),
        (["empty"], "There are no pictures in empty"),
        (["table.csv", "--image-column", "nope"], "nope"),
        (["scene", "--workers", "0"], "--workers"),
        ([], "PATH"),
        (["empty", "--bogus"], "--bogus"),
    ],
)
def test_wrong_use_is_one_sentence_and_ends_with_2(
    run: Run,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    arguments: list[str],
    sentence: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "empty").mkdir()
    (tmp_path / "table.csv").write_text("a,b\n1,2\n", encoding="utf-8")
    ran = run("index", *arguments, "--library", "l.lookalike")
    assert ran.code == 2
    assert sentence in ran.err
    assert "Traceback" not in ran.err
    assert ran.out == ""


def test_a_folder_with_other_things_is_not_taken_for_a_library(
    run: Run, scenes: Path, tmp_path: Path
) -> None:
    before = sorted(os.listdir(scenes))
    ran = run("index", scenes, "--library", scenes)
    assert ran.code == 2
    assert f"{scenes}.lookalike" in ran.err
    assert sorted(os.listdir(scenes)) == before


def test_a_second_writer_waits_or_is_told(run: Run, scenes: Path, tmp_path: Path) -> None:
    library = tmp_path / "photos.lookalike"
    run("index", scenes / "scene-0.jpg", "--library", library)
    with writer_lock(library, wait=True):
        for command in (["index", scenes], ["remove", scenes], ["rebuild-index"]):
            ran = run(*command, "--library", library, "--no-wait")
            assert ran.code == 2
            assert "is writing to" in ran.err


def test_a_wrong_path_makes_no_library(run: Run, tmp_path: Path) -> None:
    library = tmp_path / "new.lookalike"
    wrong = run("index", tmp_path / "nowhere", "--library", library)
    assert wrong.code == 2
    assert "nowhere" in wrong.err
    assert not library.exists()
