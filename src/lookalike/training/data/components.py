"""What hangs together by a chain of links."""

from __future__ import annotations

from collections.abc import Iterable

__all__ = ["connected"]


def connected(count: int, links: Iterable[tuple[int, int]]) -> list[int]:
    """Return for each of ``count`` nodes the smallest node it is linked with, over any others.

    Union by the smaller root, with halving of the paths (Tarjan and van Leeuwen, 1984).

    >>> connected(5, [(3, 4), (1, 3)])
    [0, 1, 2, 1, 1]
    """
    parents = list(range(count))

    def root(node: int) -> int:
        while parents[node] != node:
            parents[node] = parents[parents[node]]
            node = parents[node]
        return node

    for first, second in links:
        one, other = root(first), root(second)
        parents[max(one, other)] = min(one, other)
    return [root(node) for node in range(count)]
