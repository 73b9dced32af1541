"""``lookalike export``: every format, standard output, and files that are there already."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest

import lookalike
from lookalike import LibraryStorageError, UsageError

from .conftest import Run, Shelf


def test_csv_holds_what_is_known_and_the_columns_of_tables(
    run: Run, shelf: Shelf, tmp_path: Path
) -> None:
    target = tmp_path / "all.csv"
    ran = run("export", target, "-l", shelf.library)
    assert ran.out == f"Wrote 5 images to {target}.\n"
    rows = list(csv.DictReader(target.read_text(encoding="utf-8").splitlines()))
    assert [Path(row["uri"]).name for row in rows][-2:] == ["a.png", "b.png"]
    assert [row["price"] for row in rows] == ["", "", "", "10", "20"]
    assert rows[3]["page_url"] == "https://example.org/a?x=1"
    with lookalike.open(shelf.library) as library:
        first = library.get(rows[0]["uri"])
        assert rows[0]["labels"].startswith(f"{first.labels[0].name} ")
        assert float(rows[0]["added"]) == first.added


def test_json_lines_hold_the_images_whole(run: Run, shelf: Shelf, tmp_path: Path) -> None:
    target = tmp_path / "some.jsonl"
    assert run("export", target, "--where", "price >= 10", "-l", shelf.library).code == 0
    with lookalike.open(shelf.library) as library:
        read = [
            lookalike.ImageInfo.from_dict(json.loads(line))
            for line in target.read_text().splitlines()
        ]
        assert read == list(library.iterate(where="price >= 10"))


def test_a_stream_gets_csv_or_json_lines(shelf: Shelf) -> None:
    with lookalike.open(shelf.library) as library:
        stream = io.BytesIO()
        assert library.export(stream, format="csv", where="price = 10") == 1
        assert stream.getvalue().splitlines()[0].startswith(b"uri,url,page_url")
        assert not stream.closed
        with pytest.raises(UsageError, match="two files"):
            library.export(io.BytesIO(), format="npy")
        with pytest.raises(UsageError, match="no format"):
            library.export(io.BytesIO())


@pytest.mark.parametrize("name", ["x.csv", "x.jsonl", "x.parquet", "x.npy"])
def test_a_file_that_is_there_is_kept_without_force(
    run: Run, shelf: Shelf, tmp_path: Path, name: str
) -> None:
    target = tmp_path / name
    target.write_text("mine")
    ran = run("export", target, "-l", shelf.library)
    assert ran.code == 2
    assert "--force" in ran.err
    assert target.read_text() == "mine"
    assert run("export", target, "--force", "-l", shelf.library).code == 0
    assert target.read_bytes() != b"mine"


def test_metadata_beside_the_vectors_is_kept_without_force(
    run: Run, shelf: Shelf, tmp_path: Path
) -> None:
    (tmp_path / "x.jsonl").write_text("mine")
    assert run("export", tmp_path / "x.npy", "-l", shelf.library).code == 2
    assert (tmp_path / "x.jsonl").read_text() == "mine"
    assert not (tmp_path / "x.npy").exists()


def test_a_place_that_cannot_be_written_is_said(shelf: Shelf) -> None:
    with (
        lookalike.open(shelf.library) as library,
        pytest.raises(LibraryStorageError, match="cannot be written"),
    ):
        library.export("/proc/x.csv")


def test_two_formats_are_one_too_many(run: Run, shelf: Shelf, tmp_path: Path) -> None:
    ran = run("export", tmp_path / "x", "--csv", "--format", "npy", "-l", shelf.library)
    assert (ran.code, "two formats" in ran.err) == (2, True)
    assert run("export", "-", "--csv", "--json", "-l", shelf.library).code == 2
    assert run("export", tmp_path / "x", "--csv", "-l", shelf.library).code == 0
