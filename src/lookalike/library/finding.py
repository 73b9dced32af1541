"""Which image an address means: an id, a path or a URL. The one place that answers it."""

from __future__ import annotations

import operator
import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from lookalike.catalog import Catalog
from lookalike.errors import NotInLibraryError, UsageError
from lookalike.sources import path_to_uri

__all__ = ["Address", "Found", "find", "find_all", "find_image", "is_address", "is_id"]

Address: TypeAlias = int | str | os.PathLike[str]
"""An image of a library: its id, its path or its URL."""


@dataclass(frozen=True, slots=True)
class Found:
    """The images and the failures that an address stands for; several where it is a folder.

    ``exact`` says that it is the address of the images themselves, not of a folder of them.
    """

    image_ids: tuple[int, ...] = ()
    failed_uris: tuple[str, ...] = ()
    exact: bool = True

    def __bool__(self) -> bool:
        return bool(self.image_ids or self.failed_uris)


def is_address(value: object) -> bool:
    """Tell whether a value may be an address: a number, a text or a path; no bool."""
    return isinstance(value, str | os.PathLike) or is_id(value)


def is_id(value: object) -> bool:
    """Tell whether a value may be the id of an image: a whole number, and no bool."""
    return _as_id(value) is not None


def find(catalog: Catalog, address: Address) -> Found:
    """Return what is stored under an id, a path or a URL, or inside a folder; nothing if nothing.

    Raises:
        UsageError: it is of a type that is no address.
    """
    image_id = _as_id(address)
    if image_id is not None:
        known = 0 < image_id < 2**63 and image_id in catalog.images([image_id])
        return Found((image_id,) if known else ())
    if not isinstance(address, str | os.PathLike):
        raise UsageError(f"An image is a path, a URL or an id, not {type(address).__name__}.")
    name = os.fspath(address)
    if not isinstance(name, str):
        raise UsageError("A path is a text, not bytes.")
    if not name.strip():  # an unset variable of a shell is not the current folder
        return Found()
    found = _exactly(catalog, name)
    if found or name.lower().startswith(("http://", "https://", "file:")):
        return found
    try:
        uri = path_to_uri(Path(name).expanduser())
    except (ValueError, RuntimeError):  # a NUL, or the home of an unknown user
        return Found()
    return _exactly(catalog, uri) or Found(
        tuple(image_id for image_id, _ in catalog.uris_under(uri)),
        tuple(catalog.failed_uris_under(uri)),
        exact=False,
    )


def find_all(catalog: Catalog, addresses: Iterable[Address]) -> Found:
    """Return what is stored under any of the addresses, each image once.

    Raises:
        NotInLibraryError: nothing is stored under one of them.
        UsageError: one is of a type that is no address.
    """
    image_ids: dict[int, None] = {}
    failed_uris: dict[str, None] = {}
    for address in addresses:
        found = find(catalog, address)
        if not found:
            raise _nothing(address)
        image_ids.update(dict.fromkeys(found.image_ids))
        failed_uris.update(dict.fromkeys(found.failed_uris))
    return Found(tuple(image_ids), tuple(failed_uris))


def find_image(catalog: Catalog, address: Address) -> int:
    """Return the id of the one image that an address means.

    Of several with the same URL it is the first that was added.

    Raises:
        NotInLibraryError: there is none.
        UsageError: it is a folder of several, or of a type that is no address.
    """
    found = find(catalog, address)
    if not found.image_ids:
        raise _nothing(address)
    if len(found.image_ids) > 1 and not found.exact:
        raise UsageError(
            f"{address} is a folder of {len(found.image_ids)} images; name one of them."
        )
    return found.image_ids[0]


def _as_id(value: object) -> int | None:
    if isinstance(value, bool):
        return None
    try:
        return operator.index(value)  # type: ignore[arg-type]  # asks it of any object
    except TypeError:
        return None


def _nothing(address: Address) -> NotInLibraryError:
    if _as_id(address) is not None:
        return NotInLibraryError(f"The library holds no image with the id {address}.")
    if isinstance(address, str) and not address.strip():
        return NotInLibraryError("An empty text names no image.")
    return NotInLibraryError(f"The library holds nothing named {address}.")


def _exactly(catalog: Catalog, uri: str) -> Found:
    return Found(tuple(catalog.find(uri)), tuple(catalog.known_failures([uri])))
