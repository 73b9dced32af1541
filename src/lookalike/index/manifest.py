"""The manifest of a snapshot: one small JSON file that names the others and vouches for them.

A snapshot is written under new names and flushed to the disk; then its manifest replaces the old
one in a single step. A reader therefore finds the old snapshot or the new one, whole. Files that
it has opened stay readable after they are removed, as POSIX promises.
"""

from __future__ import annotations

import contextlib
import json
import os
import zlib
from dataclasses import asdict, dataclass
from pathlib import Path

from lookalike.errors import LibraryBrokenError

__all__ = ["FileEntry", "Manifest", "Stamp", "describe_file", "load", "publish", "stamp", "verify"]

_FORMAT = 1
_PIECE = 1 << 22

Stamp = tuple[int, int, int] | None
"""What changes when a manifest is replaced; None where there is no manifest."""


@dataclass(frozen=True, slots=True)
class FileEntry:
    """One file of a snapshot. ``size`` is in bytes, ``mtime_ns`` in nanoseconds since 1970."""

    name: str
    size: int
    crc32: int
    mtime_ns: int


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a snapshot holds and of which catalog it was made.

    It has every vector of the generation up to ``max_vector_id`` that had not been deleted by
    the deletion numbered ``sequence``. ``last_crc32`` is the checksum of the vector with the
    highest id in it: a catalog put back from an older copy is told by it. ``learned_from`` is the
    number of vectors when it was last built from the ground up.
    """

    kind: str
    catalog: str
    generation: int
    dimensions: int
    count: int
    max_vector_id: int
    sequence: int
    last_crc32: int
    learned_from: int
    built_at: float
    files: dict[str, FileEntry]

    @property
    def bytes(self) -> int:
        """Size of all files together."""
        return sum(entry.size for entry in self.files.values())

    def entry(self, name: str) -> FileEntry:
        """Return the entry of a file.

        Raises:
            LibraryBrokenError: there is none.
        """
        try:
            return self.files[name]
        except KeyError:
            raise LibraryBrokenError(f"The manifest names no file for {name}.") from None


def stamp(path: Path) -> Stamp:
    """Return what changes when the manifest at ``path`` is replaced."""
    try:
        state = path.stat()
    except OSError:
        return None
    return state.st_ino, state.st_mtime_ns, state.st_size


def load(path: Path) -> Manifest:
    """Read a manifest.

    Raises:
        FileNotFoundError: there is none.
        LibraryBrokenError: it cannot be understood, or was written by a newer version.
    """
    try:
        values = json.loads(path.read_bytes())
        if values["format"] != _FORMAT:
            raise LibraryBrokenError(f"{path.name} has the format {values['format']}.")
        return Manifest(
            kind=str(values["kind"]),
            catalog=str(values["catalog"]),
            built_at=float(values["built_at"]),
            files={name: FileEntry(**entry) for name, entry in values["files"].items()},
            **{name: int(values[name]) for name in _NUMBERS},
        )
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise LibraryBrokenError(f"{path.name} cannot be read: {error!r}") from error


_NUMBERS = (
    "generation",
    "dimensions",
    "count",
    "max_vector_id",
    "sequence",
    "last_crc32",
    "learned_from",
)


def publish(path: Path, manifest: Manifest) -> None:
    """Make a snapshot the current one; on return it survives a power failure."""
    text = json.dumps({"format": _FORMAT} | asdict(manifest), indent=1)
    fresh = path.with_suffix(".tmp")
    with fresh.open("w", encoding="utf-8") as stream:
        stream.write(text)
        stream.flush()
        os.fsync(stream.fileno())
    _flush_folder(path.parent)
    fresh.replace(path)
    _flush_folder(path.parent)


def _flush_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        # Some network file systems cannot flush folders; the rename is atomic there all the same.
        with contextlib.suppress(OSError):
            os.fsync(descriptor)
    finally:
        os.close(descriptor)


def describe_file(path: Path) -> FileEntry:
    """Flush a finished file to the disk and return its entry."""
    with path.open("rb") as stream:
        os.fsync(stream.fileno())
    state = path.stat()
    return FileEntry(path.name, state.st_size, _crc32(path), state.st_mtime_ns)


def verify(folder: Path, entry: FileEntry, *, thorough: bool = False) -> None:
    """Check that a file is the one that was written.

    The size is always compared. The checksum is read when the time of the last change differs
    from the recorded one (something wrote to the file, or it is a copy) or when ``thorough``:
    reading half a gigabyte at every start would cost more than it is worth.

    Raises:
        FileNotFoundError: it is gone.
        LibraryBrokenError: it is another one.
    """
    path = folder / entry.name
    if path.parent != folder:
        raise LibraryBrokenError(f"{entry.name} does not lie in {folder}.")
    state = path.stat()
    if state.st_size != entry.size:
        raise LibraryBrokenError(
            f"{entry.name} has {state.st_size} bytes; {entry.size} were written."
        )
    if (thorough or state.st_mtime_ns != entry.mtime_ns) and _crc32(path) != entry.crc32:
        raise LibraryBrokenError(f"{entry.name} is damaged: its checksum differs.")


def _crc32(path: Path) -> int:
    value = 0
    with path.open("rb") as stream:
        while piece := stream.read(_PIECE):
            value = zlib.crc32(piece, value)
    return value
