"""A snapshot with compact codes, searched among the images that a filter keeps.

Few images are compared one by one with their full vectors. Of more, all codes are looked at: the
cost grows with their number, and nothing is missed that the codes do not miss. Where a filter
keeps a good part of the library, its nearest are among the nearest of all, and the graph or the
lists are asked for as many more; where that brings too few, the codes are looked at after all.
"""

from __future__ import annotations

import threading

import numpy as np
from numpy.typing import NDArray

from .candidates import Candidates, Coded
from .engine import load_faiss
from .scan import Block, Ranked, join, scan
from .snapshots import OutdatedError

__all__ = ["Narrowed"]

_QUERIES_AT_ONCE = 32
_MARGIN = 2


class Narrowed:
    """Some rows of a snapshot. ``whole`` has these living and no others, ``rows`` (n,) is which."""

    def __init__(self, whole: Coded, rows: NDArray[np.bool_]) -> None:
        self._whole = whole
        self._rows = rows
        self._count = int(rows.sum())
        self._lock = threading.Lock()
        self._block: Block | None = None
        self._bits: NDArray[np.uint8] | None = None

    def nearest(self, queries: NDArray[np.float32], k: int) -> list[Ranked]:
        """Return the ``k`` best vectors for each query.

        Raises:
            OutdatedError: the catalog has lost vectors since.
        """
        if not self._count:
            return [join([]) for _ in queries]
        plan = self._whole.plan
        if self._count <= max(plan.read_whole, plan.candidates + 2 * k):
            return scan([self._vectors()], queries, k)
        found: list[Ranked] = []
        for start in range(0, len(queries), _QUERIES_AT_ONCE):
            part = queries[start : start + _QUERIES_AT_ONCE]
            found += self._whole.scored(part, self._candidates(part, plan.candidates + 2 * k), k)
        return found

    def _vectors(self) -> Block:
        """Return the full vectors, read once."""
        with self._lock:
            if self._block is None:
                whole = self._whole
                wanted = whole.vector_ids[self._rows]
                ids, image_ids, vectors = whole.catalog.present_vectors(whole.generation.id, wanted)
                if len(ids) != len(wanted):
                    raise OutdatedError
                self._block = Block(ids, image_ids, vectors)
            return self._block

    def _candidates(self, queries: NDArray[np.float32], wanted: int) -> list[Candidates]:
        whole = self._whole
        codes = whole.projection(queries)
        if self._count < whole.plan.graph_from * len(self._rows):
            return self._among_all_codes(codes, wanted)
        reach = min(_MARGIN * wanted * len(self._rows) // self._count, whole.index.ntotal)
        found = [one.taken(slice(wanted)) for one in whole.candidates(codes, reach)]
        few = [row for row, one in enumerate(found) if len(one.nodes) < wanted]
        if few:
            again = self._among_all_codes(codes[few], wanted)
            for row, one in zip(few, again, strict=True):
                found[row] = one
        return found

    def _among_all_codes(self, codes: NDArray[np.float32], wanted: int) -> list[Candidates]:
        faiss = load_faiss()
        index = self._whole.index
        selector = faiss.IDSelectorBitmap(self._selected())
        if self._whole.manifest.kind == "hnsw":
            parameters = faiss.SearchParameters(sel=selector)
            index = faiss.downcast_index(index.storage)
        else:
            parameters = faiss.SearchParametersIVF(sel=selector, nprobe=index.nlist)
        distances, nodes = index.search(codes, wanted, params=parameters)
        return [
            Candidates(own[own >= 0], away[own >= 0])
            for own, away in zip(nodes, distances, strict=True)
        ]

    def _selected(self) -> NDArray[np.uint8]:
        """Return one bit for each node, the lowest of a byte first."""
        with self._lock:
            if self._bits is None:
                nodes = np.arange(self._whole.index.ntotal)
                self._bits = np.packbits(self._whole.has_living(nodes), bitorder="little")
            return self._bits
