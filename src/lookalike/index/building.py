"""Building the snapshots with compact codes, with memory for the codes and not for the vectors."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..catalog import Catalog, Generation
from .distinct import Groups, Nodes
from .engine import load_faiss
from .pages import Moment, pages
from .plan import Plan
from .projection import Projection, fit_projection
from .scan import Block, widen
from .snapshots import Draft

__all__ = ["draw_sample", "write_coded"]


def write_coded(
    draft: Draft,
    blocks: Iterable[Block],
    kind: str,
    sample: NDArray[np.float32],
    count: int,
    plan: Plan,
) -> None:
    """Write an index of ``count`` vectors that come in ``blocks``.

    ``sample`` float32 (n, d) stands for them in what has to be learned beforehand.
    """
    faiss = load_faiss()

    projection = fit_projection(sample, min(plan.code_dimensions, sample.shape[1]))
    codes = projection(sample)
    index = _empty(faiss, kind, codes.shape[1], count, plan)
    index.train(codes)
    nodes = Nodes()
    assigned = []
    for block in blocks:
        numbers, new = nodes.assign(block.vectors)
        assigned.append(numbers)
        index.add(projection(widen(block.vectors[new])))
    faiss.write_index(index, str(draft.file("index")))
    _write_projection(draft, projection)
    draft.file("digests").write_bytes(nodes.digests())
    rows = np.concatenate(assigned)
    if len(nodes) < len(rows):
        groups = Groups.of(rows)
        with draft.file("groups").open("wb") as stream:
            stream.write(groups.offsets.astype("<i4").tobytes())
            stream.write(groups.rows.astype("<i4").tobytes())


def _empty(faiss: Any, kind: str, dimensions: int, count: int, plan: Plan) -> Any:
    four_bits = faiss.ScalarQuantizer.QT_4bit
    if kind == "hnsw":
        graph = faiss.IndexHNSWSQ(dimensions, four_bits, plan.links, faiss.METRIC_L2)
        graph.hnsw.efConstruction = plan.care
        _spread_steps(faiss, faiss.downcast_index(graph.storage).sq)
        return graph
    lists = plan.lists(count)
    coarse = faiss.IndexFlatL2(dimensions)
    index = faiss.IndexIVFScalarQuantizer(
        coarse, dimensions, lists, four_bits, faiss.METRIC_L2, False
    )
    _spread_steps(faiss, index.sq)
    index.cp.max_points_per_centroid = 64
    index.cp.min_points_per_centroid = 1
    return index


def _spread_steps(faiss: Any, quantizer: Any) -> None:
    """Spread the sixteen steps of a dimension over three standard deviations to each side.

    Over the whole range, a few outliers would make the steps coarse for all others.
    """
    quantizer.rangestat = faiss.ScalarQuantizer.RS_meanstd
    quantizer.rangestat_arg = 3.0


def _write_projection(draft: Draft, projection: Projection) -> None:
    table = np.column_stack([projection.directions, projection.shift])
    draft.file("projection").write_bytes(table.astype("<f4").tobytes())


def draw_sample(
    catalog: Catalog, generation: Generation, moment: Moment, count: int, size: int
) -> NDArray[np.float32]:
    """Return about ``size`` vectors from all over the catalog, float32 (n, d)."""
    if count > 2 * size:
        share = count / moment.max_vector_id
        if share > 0.1:  # else most numbers belong to deleted vectors or to another model
            draws = np.random.default_rng(0).integers(
                1, moment.max_vector_id + 1, int(size / share)
            )
            return widen(catalog.present_vectors(generation.id, draws)[2])
    step = max(1, count // size)
    seen, parts = 0, []
    for block in pages(catalog, generation, moment):
        parts.append(block.vectors[(-seen) % step :: step])
        seen += len(block)
    if not parts:
        return np.empty((0, generation.dimensions), np.float32)
    return widen(np.concatenate(parts))
