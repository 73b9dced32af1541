"""Building the indexes over compact codes, with memory for the codes and not for the vectors."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lookalike.catalog import Catalog, Generation

from .coded import open_groups, open_projection
from .distinct import Groups, Nodes
from .engine import load_faiss, read_index
from .manifest import Manifest
from .pages import Moment, pages
from .plan import Plan
from .projection import Projection, fit_projection
from .scan import Block, widen
from .snapshots import Draft

__all__ = ["CodedIndex", "draw_sample"]

_PART = 4096


class CodedIndex:
    """An index that takes vectors in and can be written as the files of a snapshot."""

    def __init__(
        self, index: Any, projection: Projection, nodes: Nodes, rows: NDArray[np.int32]
    ) -> None:
        self._index = index
        self._projection = projection
        self._nodes = nodes
        self._rows = [rows]

    @classmethod
    def learned(cls, kind: str, sample: NDArray[np.float16], plan: Plan) -> CodedIndex:
        """Return an empty index for vectors like those of ``sample`` (n, d), n above 0."""
        step = -(-len(sample) // plan.sample)
        few = widen(sample[::step])
        projection = fit_projection(few, min(plan.code_dimensions, sample.shape[1]))
        del few
        parts = [sample[i : i + _PART] for i in range(0, len(sample), _PART)]
        codes = np.concatenate([projection(widen(part)) for part in parts])
        index = _empty(kind, codes, plan)
        index.train(codes)
        return cls(index, projection, Nodes(), np.empty(0, np.int32))

    @classmethod
    def of(cls, folder: Path, manifest: Manifest) -> CodedIndex:
        """Return the index of a snapshot, read into memory, to add to."""
        index = read_index(folder / manifest.entry("index").name, mapped=False)
        projection = open_projection(folder, manifest, index.d)
        nodes = Nodes((folder / manifest.entry("digests").name).read_bytes())
        groups = open_groups(folder, manifest, index.ntotal)
        rows = np.arange(manifest.count, dtype=np.int32) if groups is None else groups.nodes()
        return cls(index, projection, nodes, rows)

    def add(self, blocks: Iterable[Block]) -> None:
        """Take vectors in."""
        for block in blocks:
            rows, new = self._nodes.assign(block.vectors)
            self._rows.append(rows)
            self._index.add(self._projection(widen(block.vectors[new])))

    def write(self, draft: Draft) -> None:
        """Write the files."""
        path = draft.file("index")
        try:
            load_faiss().write_index(self._index, str(path))
        except RuntimeError as error:  # FAISS knows no other
            raise OSError(f"{path.name} cannot be written: {error}") from error
        table = np.column_stack([self._projection.directions, self._projection.shift])
        draft.file("projection").write_bytes(table.astype("<f4").tobytes())
        draft.file("digests").write_bytes(self._nodes.digests())
        rows = np.concatenate(self._rows)
        if len(self._nodes) < len(rows):
            groups = Groups.of(rows)
            with draft.file("groups").open("wb") as stream:
                stream.write(groups.offsets.astype("<i4").tobytes())
                stream.write(groups.rows.astype("<i4").tobytes())


def _empty(kind: str, codes: NDArray[np.float32], plan: Plan) -> Any:
    faiss = load_faiss()
    number, dimensions = codes.shape
    four_bits = faiss.ScalarQuantizer.QT_4bit
    if kind == "hnsw":
        graph = faiss.IndexHNSWSQ(dimensions, four_bits, plan.links, faiss.METRIC_L2)
        graph.hnsw.efConstruction = plan.care
        _spread_steps(faiss.downcast_index(graph.storage).sq)
        return graph
    coarse = faiss.IndexFlatL2(dimensions)
    lists = faiss.IndexIVFScalarQuantizer(
        coarse, dimensions, max(1, number // plan.sample_of_list), four_bits, faiss.METRIC_L2, False
    )
    lists.cp.min_points_per_centroid = 1  # no warnings on standard output
    _spread_steps(lists.sq)
    return lists


def _spread_steps(quantizer: Any) -> None:
    """Spread the sixteen steps of a dimension over three standard deviations to each side.

    Over the whole range, a few outliers would make the steps coarse for all others.
    """
    quantizer.rangestat = load_faiss().ScalarQuantizer.RS_meanstd
    quantizer.rangestat_arg = 3.0


def draw_sample(
    catalog: Catalog, generation: Generation, moment: Moment, count: int, size: int
) -> NDArray[np.float16]:
    """Return about ``size`` of the ``count`` vectors, from all over: float16 (n, d)."""
    share = count / max(1, moment.max_vector_id)
    if count > 2 * size and share > 0.1:  # else most numbers belong to other models, or to nothing
        draws = np.random.default_rng(0).integers(1, moment.max_vector_id + 1, int(size / share))
        return catalog.present_vectors(generation.id, draws)[2]
    step = max(1, count // size)
    seen, parts = 0, [np.empty((0, generation.dimensions), np.float16)]
    for block in pages(catalog, generation, moment):
        parts.append(block.vectors[(-seen) % step :: step])
        seen += len(block)
    return np.concatenate(parts)
