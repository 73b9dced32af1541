"""The bytes behind an item."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from lookalike.errors import (
    BlockedAddressError,
    ImageTooLargeError,
    SourceError,
    SourceNotFoundError,
)
from lookalike.images import Limits
from lookalike.sources import Fetcher, Item, read_bytes, read_file

LIMITS = Limits(max_bytes=1000)


def test_a_file_is_read_whole(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_bytes(bytes(range(256)))
    assert read_file(path, limits=LIMITS) == bytes(range(256))
    path.write_bytes(b"")
    assert read_file(path, limits=LIMITS) == b""


def test_the_limit_on_bytes_is_exact(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_bytes(bytes(1000))
    assert len(read_file(path, limits=LIMITS)) == 1000
    path.write_bytes(bytes(1001))
    with pytest.raises(ImageTooLargeError, match="1,001 bytes"):
        read_file(path, limits=LIMITS)


def test_what_cannot_be_read_says_why(tmp_path: Path) -> None:
    with pytest.raises(SourceNotFoundError, match="There is no file"):
        read_file(tmp_path / "nothing", limits=LIMITS)
    with pytest.raises(SourceError, match="folder"):
        read_file(tmp_path, limits=LIMITS)
    with pytest.raises(SourceError, match="no file name"):
        read_file(Path("a\x00b"), limits=LIMITS)
    with pytest.raises(SourceError, match="cannot be read"):
        read_file(tmp_path / ("x" * 300), limits=LIMITS)


def test_a_file_without_permission_is_a_source_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a"
    path.write_bytes(b"x")

    def deny(*_: object) -> int:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "open", deny)
    with pytest.raises(SourceError, match="Permission denied"):
        read_file(path, limits=LIMITS)


def test_pipes_and_devices_are_never_opened(tmp_path: Path, monkeypatch) -> None:
    os.mkfifo(tmp_path / "pipe")
    monkeypatch.setattr(os, "open", lambda *_: pytest.fail("it was opened"))
    for path in (tmp_path / "pipe", Path(os.devnull)):
        with pytest.raises(SourceError, match="regular"):
            read_file(path, limits=LIMITS)


def test_a_file_that_grows_while_it_is_read_stays_within_the_limit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a"
    path.write_bytes(bytes(2000))
    real = os.fstat

    def shorter(descriptor: int) -> os.stat_result:
        values = list(real(descriptor))
        values[6] = 10
        return os.stat_result(values)

    monkeypatch.setattr(os, "fstat", shorter)
    with pytest.raises(ImageTooLargeError):
        read_file(path, limits=LIMITS)
    assert len(read_file(path, limits=Limits(max_bytes=2000))) == 2000


def test_items_are_read_from_file_or_web(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_bytes(b"data")
    with Fetcher(timeout=5, max_bytes=100) as fetcher:
        item = Item(uri=str(path), url="file://" + str(path), path=path)
        assert read_bytes(item, fetcher=fetcher, limits=LIMITS) == b"data"
        url = "http://127.0.0.1:9/a.jpg"
        with pytest.raises(BlockedAddressError):
            read_bytes(Item(uri=url, url=url), fetcher=fetcher, limits=LIMITS)
