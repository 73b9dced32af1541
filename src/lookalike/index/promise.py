"""Which candidates are worth reading in full, told from those that have been read."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["promising"]

_DEVIATIONS = 3.0


def promising(
    near: NDArray[np.float32],
    scores: NDArray[np.float32],
    far: NDArray[np.float32],
    k: int,
) -> NDArray[np.bool_]:
    """Tell which of further candidates may be among the ``k`` best.

    ``near`` (n,) are squared distances between codes, ``scores`` (n,) the cosines of the full
    vectors, ``far`` (m,) the distances of candidates that have not been read. Two vectors of
    length 1 at a squared distance D have the cosine 1 - D / 2. A code leaves out a part of D that
    differs little from candidate to candidate: what it is on average, and how much it varies,
    is seen in those that have been read. Who would need more than three standard deviations of
    luck is left unread.
    """
    if len(scores) < k:
        return np.ones(len(far), dtype=bool)
    missing = scores - (1.0 - near / 2.0)
    hope = (1.0 - far / 2.0) + missing.mean() + _DEVIATIONS * missing.std()
    result: NDArray[np.bool_] = hope >= np.partition(scores, -k)[-k]
    return result
