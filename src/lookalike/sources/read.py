"""The bytes behind an item."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import TYPE_CHECKING

from lookalike.errors import LookalikeError, SourceError, SourceNotFoundError
from lookalike.images import Limits

from .items import Item

if TYPE_CHECKING:
    from .fetch import Fetcher

__all__ = ["read_bytes", "read_file"]

_PIECE = 8 << 20


def read_bytes(item: Item, *, fetcher: Fetcher, limits: Limits) -> bytes:
    """Read the file of an item, or fetch its URL.

    Raises:
        SourceNotFoundError: there is no such file.
        SourceError: the file cannot be read, or is not a regular file.
        FetchError: the URL cannot be fetched.
        ImageTooLargeError: there are more bytes than the limits allow.
    """
    if item.path is not None:
        return read_file(item.path, limits=limits)
    data = fetcher.get(item.url).data
    limits.check_bytes(len(data))
    return data


def read_file(path: Path, *, limits: Limits) -> bytes:
    """Read a regular file; devices, pipes and sockets are never opened.

    Raises:
        SourceNotFoundError: there is no such file.
        SourceError: it cannot be read, or is not a regular file.
        ImageTooLargeError: it has more bytes than the limits allow.
    """
    try:
        _check_regular(path.stat(), path)
        # Not blocking, should a pipe have taken the file's place since.
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
        with os.fdopen(descriptor, "rb", buffering=0) as stream:
            status = os.fstat(descriptor)
            _check_regular(status, path)
            limits.check_bytes(status.st_size)
            data = stream.read(status.st_size + 1)
            while len(data) != status.st_size:  # it grew, or the read was cut short
                limits.check_bytes(len(data))
                piece = stream.read(_PIECE)
                if not piece:
                    break
                data += piece
            return data
    except LookalikeError:
        raise
    except FileNotFoundError as error:
        raise SourceNotFoundError(f"There is no file {path}.") from error
    except OSError as error:
        raise SourceError(f"{path} cannot be read: {error.strerror or error}.") from error
    except ValueError as error:
        raise SourceError(f"{str(path)!r} is no file name: {error}.") from error


def _check_regular(status: os.stat_result, path: Path) -> None:
    if stat.S_ISDIR(status.st_mode):
        raise SourceError(f"{path} is a folder; expected a file.")
    if not stat.S_ISREG(status.st_mode):
        raise SourceError(f"{path} is not a regular file.")
