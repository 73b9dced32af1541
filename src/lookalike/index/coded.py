"""Snapshots with compact codes: candidates by FAISS, scores by the full vectors of the catalog."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lookalike.catalog import Catalog, Generation
from lookalike.errors import LibraryBrokenError

from .candidates import Candidates
from .distinct import Groups
from .engine import load_faiss, read_index
from .manifest import Manifest
from .pages import Moment, pages
from .plan import Plan
from .projection import Projection
from .promise import promising
from .scan import Ranked, join, members, scan, widen
from .snapshots import OutdatedError, Searched, mapped, open_ids

__all__ = ["CodedSnapshot", "open_groups", "open_projection"]

_QUERIES_AT_ONCE = 32  # 32 × 200 candidates × 1280 float32: 33 MB


@dataclass(frozen=True, slots=True)
class _Living:
    """What is left of a snapshot after deletions."""

    rows: NDArray[np.bool_]
    first: NDArray[np.int32]
    """The first living row of each node; the number of rows where none lives."""


@dataclass(frozen=True, slots=True)
class CodedSnapshot:
    """A FAISS index over projected vectors, mapped.

    Equal vectors share a node of it. ``groups`` is None where all vectors are distinct: then
    nodes are rows.
    """

    catalog: Catalog
    generation: Generation
    manifest: Manifest
    plan: Plan
    index: Any
    projection: Projection
    groups: Groups | None
    vector_ids: NDArray[np.int64]
    image_ids: NDArray[np.int64]
    living: _Living | None = None

    @classmethod
    def open(
        cls, folder: Path, manifest: Manifest, catalog: Catalog, generation: Generation, plan: Plan
    ) -> CodedSnapshot:
        """Map the files of a snapshot.

        Raises:
            LibraryBrokenError: they do not fit the manifest or each other.
        """
        index = read_index(folder / manifest.entry("index").name, mapped=True)
        projection = open_projection(folder, manifest, index.d)
        groups = open_groups(folder, manifest, index.ntotal)
        vector_ids, image_ids = open_ids(folder, manifest)
        return cls(
            catalog, generation, manifest, plan, index, projection, groups, vector_ids, image_ids
        )

    @property
    def dead(self) -> int:
        """How many of the vectors are left out."""
        return 0 if self.living is None else int((~self.living.rows).sum())

    def without(self, deleted: NDArray[np.int64]) -> CodedSnapshot:
        """Return the snapshot without the vectors of these ids."""
        return self._with_rows(np.isin(self.vector_ids, deleted, invert=True))

    def only(self, allowed: NDArray[np.int64]) -> Searched:
        """Return the vectors of some images only, whose ids ascend."""
        rows = members(self.image_ids, allowed)
        if self.living is not None:
            rows &= self.living.rows
        from .narrowed import Narrowed

        return Narrowed(self._with_rows(rows), rows)

    def _with_rows(self, rows: NDArray[np.bool_]) -> CodedSnapshot:
        if self.groups is None:
            none = np.int32(len(rows))
            first = np.where(rows, np.arange(len(rows), dtype=np.int32), none)
        else:
            first = self.groups.first(rows)
        return replace(self, living=_Living(rows, first))

    def nearest(self, queries: NDArray[np.float32], k: int) -> list[Ranked]:
        """Return the ``k`` best vectors for each query.

        Raises:
            OutdatedError: the catalog has lost vectors since.
        """
        found: list[Ranked] = []
        for start in range(0, len(queries), _QUERIES_AT_ONCE):
            found += self._nearest(queries[start : start + _QUERIES_AT_ONCE], k)
        return found

    def nearby(self, queries: NDArray[np.float32], k: int) -> list[NDArray[np.int64]]:
        """Return ids of about the ``k`` nearest images for each query, judged by their codes."""
        living = max(1, len(self.vector_ids) - self.dead)
        reach = min(k * len(self.vector_ids) // living, self.index.ntotal)
        candidates = self.candidates(self.projection(queries), reach)
        return [self._images(one.nodes[:k]) for one in candidates]

    def _images(self, nodes: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return the images of some nodes; of equal vectors all that are left."""
        if not len(nodes):
            return np.empty(0, np.int64)
        if self.groups is None:
            return np.asarray(self.image_ids[nodes])
        return self._expanded(
            nodes, np.zeros(len(nodes), np.float32), len(self.vector_ids)
        ).image_ids

    def _nearest(self, queries: NDArray[np.float32], k: int) -> list[Ranked]:
        codes = self.projection(queries)
        found: dict[int, Ranked] = {}
        waiting = list(range(len(queries)))
        wanted = self.plan.candidates + 2 * k
        reach = wanted * len(self.vector_ids) // max(1, len(self.vector_ids) - self.dead)
        while waiting:
            part = queries[waiting]
            if reach >= self.index.ntotal:
                found.update(zip(waiting, scan(self._everything(), part, k), strict=True))
                break
            candidates = self.candidates(codes[waiting], reach)
            candidates = [one.taken(slice(wanted)) for one in candidates]
            found.update(zip(waiting, self.scored(part, candidates, k), strict=True))
            # Where whole neighbourhoods were deleted, the living ones lie farther out.
            few = [len(one.nodes) < wanted for one in candidates]
            waiting = [row for row, again in zip(waiting, few, strict=True) if again]
            reach *= 4
        return [found[row] for row in range(len(queries))]

    def _everything(self) -> Any:
        moment = Moment(self.manifest.max_vector_id, self.manifest.sequence)
        return pages(self.catalog, self.generation, moment)

    def candidates(self, codes: NDArray[np.float32], reach: int) -> list[Candidates]:
        """Return up to ``reach`` living nodes for each code, the nearest first."""
        faiss = load_faiss()

        index = self.index
        if self.manifest.kind == "hnsw":
            effort = max(self.plan.effort, reach)
            parameters = faiss.SearchParametersHNSW(efSearch=effort)
        else:  # lists that hold four times as many codes, be they ever so short
            probes = max(self.plan.probes, 4 * reach * index.nlist // index.ntotal)
            parameters = faiss.SearchParametersIVF(nprobe=min(probes, index.nlist))
        distances, nodes = index.search(codes, reach, params=parameters)
        alive = nodes >= 0
        alive &= self.has_living(nodes)
        return [
            Candidates(own[keep], away[keep])
            for own, away, keep in zip(nodes, distances, alive, strict=True)
        ]

    def has_living(self, nodes: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Tell for each node whether any of its vectors is left."""
        if self.living is None:
            return np.ones(nodes.shape, dtype=bool)
        return self.living.first[nodes] < len(self.vector_ids)

    def scored(
        self, queries: NDArray[np.float32], candidates: list[Candidates], k: int
    ) -> list[Ranked]:
        """Score candidates with the full vectors: first some of them, then who may be better."""
        first = self.plan.read_first + k
        near = [one.taken(slice(first)) for one in candidates]
        scores = self._read(queries, near)
        more = []
        for one, read, seen in zip(candidates, near, scores, strict=True):
            rest = one.taken(slice(first, None))
            more.append(rest.taken(promising(read.distances, seen, rest.distances, k)))
        answers = []
        for one, other, seen, later in zip(
            near, more, scores, self._read(queries, more), strict=True
        ):
            nodes = np.concatenate([one.nodes, other.nodes])
            both = np.concatenate([seen, later])
            order = np.argsort(-both, kind="stable")[:k]
            answers.append(self._expanded(nodes[order], both[order], k))
        return answers

    def _read(
        self, queries: NDArray[np.float32], candidates: list[Candidates]
    ) -> list[NDArray[np.float32]]:
        """Return the cosine of each query with each of its candidates.

        Raises:
            OutdatedError: one of them is gone.
        """
        distinct = np.unique(np.concatenate([one.nodes for one in candidates]))
        if not len(distinct):
            return [np.empty(0, np.float32) for _ in candidates]
        if self.living is not None:
            rows = self.living.first[distinct]
        elif self.groups is not None:
            rows = self.groups.rows[self.groups.offsets[distinct]]
        else:
            rows = distinct
        wanted = self.vector_ids[rows]
        present, _, vectors = self.catalog.present_vectors(self.generation.id, wanted)
        if len(present) != len(wanted):
            raise OutdatedError
        # The nodes are in the order of their first rows, except where those were deleted.
        full = widen(vectors)[np.searchsorted(present, wanted)]
        return [
            np.vecdot(full[np.searchsorted(distinct, one.nodes)], query)
            for query, one in zip(queries, candidates, strict=True)
        ]

    def _expanded(self, nodes: NDArray[np.int64], scores: NDArray[np.float32], k: int) -> Ranked:
        """Return the rows of the best nodes: ``k`` at least, if there are so many."""
        if self.groups is None:
            return Ranked(self.vector_ids[nodes], self.image_ids[nodes], scores)
        parts, number = [], 0
        for node, score in zip(nodes.tolist(), scores, strict=True):
            rows = self.groups.rows[self.groups.offsets[node] : self.groups.offsets[node + 1]]
            if self.living is not None:
                rows = rows[self.living.rows[rows]]
            parts.append(
                Ranked(
                    self.vector_ids[rows],
                    self.image_ids[rows],
                    np.full(len(rows), score, dtype=np.float32),
                )
            )
            number += len(rows)
            if number >= k:
                break
        return join(parts)


def open_projection(folder: Path, manifest: Manifest, dimensions: int) -> Projection:
    """Read the projection onto ``dimensions`` that belongs to a snapshot.

    Raises:
        LibraryBrokenError: it does not fit.
    """
    shape = (dimensions, manifest.dimensions + 1)
    table = mapped(folder, manifest, "projection", np.dtype("<f4"), shape)
    return Projection(
        np.ascontiguousarray(table[:, :-1], np.float32), np.array(table[:, -1], np.float32)
    )


def open_groups(folder: Path, manifest: Manifest, nodes: int) -> Groups | None:
    """Map the groups of a snapshot with so many nodes; None where each row is a node.

    Raises:
        LibraryBrokenError: they do not fit.
    """
    if "groups" in manifest.files:
        table = mapped(folder, manifest, "groups", np.dtype("<i4"), (nodes + 1 + manifest.count,))
        return Groups(table[: nodes + 1], table[nodes + 1 :])
    if nodes != manifest.count:
        raise LibraryBrokenError(f"The index holds {nodes} vectors of {manifest.count}.")
    return None
