"""The same picture several times in one ranking: the first stands for all of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

__all__ = ["FARTHEST", "MOST_BITS", "same_picture", "stand_ins"]

FARTHEST = 0.3
"""How far apart two copies of a picture are at most, see :func:`same_picture`."""
MOST_BITS = 6
"""With more differing bits than this no cosine is enough."""

_A_BIT = 0.05
_FEWEST_BITS = 24
_AT_ONCE = 1024

Vectors = Callable[[NDArray[np.int64]], NDArray[np.floating]]


def same_picture(bits: int, cosine: float) -> bool:
    """Tell whether two pictures are one: 0.05 * bits + (1 - cosine) is at most 0.3.

    The bounds are chosen by ``benchmarks/repeats.py``, which says what they find and mistake.

    Args:
        bits: by how many of 64 bits their perceptual hashes differ.
        cosine: that of their vectors.

    >>> same_picture(0, 0.75), same_picture(4, 0.75), same_picture(4, 0.92)
    (True, False, True)
    """
    return _A_BIT * bits + (1.0 - cosine) <= FARTHEST + 1e-6


def stand_ins(
    contents: Sequence[bytes], looks: NDArray[np.uint64], vectors: Vectors
) -> NDArray[np.int64]:
    """Return, for each picture of a ranking, the place of the one that stands for it.

    A picture repeats an earlier one, which stands for itself, when their files are equal or they
    are the :func:`same_picture`. Of several such the first stands for it. So what stands for a
    picture depends only on what is ranked before it. Of a picture of a single colour, whose
    perceptual hash says nothing, only the file counts.

    Args:
        contents: hashes of the files, n of them, in the order of the ranking.
        looks: perceptual hashes, uint64 of shape (n,).
        vectors: returns the vectors (m, d), of length 1, at some places (m,); asked only for
            pictures with hashes that are near.

    Returns:
        int64 of shape (n,); its own place for a picture that stands for itself.
    """
    found = np.arange(len(contents))
    first_of: dict[bytes, int] = {}
    seen: dict[int, NDArray[np.floating]] = {}
    leaders = np.zeros(0, np.int64)
    telling = np.bitwise_count(looks) >= _FEWEST_BITS
    for start in range(0, len(contents), _AT_ONCE):
        places = np.arange(start, min(start + _AT_ONCE, len(contents)))
        earlier = np.concatenate([leaders, places])
        bits = np.bitwise_count(looks[places, None] ^ looks[earlier])
        near = (bits <= MOST_BITS) & (earlier < places[:, None])
        near &= telling[places, None] & telling[earlier]
        rows, columns = np.nonzero(near)
        wanted = np.setdiff1d(np.union1d(places[rows], earlier[columns]), list(seen))
        if len(wanted):
            seen.update(zip(wanted.tolist(), vectors(wanted), strict=True))
        for row, place in enumerate(places.tolist()):
            if contents[place] in first_of:
                found[place] = first_of[contents[place]]
                continue
            for column in np.flatnonzero(near[row]).tolist():
                other = int(earlier[column])
                if found[other] == other and same_picture(
                    int(bits[row, column]), float(seen[place] @ seen[other])
                ):
                    found[place] = other
                    break
            first_of[contents[place]] = int(found[place])
        leaders = np.concatenate([leaders, places[found[places] == places]])
        seen = {place: seen[place] for place in leaders.tolist() if place in seen}
    return found
