"""Which vectors of a library are one and the same.

A graph over neighbours falls apart where thousands of points lie on one spot: they become each
other's only neighbours, and no path leads in or out. The same picture under many names gives
just that, so each distinct vector becomes one node, which stands for all its rows.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["Groups", "Nodes"]

_DIGEST = 16


@dataclass(frozen=True, slots=True)
class Groups:
    """Rows by node: those of node i are ``rows[offsets[i]:offsets[i + 1]]``, ascending.

    ``offsets`` is int32 (nodes + 1,), ``rows`` int32 (n,).
    """

    offsets: NDArray[np.int32]
    rows: NDArray[np.int32]

    def __len__(self) -> int:
        return len(self.offsets) - 1

    @classmethod
    def of(cls, nodes: NDArray[np.int32]) -> Groups:
        """Group rows by their node, ``nodes`` (n,) holding numbers from 0 without a gap."""
        sizes = np.bincount(nodes)
        offsets = np.zeros(len(sizes) + 1, dtype=np.int32)
        np.cumsum(sizes, out=offsets[1:])
        return cls(offsets, np.argsort(nodes, kind="stable").astype(np.int32))

    def nodes(self) -> NDArray[np.int32]:
        """Return the node of each row, (n,): what ``of`` was given."""
        nodes = np.empty(len(self.rows), dtype=np.int32)
        nodes[self.rows] = np.repeat(np.arange(len(self), dtype=np.int32), np.diff(self.offsets))
        return nodes

    def first(self, alive: NDArray[np.bool_]) -> NDArray[np.int32]:
        """Return the first living row of each node, (nodes,); n where none lives."""
        rows = np.where(alive[self.rows], self.rows, np.int32(len(self.rows)))
        return np.minimum.reduceat(rows, self.offsets[:-1])


class Nodes:
    """Gives rows their nodes: the same to equal vectors, a new one to a vector not seen before.

    Vectors are told apart by 128 bits of BLAKE2 of their bytes. ``seen`` are the digests of
    nodes that exist already. Takes about 150 bytes of memory a node.
    """

    def __init__(self, seen: bytes = b"") -> None:
        self._numbers = {
            seen[start : start + _DIGEST]: start // _DIGEST
            for start in range(0, len(seen), _DIGEST)
        }

    def __len__(self) -> int:
        return len(self._numbers)

    def assign(self, vectors: NDArray[np.float16]) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
        """Return the node of each vector, (n,), and which vectors are the first of theirs."""
        data = np.ascontiguousarray(vectors, dtype="<f2").tobytes()
        size = 2 * vectors.shape[1]
        nodes = np.empty(len(vectors), dtype=np.int32)
        new = []
        for row in range(len(vectors)):
            piece = data[row * size : (row + 1) * size]
            key = hashlib.blake2b(piece, digest_size=_DIGEST).digest()
            number = self._numbers.get(key)
            if number is None:
                number = self._numbers[key] = len(self._numbers)
                new.append(row)
            nodes[row] = number
        return nodes, np.array(new, dtype=np.int64)

    def digests(self) -> bytes:
        """Return the digests of all nodes in their order, 16 bytes each."""
        return b"".join(self._numbers)
