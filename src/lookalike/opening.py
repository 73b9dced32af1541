"""Open the catalog of a library, or make it; one process at a time makes it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from .errors import LibraryNotFoundError, LibraryStorageError
from .settings import Settings

if TYPE_CHECKING:
    from .catalog import Catalog, Generation

__all__ = ["open_catalog"]


def open_catalog(folder: Path, *, settings: Settings, create: bool) -> tuple[Catalog, Generation]:
    """Return the catalog in a folder and its active generation.

    A library that another process is just making is waited for; one whose making was cut short
    is made to its end.

    Raises:
        LibraryError: one of its children, as ``Catalog.open`` says.
    """
    from .catalog import Catalog
    from .lock import writer_lock

    try:
        catalog = Catalog.open(folder)
    except LibraryNotFoundError:
        if not create:
            raise
    except LibraryStorageError:
        catalog = Catalog.open(folder, readonly=True)  # a disk that may only be read
        generation = catalog.active_generation("semantic")
        if generation is None:
            catalog.close()
            raise
        return catalog, generation
    else:
        generation = catalog.active_generation("semantic")
        if generation is not None:
            return catalog, generation
        catalog.close()
    from .encoders import DEFAULT_MODEL, model_card

    card = model_card(settings.model or DEFAULT_MODEL)
    folder.mkdir(parents=True, exist_ok=True)
    with writer_lock(folder, wait=True):
        catalog = Catalog.open(folder, create=True)
        generation = catalog.active_generation("semantic") or catalog.generation(
            card.name, space=card.space, dimensions=card.dimensions, sha256=card.sha256
        )
        return catalog, generation
