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
    """A longer tail costs more than 10 ms a query, however large the library is."""

    def kind(self, count: int) -> str:
        """Return "exact", "hnsw" or "ivf"."""
        return "exact"

    def too_old(self, vectors: int, tail: int, deleted: int) -> bool:
        """Tell whether a snapshot should be replaced."""
        allowed = min(max(self.tail_up_to, vectors // 20), self.tail_at_most)
        return tail > allowed or deleted > max(self.tail_up_to, vectors // 4)
