"""What a path, a folder or a URL stands for in a library."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from lookalike.catalog import Catalog
from lookalike.errors import NotInLibraryError, UsageError
from lookalike.sources import path_to_uri

__all__ = ["Targets", "find_all_targets", "find_targets", "single_image"]


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


def single_image(catalog: Catalog, item: int | str | os.PathLike[str]) -> int:
    """Return the id of the image that an id, path or URL of a library means.

    Raises:
        NotInLibraryError: there is none.
        UsageError: it is a folder of several, or of another type.
    """
    if isinstance(item, bool) or not isinstance(item, int | str | os.PathLike):
        raise UsageError(f"An image is a path, a URL or an id, not {type(item).__name__}.")
    if isinstance(item, int):
        if 0 < item < 2**63 and catalog.images([item]):
            return item
        raise NotInLibraryError(f"The library holds no image with the id {item}.")
    found = find_targets(catalog, os.fspath(item)).image_ids
    if not found:
        raise NotInLibraryError(f"The library holds nothing named {item}.")
    if len(found) > 1 and len(set(catalog.find(os.fspath(item)))) != len(found):
        raise UsageError(f"{item} is a folder of {len(found)} images; name one of them.")
    return found[0]
