"""What a path, a folder or a URL stands for in a library."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from .catalog import Catalog
from .errors import NotInLibraryError
from .sources import path_to_uri

__all__ = ["Targets", "find_all_targets", "find_targets"]


@dataclass(frozen=True, slots=True)
class Targets:
    """The images and the failures that a name stands for."""

    image_ids: tuple[int, ...] = ()
    failed_uris: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.image_ids or self.failed_uris)


def find_targets(catalog: Catalog, name: str) -> Targets:
    """Return what is stored under a path, a URL, or inside a folder."""
    if not name.strip():  # an unset variable of a shell is not the current folder
        return Targets()
    found = _exactly(catalog, name)
    if found or name.lower().startswith(("http://", "https://", "file:")):
        return found
    uri = path_to_uri(Path(name).expanduser())
    return _exactly(catalog, uri) or Targets(
        tuple(image_id for image_id, _ in catalog.uris_under(uri)),
        tuple(catalog.failed_uris_under(uri)),
    )


def find_all_targets(catalog: Catalog, names: Iterable[str | os.PathLike[str]]) -> Targets:
    """Return what is stored under any of the names, each image once.

    Raises:
        NotInLibraryError: nothing is stored under one of them.
    """
    image_ids: dict[int, None] = {}
    failed_uris: dict[str, None] = {}
    for name in names:
        found = find_targets(catalog, os.fspath(name))
        if not found:
            raise NotInLibraryError(f"The library holds nothing named {name}.")
        image_ids.update(dict.fromkeys(found.image_ids))
        failed_uris.update(dict.fromkeys(found.failed_uris))
    return Targets(tuple(image_ids), tuple(failed_uris))


def _exactly(catalog: Catalog, uri: str) -> Targets:
    return Targets(tuple(catalog.find(uri)), tuple(catalog.known_failures([uri])))
