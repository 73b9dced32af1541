"""Which pictures make a batch."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lookalike.errors import UsageError

__all__ = ["BalancedSampler", "ClassSampler", "UniformSampler", "share"]

Numbers = NDArray[np.int64]


class ClassSampler:
    """P classes × K images a batch: metric losses need mates, and many classes.

    An epoch visits every class, and about as many pictures as there are; a class with fewer
    than K pictures repeats them. The batches depend on the seed and the epoch alone.
    """

    def __init__(
        self,
        labels: Sequence[Any] | NDArray[Any],
        *,
        classes_per_batch: int,
        images_per_class: int,
        seed: int = 0,
    ) -> None:
        codes = np.unique(np.asarray(labels), return_inverse=True)[1]
        order = np.argsort(codes, kind="stable")
        self._members = np.split(order, np.flatnonzero(np.diff(codes[order])) + 1)
        self._classes, self._images, self._seed = classes_per_batch, images_per_class, seed
        if not 1 <= classes_per_batch <= len(self._members) or images_per_class < 1:
            raise UsageError(
                f"A batch of {classes_per_batch} classes × {images_per_class} images cannot be "
                f"drawn from {len(self._members)} classes."
            )
        size = classes_per_batch * images_per_class
        rounds = -(-len(codes) // size), -(-len(self._members) // classes_per_batch)
        self._steps = max(rounds)

    def batches(self, epoch: int) -> list[Numbers]:
        """Return the batches of an epoch, each the numbers of its samples."""
        random = np.random.default_rng([self._seed, epoch])
        decks = [random.permutation(members) for members in self._members]
        places = [0] * len(decks)
        queue: list[int] = []
        result = []
        for _ in range(self._steps):
            chosen: list[int] = []
            while len(chosen) < self._classes:
                if not queue:
                    queue = random.permutation(len(decks)).tolist()
                number = next((i for i in queue if i not in chosen), None)
                if number is None:
                    queue = []
                    continue
                queue.remove(number)
                chosen.append(number)
            batch = []
            for number in chosen:
                deck = decks[number]
                for _ in range(self._images):
                    if places[number] == len(deck):
                        deck = decks[number] = random.permutation(deck)
                        places[number] = 0
                    batch.append(deck[places[number]])
                    places[number] += 1
            result.append(np.array(batch, np.int64))
        return result


class UniformSampler:
    """Every picture once an epoch, in a random order; the last batch may be smaller."""

    def __init__(self, count: int, *, batch: int, seed: int = 0) -> None:
        if batch < 1:
            raise UsageError(f"batch is {batch}; expected 1 or more.")
        self._count, self._batch, self._seed = count, batch, seed

    def batches(self, epoch: int) -> list[Numbers]:
        """Return the batches of an epoch."""
        order = np.random.default_rng([self._seed, epoch]).permutation(self._count)
        return _cut(order, self._batch)


class BalancedSampler:
    """As many pictures an epoch as there are, every class as likely as any other."""

    def __init__(self, labels: Sequence[Any] | NDArray[Any], *, batch: int, seed: int = 0) -> None:
        if batch < 1:
            raise UsageError(f"batch is {batch}; expected 1 or more.")
        _, codes, counts = np.unique(np.asarray(labels), return_inverse=True, return_counts=True)
        self._weights = 1.0 / (counts[codes] * len(counts))
        self._batch, self._seed = batch, seed

    def batches(self, epoch: int) -> list[Numbers]:
        """Return the batches of an epoch."""
        random = np.random.default_rng([self._seed, epoch])
        count = len(self._weights)
        return _cut(random.choice(count, count, p=self._weights), self._batch)


def share(batch: Numbers, *, rank: int, world: int) -> Numbers:
    """Return the part of a batch that one of several processes works on.

    The parts differ by one sample at most, and each has one as long as there are enough.
    """
    return np.array_split(batch, world)[rank]


def _cut(order: Numbers, batch: int) -> list[Numbers]:
    return [order[start : start + batch].astype(np.int64) for start in range(0, len(order), batch)]
