"""Hard negatives: the nearest pictures of other classes, and batches built around them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lookalike.errors import UsageError
from lookalike.index import Plan
from lookalike.index.engine import load_faiss
from lookalike.index.scan import Block, Ranked, scan

from .samplers import Decks, members_of

__all__ = ["HardClassSampler", "hard_negatives"]

Floats = NDArray[np.float32]
Numbers = NDArray[np.int64]

_QUERIES_AT_ONCE = 512
_PROBES = 16
_SAMPLE_OF_LIST = 40
_NONE = -1


def hard_negatives(
    vectors: Floats,
    labels: Sequence[Any] | NDArray[Any],
    *,
    k: int,
    plan: Plan | None = None,
) -> Numbers:
    """Return for each vector the ``k`` nearest ones of other labels, the nearest first.

    Every vector is compared with every other up to ``plan.exact_up_to`` of them, in float16 as
    a library stores them; beyond that they are looked for in FAISS lists, 16 of about twice
    the square root of their number, which may miss some.

    Args:
        vectors: float32 of shape (n, d), each row of norm 1.
        labels: n labels.
        k: 1 or more.
        plan: when to compare all; None is the plan of a library.

    Returns:
        int64 of shape (n, k): numbers of rows, -1 at the end where there are fewer.

    Raises:
        UsageError: ``k`` is below 1, lengths differ, or a value is not finite.
    """
    vectors = np.ascontiguousarray(vectors, np.float32)
    if k < 1:
        raise UsageError(f"k is {k}; expected 1 or more.")
    if vectors.ndim != 2 or len(vectors) != len(labels):
        raise UsageError(f"{len(labels)} labels for vectors of shape {vectors.shape}.")
    if not np.isfinite(vectors).all():
        raise UsageError("Hard negatives need vectors of finite numbers.")
    if not len(vectors):
        return np.zeros((0, k), np.int64)
    codes = np.unique(np.asarray(labels), return_inverse=True)[1]
    exact = len(vectors) <= (plan or Plan()).exact_up_to
    nearest = _compared(vectors) if exact else _looked_up(vectors)
    result = np.full((len(vectors), k), _NONE, np.int64)
    mates = np.bincount(codes)[codes]
    for start in range(0, len(vectors), _QUERIES_AT_ONCE):
        waiting = np.arange(start, min(start + _QUERIES_AT_ONCE, len(vectors)))
        reach = 4 * k
        while len(waiting):
            # Where its mates surround a picture, its negatives lie farther out.
            found = nearest(vectors[waiting], min(reach, len(vectors)))
            short = []
            for row, numbers in zip(waiting.tolist(), found, strict=True):
                others = numbers[codes[numbers] != codes[row]][:k]
                result[row, : len(others)] = others
                if len(others) < k and reach < min(mates[row] + k, len(vectors)):
                    short.append(row)
            waiting = np.array(short, np.int64)
            reach *= 4
    return result


class HardClassSampler:
    """P classes × K images a batch, of classes that are taken for each other.

    A batch begins with a class; ``mined`` of the others, in [0, 1], are those to which most
    negatives of its pictures belong, the rest is drawn by chance, for batches of hard
    negatives alone can collapse an embedding (Schroff et al., FaceNet, CVPR 2015). An epoch
    visits every class. The batches depend on the negatives, the seed and the epoch alone.

    Args:
        labels: n labels.
        negatives: int64 of shape (n, k), from :func:`hard_negatives`.
        classes_per_batch: P, 2 or more.
        images_per_class: K; a class with fewer pictures repeats them.

    Raises:
        UsageError: the numbers do not fit together.
    """

    def __init__(
        self,
        labels: Sequence[Any] | NDArray[Any],
        negatives: Numbers,
        *,
        classes_per_batch: int,
        images_per_class: int,
        mined: float = 0.5,
        seed: int = 0,
    ) -> None:
        self._members = members_of(labels)
        if len(negatives) != len(labels):
            raise UsageError(f"Negatives of {len(negatives)} pictures for {len(labels)} labels.")
        if not 2 <= classes_per_batch <= len(self._members) or images_per_class < 1:
            raise UsageError(
                f"A batch of {classes_per_batch} classes × {images_per_class} images cannot be "
                f"drawn from {len(self._members)} classes."
            )
        if not 0.0 <= mined <= 1.0:
            raise UsageError(f"mined is {mined}; expected 0 to 1.")
        self._classes, self._images, self._seed = classes_per_batch, images_per_class, seed
        self._mined = round(mined * (classes_per_batch - 1))
        self._rivals = _rivals(labels, self._members, negatives)
        size = classes_per_batch * images_per_class
        fresh = classes_per_batch - self._mined
        self._steps = max(-(-len(labels) // size), -(-len(self._members) // fresh))

    def batches(self, epoch: int) -> list[Numbers]:
        """Return the batches of an epoch, each the numbers of its samples."""
        random = np.random.default_rng([self._seed, epoch])
        decks = Decks(self._members, random)
        queue: list[int] = []
        result = []
        for _ in range(self._steps):
            chosen: list[int] = []
            while len(chosen) < self._classes:
                if all(number in chosen for number in queue):
                    queue = random.permutation(len(self._members)).tolist()
                number = next(number for number in queue if number not in chosen)
                chosen.append(number)
                if len(chosen) == 1:
                    chosen += self._rivals[number][: self._mined]
                queue = [waiting for waiting in queue if waiting not in chosen]
            batch = [item for number in chosen for item in decks.draw(number, self._images)]
            result.append(np.array(batch, np.int64))
        return result


def _compared(vectors: Floats) -> Callable[[Floats, int], list[Numbers]]:
    rows = np.arange(len(vectors))
    block = Block(rows, rows, vectors.astype(np.float16))

    def nearest(queries: Floats, k: int) -> list[Numbers]:
        return [_ordered(found) for found in scan([block], queries, k)]

    return nearest


def _ordered(found: Ranked) -> Numbers:
    return found.vector_ids[np.lexsort((found.vector_ids, -found.scores))]


def _looked_up(vectors: Floats) -> Callable[[Floats, int], list[Numbers]]:
    faiss = load_faiss()
    lists = min(int(2 * len(vectors) ** 0.5), max(1, len(vectors) // _SAMPLE_OF_LIST))
    coarse = faiss.IndexFlatIP(vectors.shape[1])
    index = faiss.IndexIVFFlat(coarse, vectors.shape[1], lists, faiss.METRIC_INNER_PRODUCT)
    index.cp.min_points_per_centroid = 1  # no warnings on standard output
    index.nprobe = _PROBES
    index.train(vectors)
    index.add(vectors)

    def nearest(queries: Floats, k: int) -> list[Numbers]:
        found = index.search(queries, k)[1]
        return [row[row != _NONE] for row in found]

    return nearest


def _rivals(
    labels: Sequence[Any] | NDArray[Any], members: Sequence[Numbers], negatives: Numbers
) -> list[list[int]]:
    """Return for each class those of its pictures' negatives, the most frequent first."""
    codes = np.unique(np.asarray(labels), return_inverse=True)[1]
    result = []
    for numbers in members:
        found = negatives[numbers].ravel()
        # Equally frequent ones stay in the order in which they are met: numbers first.
        counts = Counter(np.sort(codes[found[found != _NONE]]).tolist())
        result.append([number for number, _ in counts.most_common()])
    return result
