"""What is found in folders."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image

from lookalike.errors import SourceError, SourceNotFoundError
from lookalike.sources import Item, Unreadable, find_items, uri_to_path


@pytest.fixture
def picture(tmp_path: Path) -> Callable[[str], Path]:
    def write(name: str) -> Path:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", (4, 4), "teal").save(path, "PNG")
        return path

    return write


def names(folder: Path, **options: object) -> list[str]:
    return [
        os.path.relpath(item.uri, folder)
        for item in find_items([folder], **options)
        if isinstance(item, Item)
    ]


def test_pictures_come_by_name_files_before_subfolders(tmp_path, picture) -> None:
    for name in ("b.jpg", "z/a.png", "a.JPG", "z/y/deep.webp", "c/c.gif"):
        picture(name)
    assert names(tmp_path) == ["a.JPG", "b.jpg", "c/c.gif", "z/a.png", "z/y/deep.webp"]


def test_an_item_says_all_about_its_file(tmp_path, picture) -> None:
    path = picture("red car & more.png")
    (item,) = find_items([tmp_path])
    status = path.stat()
    assert isinstance(item, Item)
    assert item.uri == str(path)
    assert item.url == "file://" + str(tmp_path) + "/red%20car%20&%20more.png"
    assert (item.path, item.size, item.mtime_ns) == (path, status.st_size, status.st_mtime_ns)
    assert (item.page_url, dict(item.metadata)) == (None, {})


def test_a_relative_path_becomes_absolute(tmp_path, picture, monkeypatch) -> None:
    picture("in/a.png")
    monkeypatch.chdir(tmp_path)
    (item,) = find_items(["in/../in"])
    assert item.uri == str(tmp_path / "in" / "a.png")


def test_hidden_and_system_files_are_skipped(tmp_path, picture) -> None:
    for name in (
        *(".hidden.png", ".cache/a.png", "__MACOSX/a.png", "@eaDir/a.png", "$RECYCLE.BIN/a.png"),
        *("._a.png", "Thumbs.db", "seen.png"),
    ):
        picture(name)
    assert names(tmp_path) == ["seen.png"]


def test_files_of_other_kinds_are_left_alone(tmp_path, picture) -> None:
    picture("a.png")
    for name in ("notes.txt", "film.mp4", "table.csv", "drawing.svg", "unknown.xyz", "empty"):
        (tmp_path / name).write_bytes(b"not a picture" if name != "empty" else b"")
    assert names(tmp_path) == ["a.png"]
    assert len(list(find_items([tmp_path]))) == 1


def test_a_picture_is_recognised_without_its_ending(tmp_path, picture) -> None:
    picture("a.png").rename(tmp_path / "IMG_0001")
    picture("b.png").rename(tmp_path / "photo.original")
    assert names(tmp_path) == ["IMG_0001", "photo.original"]


def test_raw_camera_files_are_not_taken_for_tiff(tmp_path) -> None:
    (tmp_path / "a.nef").write_bytes(b"MM\x00*" + bytes(100))
    assert names(tmp_path) == []


def test_a_broken_picture_is_still_yielded(tmp_path) -> None:
    (tmp_path / "broken.jpg").write_bytes(b"rubbish")
    assert names(tmp_path) == ["broken.jpg"]


def test_patterns_are_compared_with_path_and_name(tmp_path, picture) -> None:
    for name in ("a.jpg", "b.png", "trips/c.JPG", "trips/raw/d.jpg", "cache/e.jpg"):
        picture(name)
    assert names(tmp_path, include=["*.jpg"]) == [
        *("a.jpg", "cache/e.jpg", "trips/c.JPG", "trips/raw/d.jpg")
    ]
    assert names(tmp_path, include=["trips/*"]) == ["trips/c.JPG", "trips/raw/d.jpg"]
    assert names(tmp_path, exclude=["cache", "raw/"]) == ["a.jpg", "b.png", "trips/c.JPG"]
    assert names(tmp_path, exclude=["trips/**"]) == ["a.jpg", "b.png", "cache/e.jpg"]
    assert names(tmp_path, include=["**/[ab].*"], exclude=["*.PNG"]) == ["a.jpg"]


def test_loops_of_links_end(tmp_path, picture) -> None:
    picture("a/one.png")
    (tmp_path / "a" / "up").symlink_to(tmp_path)
    (tmp_path / "a" / "self").symlink_to(tmp_path / "a" / "self")
    (tmp_path / "b").symlink_to(tmp_path / "a")
    assert names(tmp_path) == ["a/one.png"]


def test_a_link_to_a_picture_has_its_own_name(tmp_path, picture) -> None:
    picture("there/one.png")
    folder = tmp_path / "here"
    folder.mkdir()
    (folder / "link.png").symlink_to(tmp_path / "there" / "one.png")
    assert names(folder) == ["link.png"]


def test_a_link_that_leads_nowhere_is_reported(tmp_path) -> None:
    (tmp_path / "gone.jpg").symlink_to(tmp_path / "nothing")
    (tmp_path / "gone.txt").symlink_to(tmp_path / "nothing")
    (found,) = find_items([tmp_path])
    assert isinstance(found, Unreadable)
    assert found.uri == str(tmp_path / "gone.jpg")
    assert isinstance(found.error, SourceNotFoundError)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read every folder")
def test_a_folder_that_cannot_be_listed_is_reported(tmp_path, picture) -> None:
    picture("closed/a.png")
    picture("open/b.png")
    (tmp_path / "closed").chmod(0)
    try:
        closed, item = find_items([tmp_path])
    finally:
        (tmp_path / "closed").chmod(0o700)
    assert isinstance(closed, Unreadable)
    assert "cannot be read" in str(closed.error)
    assert isinstance(item, Item)


def test_an_unlistable_folder_is_reported_whoever_runs_this(tmp_path, picture, monkeypatch) -> None:
    picture("closed/a.png")
    picture("open/b.png")
    real = os.scandir

    def scandir(path: str) -> object:
        if path.endswith("closed"):
            raise PermissionError(13, "Permission denied", path)
        return real(path)

    monkeypatch.setattr(os, "scandir", scandir)
    closed, item = find_items([tmp_path])
    assert isinstance(closed, Unreadable)
    assert closed.uri == str(tmp_path / "closed")
    assert "Permission denied" in str(closed.error)
    assert isinstance(item, Item)


def test_pipes_and_sockets_are_never_opened(tmp_path) -> None:
    os.mkfifo(tmp_path / "pipe.png")
    os.mkfifo(tmp_path / "pipe")
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(os.path.relpath(tmp_path / "s.png"))
        found = list(find_items([tmp_path]))
    assert [type(each).__name__ for each in found] == ["Unreadable", "Unreadable"]
    assert all("regular" in str(each.error) for each in found)


def test_names_that_are_not_utf8_survive(tmp_path) -> None:
    raw = os.path.join(os.fsencode(tmp_path), b"caf\xe9 \xf0\x9f\x98\x80.png")
    Image.new("RGB", (4, 4)).save(os.fsdecode(raw), "PNG")
    (item,) = find_items([tmp_path])
    assert isinstance(item, Item)
    assert item.uri == str(tmp_path) + "/caf\\xe9 \U0001f600.png"
    assert item.uri.encode("utf-8")
    assert item.url.endswith("/caf%E9%20%F0%9F%98%80.png")
    for name in (item.uri, item.url):
        path = uri_to_path(name)
        assert path is not None
        assert os.fsencode(path) == raw


def test_a_folder_of_folders_deeper_than_recursion_allows(tmp_path, picture) -> None:
    folder = tmp_path
    for _ in range(60):
        folder = folder / ("d" * 50)
    try:
        folder.mkdir(parents=True)
    except OSError:
        pytest.skip("the file system does not take such long paths")
    Image.new("RGB", (4, 4)).save(folder / "a.png")
    assert len(names(tmp_path)) == 1


def test_the_walk_is_lazy(tmp_path, picture, monkeypatch) -> None:
    for name in ("a/a.png", "b/b.png", "c/c.png"):
        picture(name)
    listed: list[str] = []
    real = os.scandir
    monkeypatch.setattr(os, "scandir", lambda path: (listed.append(path), real(path))[1])
    items = find_items([tmp_path])
    assert listed == []
    next(items)
    assert len(listed) == 2


def test_errors_of_files_are_source_errors(tmp_path, picture, monkeypatch) -> None:
    picture("a.png")
    (found,) = find_items([tmp_path])
    assert isinstance(found, Item)
    assert not isinstance(found, SourceError)
