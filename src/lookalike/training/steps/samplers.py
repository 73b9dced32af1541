"""Which pictures make a batch."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lookalike.errors import UsageError

__all__ = ["BalancedSampler", "ClassSampler", "Decks", "UniformSampler", "members_of", "share"]

Numbers = NDArray[np.int64]


def members_of(labels: Sequence[Any] | NDArray[Any]) -> list[Numbers]:
    """Return the numbers of the samples of each class, the classes in the order of their names."""
    codes = np.unique(np.asarray(labels), return_inverse=True)[1]
    order = np.argsort(codes, kind="stable")
    return np.split(order, np.flatnonzero(np.diff(codes[order])) + 1)


class Decks:
    """The samples of each class as a shuffled deck, shuffled again when it is used up."""

    def __init__(self, members: Sequence[Numbers], random: np.random.Generator) -> None:
        self._random = random
        self._decks = [random.permutation(numbers) for numbers in members]
        self._places = [0] * len(members)

    def draw(self, number: int, count: int) -> list[int]:
        """Return ``count`` samples of a class."""
        drawn = []
        for _ in range(count):
            if self._places[number] == len(self._decks[number]):
                self._decks[number] = self._random.permutation(self._decks[number])
                self._places[number] = 0
            drawn.append(int(self._decks[number][self._places[number]]))
            self._places[number] += 1
        return drawn


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
        self._members = members_of(labels)
        self._classes, self._images, self._seed = classes_per_batch, images_per_class, seed
        if not 1 <= classes_per_batch <= len(self._members) or images_per_class < 1:
            raise UsageError(
                f"A batch of {classes_per_batch} classes × {images_per_class} images cannot be "
                f"drawn from {len(self._members)} classes."
            )
        size = classes_per_batch * images_per_class
        rounds = -(-len(labels) // size), -(-len(self._members) // classes_per_batch)
        self._steps = max(rounds)

    def batches(self, epoch: int) -> list[Numbers]:
        """Return the batches of an epoch, each the numbers of its samples."""
        random = np.random.default_rng([self._seed, epoch])
        decks = Decks(self._members, random)
        queue: list[int] = []
        result = []
        for _ in range(self._steps):
            chosen: list[int] = []
            while len(chosen) < self._classes:
                if not queue:
                    queue = random.permutation(len(self._members)).tolist()
                number = next((i for i in queue if i not in chosen), None)
                if number is None:
                    queue = []
                    continue
                queue.remove(number)
                chosen.append(number)
            batch = [item for number in chosen for item in decks.draw(number, self._images)]
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
