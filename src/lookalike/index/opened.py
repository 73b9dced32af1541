"""From a manifest to an opened snapshot that can be trusted."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from lookalike.catalog import Catalog, Generation, vector_rows
from lookalike.errors import LibraryBrokenError

from . import manifest as manifests
from .exact import ExactSnapshot
from .manifest import Manifest
from .plan import Plan
from .snapshots import Snapshot, checksum

__all__ = ["open_snapshot"]

_ATTEMPTS = 5


def open_snapshot(
    path: Path, catalog: Catalog, generation: Generation, plan: Plan
) -> tuple[Manifest | None, Snapshot | None, str | None]:
    """Return manifest and snapshot, or the reason why there is none to use.

    A snapshot is derived data: whatever is wrong with it, the catalog answers in its place.
    """
    for attempt in range(_ATTEMPTS):
        try:
            found = manifests.load(path)
        except FileNotFoundError:
            return None, None, None
        except (LibraryBrokenError, OSError) as error:
            return None, None, f"The index snapshot is not used. {error}"
        try:
            _check_origin(found, catalog, generation)
            for entry in found.files.values():
                manifests.verify(path.parent, entry)
            return found, _open(path.parent, found, catalog, generation, plan), None
        except FileNotFoundError as error:
            # Replaced between the two steps? Then the new manifest names files that are there.
            if attempt == _ATTEMPTS - 1:
                return None, None, f"A file of the index snapshot is missing: {error.filename}"
        except (LibraryBrokenError, OSError) as error:
            return None, None, f"The index snapshot is not used. {error}"
    return None, None, None


def _open(
    folder: Path, found: Manifest, catalog: Catalog, generation: Generation, plan: Plan
) -> Snapshot:
    if found.kind == "exact":
        return ExactSnapshot.open(folder, found)
    if found.kind in ("hnsw", "ivf"):
        from .coded import CodedSnapshot

        return CodedSnapshot.open(folder, found, catalog, generation, plan)
    raise LibraryBrokenError(f"Its kind is {found.kind}.")


def _check_origin(found: Manifest, catalog: Catalog, generation: Generation) -> None:
    """Check that a snapshot was made of this catalog, and not of an older or later state of it.

    Raises:
        LibraryBrokenError: it was not.
    """
    own = (catalog.identity, generation.id, generation.dimensions)
    if (found.catalog, found.generation, found.dimensions) != own:
        raise LibraryBrokenError("It belongs to another library or model.")
    with catalog.reading() as connection:
        sequence = vector_rows.last_sequence(connection, generation.id)
    if found.sequence > sequence:
        raise LibraryBrokenError("It is newer than the catalog, which was put back from a copy.")
    if not found.count:
        return
    last = np.array([found.max_vector_id])
    ids, _, vectors = catalog.present_vectors(generation.id, last)
    if len(ids):
        same = checksum(vectors[0]) == found.last_crc32
    else:
        with catalog.reading() as connection:
            _, deleted = vector_rows.deletions_after(connection, generation.id, found.sequence)
        same = found.max_vector_id in deleted
    if not same:
        raise LibraryBrokenError("It is newer than the catalog, which was put back from a copy.")
