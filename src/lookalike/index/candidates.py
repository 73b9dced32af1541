"""What compact codes propose, before the full vectors are read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from lookalike.catalog import Catalog, Generation

from .manifest import Manifest
from .plan import Plan
from .projection import Projection
from .scan import Ranked

__all__ = ["Candidates", "Coded"]


@dataclass(frozen=True, slots=True)
class Candidates:
    """Nodes and the squared distances of their codes from that of a query, the nearest first."""

    nodes: NDArray[np.int64]
    distances: NDArray[np.float32]

    def taken(self, which: slice | NDArray[np.bool_]) -> Candidates:
        """Return some of them."""
        return Candidates(self.nodes[which], self.distances[which])


class Coded(Protocol):
    """A snapshot with compact codes, as :mod:`.narrowed` searches it among some of its rows."""

    @property
    def catalog(self) -> Catalog: ...
    @property
    def generation(self) -> Generation: ...
    @property
    def manifest(self) -> Manifest: ...
    @property
    def plan(self) -> Plan: ...
    @property
    def index(self) -> Any: ...
    @property
    def projection(self) -> Projection: ...
    @property
    def vector_ids(self) -> NDArray[np.int64]: ...

    def candidates(self, codes: NDArray[np.float32], reach: int) -> list[Candidates]:
        """Return up to ``reach`` living nodes for each code, the nearest first."""

    def has_living(self, nodes: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Tell which nodes stand for a row that was not deleted."""

    def scored(
        self, queries: NDArray[np.float32], candidates: list[Candidates], k: int
    ) -> list[Ranked]:
        """Return the ``k`` best of the candidates of each query by their full vectors."""
