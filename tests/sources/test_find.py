"""What a person may name, and what is said when it makes no sense."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from lookalike.errors import SourceError, SourceNotFoundError, TableError, UsageError
from lookalike.sources import (
    Item,
    file_url_to_path,
    find_items,
    path_to_file_url,
    path_to_uri,
    uri_to_path,
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    root = tmp_path / "pictures"
    for name in ("a.png", "deep/b.png", "deep/c.png"):
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", (4, 4)).save(path)
    return root


def uris(*sources: str | Path, **options: object) -> list[str]:
    return [item.uri for item in find_items(sources, **options)]


def test_each_uri_comes_once(folder: Path) -> None:
    single = folder / "deep" / "b.png"
    found = uris(single, folder, str(folder) + "/", folder / "deep", f"file://{single}", single)
    assert found == [str(single), str(folder / "a.png"), str(folder / "deep" / "c.png")]


def test_one_path_alone_is_taken_as_a_list_of_one(folder: Path) -> None:
    assert len(list(find_items(str(folder)))) == 3
    assert len(list(find_items(folder))) == 3


def test_no_sources_hold_nothing() -> None:
    assert list(find_items([])) == []


def test_a_named_file_is_taken_whatever_it_is(tmp_path: Path) -> None:
    path = tmp_path / ".hidden.txt"
    path.write_text("text")
    assert uris(path, include=["*.jpg"]) == [str(path)]


def test_a_missing_path_is_refused_before_anything_is_found(folder: Path) -> None:
    with pytest.raises(SourceNotFoundError, match=r"nothing\.jpg"):
        find_items([folder, folder / "nothing.jpg"])
    with pytest.raises(SourceNotFoundError):
        find_items([folder / "a.png" / "inside"])


@pytest.mark.parametrize("source", ["s3://bucket/a.jpg", "ftp://host/a.jpg", "gs://b/c"])
def test_other_schemes_are_named(source: str) -> None:
    with pytest.raises(SourceError, match=source.split(":", maxsplit=1)[0] + "://"):
        find_items([source])


def test_a_device_is_refused() -> None:
    with pytest.raises(SourceError, match="neither a file nor a folder"):
        find_items([os.devnull])


def test_a_name_with_a_nul_is_refused() -> None:
    with pytest.raises(SourceError):
        find_items(["a\x00b.jpg"])


def test_urls_are_taken_as_they_are() -> None:
    url = "https://example.com/a%20b.jpg?size=2#x"
    (item,) = find_items([f" {url} "])
    assert item == Item(uri=url, url=url)
    assert uris(url, url) == [url]


def test_the_url_of_a_table_is_refused_with_what_to_do() -> None:
    with pytest.raises(SourceError, match="download it first"):
        find_items(["https://example.com/data/list.CSV?v=1"])


def test_a_file_url_of_another_machine_is_refused() -> None:
    with pytest.raises(SourceError, match="this machine"):
        find_items(["file://server/share/a.jpg"])


def test_columns_without_a_table_are_refused(folder: Path) -> None:
    with pytest.raises(UsageError, match="table"):
        find_items([folder], image_column="image")


def test_a_broken_table_is_refused_before_anything_is_found(folder: Path) -> None:
    (folder / "t.parquet").write_bytes(b"PAR1 rubbish")
    with pytest.raises(TableError, match="Parquet"):
        find_items([folder, folder / "t.parquet"])


def test_home_is_expanded(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(folder.parent))
    assert len(uris("~/pictures")) == 3


file_names = st.binary(min_size=1, max_size=40).filter(lambda name: b"\0" not in name)


@given(file_names)
def test_every_file_name_survives_the_round_trip_through_its_url(name: bytes) -> None:
    path = os.path.normpath(os.fsdecode(b"/photos/" + name))
    url = path_to_file_url(path)
    assert url.isascii()
    assert str(file_url_to_path(url)) == str(Path(path))


@given(file_names.filter(lambda name: b"\\" not in name))
def test_every_file_name_survives_the_round_trip_through_its_uri(name: bytes) -> None:
    path = os.path.normpath(os.fsdecode(b"/photos/" + name))
    uri = path_to_uri(path)
    assert uri.encode("utf-8").decode("utf-8") == uri
    assert str(uri_to_path(uri)) == str(Path(path))


def test_the_uri_of_something_remote_has_no_path() -> None:
    assert uri_to_path("https://example.com/a.jpg") is None
    assert uri_to_path("file:///a%20b.jpg") == Path("/a b.jpg")
