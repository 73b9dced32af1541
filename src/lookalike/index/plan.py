"""Which kind of index for how many vectors, and when to build it anew."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Plan"]


@dataclass(frozen=True, slots=True)
class Plan:
    """Thresholds, in vectors; ``docs/storage.md`` has the measurements behind them."""

    exact_up_to: int = 20_000
    """Up to here every vector is compared: 10 ms at 20,000 × 1280."""
    hnsw_up_to: int = 5_000_000
    """Up to here a graph over compact codes; above, lists."""
    tail_up_to: int = 4_000
    """A tail of this length is searched without a thought."""
    tail_at_most: int = 20_000
    """A longer tail costs more than 14 ms a query, however large the library is."""

    code_dimensions: int = 768
    """Dimensions of the compact code, half a byte each."""
    sample: int = 20_000
    """Vectors from which the code is learned."""
    sample_of_list: int = 32
    """Vectors from which one list is learned."""
    links: int = 24
    """Links of a node of the graph, in the sense of the paper's M; twice as many below."""
    care: int = 100
    """Candidates that are looked at for the links of a new node (efConstruction)."""
    effort: int = 200
    """Candidates that a search of the graph keeps (efSearch)."""
    probes: int = 64
    """Lists that a search looks into."""
    candidates: int = 180
    """Candidates that the code may propose, beside two for each hit wanted."""
    read_first: int = 22
    """Candidates whose full vectors are read in any case, beside one for each hit wanted."""

    read_whole: int = 10_000
    """Of so few images that a filter keeps, the full vectors are read and compared; they stay in
    memory for the next search with the filter, 26 MB at 1280 dimensions."""
    graph_from: float = 0.05
    """From this share of images kept, the graph or the lists are searched; below, every code."""

    def kind(self, count: int) -> str:
        """Return "exact", "hnsw" or "ivf"."""
        if count <= self.exact_up_to:
            return "exact"
        return "hnsw" if count <= self.hnsw_up_to else "ivf"

    def sample_for(self, kind: str, count: int) -> int:
        """Return from how many of ``count`` vectors an index is learned.

        Lists are twice the square root of the vectors: at ten million 6,300 lists, learned from
        200,000 vectors, which take 1.2 GB of memory meanwhile.
        """
        if kind != "ivf":
            return self.sample
        return min(count, max(self.sample, self.sample_of_list * int(2 * count**0.5)))

    def too_old(self, vectors: int, tail: int, deleted: int) -> bool:
        """Tell whether a snapshot of so many vectors should be replaced."""
        allowed = min(max(self.tail_up_to, vectors // 20), self.tail_at_most)
        return tail > allowed or self.many_deleted(vectors, deleted)

    def many_deleted(self, vectors: int, deleted: int) -> bool:
        """Tell whether the deleted are worth getting rid of: each search steps over them."""
        return deleted > max(self.tail_up_to, vectors // 4)

    def may_grow(self, learned_from: int, count: int) -> bool:
        """Tell whether an index learned from so many vectors still suits ``count`` of them."""
        return count <= 2 * learned_from
