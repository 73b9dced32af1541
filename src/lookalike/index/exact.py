"""The exact snapshot: all vectors in one mapped file, compared one by one. FAISS is not loaded."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from .manifest import Manifest
from .scan import Block, Ranked, scan
from .snapshots import Draft, mapped, open_ids

__all__ = ["ExactSnapshot", "write_exact"]

_VECTORS = "vectors"


@dataclass(frozen=True, slots=True)
class ExactSnapshot:
    """Vectors as float16 (n, d), mapped."""

    block: Block

    @classmethod
    def open(cls, folder: Path, manifest: Manifest) -> ExactSnapshot:
        """Map the files of a snapshot.

        Raises:
            LibraryBrokenError: they do not fit the manifest.
        """
        vector_ids, image_ids = open_ids(folder, manifest)
        shape = (manifest.count, manifest.dimensions)
        vectors = mapped(folder, manifest, _VECTORS, np.dtype("<f2"), shape)
        return cls(Block(vector_ids, image_ids, vectors.view(np.float16)))

    @property
    def vector_ids(self) -> NDArray[np.int64]:
        """Ids of the vectors in ascending order, (n,)."""
        return self.block.vector_ids

    @property
    def dead(self) -> int:
        """How many of them are left out."""
        return 0 if self.block.alive is None else int((~self.block.alive).sum())

    def without(self, deleted: NDArray[np.int64]) -> ExactSnapshot:
        """Return the snapshot without the vectors of these ids."""
        alive = np.isin(self.block.vector_ids, deleted, invert=True)
        return ExactSnapshot(replace(self.block, alive=alive))

    def only(self, allowed: NDArray[np.int64]) -> ExactSnapshot:
        """Return the snapshot with the vectors of some images only."""
        return ExactSnapshot(self.block.only(allowed))

    def nearest(self, queries: NDArray[np.float32], k: int) -> list[Ranked]:
        """Return the ``k`` best vectors for each query."""
        return scan([self.block], queries, k)

    def nearby(self, queries: NDArray[np.float32], k: int) -> list[NDArray[np.int64]]:
        """Return ids of the ``k`` nearest images for each query."""
        return [one.image_ids for one in self.nearest(queries, k)]


def write_exact(draft: Draft, blocks: Iterable[Block]) -> None:
    """Write the vectors one after the other; memory is that of one page."""
    with draft.file(_VECTORS).open("wb") as stream:
        for block in blocks:
            stream.write(np.ascontiguousarray(block.vectors, dtype="<f2").data)
