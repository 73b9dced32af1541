"""KoLeo: spread embeddings over the sphere."""

from __future__ import annotations

import torch
from torch import Tensor

__all__ = ["koleo"]

_TINY = 1e-8


def koleo(embeddings: Tensor) -> Tensor:
    """Return -mean(log D) with D each row's distance to its nearest neighbour in the batch.

    The estimator of differential entropy of Kozachenko and Leonenko, as a regulariser in
    Sablayrolles et al. (Spreading Vectors for Similarity Search, ICLR 2019). A batch of one
    gives 0.

    Args:
        embeddings: floats of shape (n, d), each row of norm 1.
    """
    if embeddings.dtype != torch.float64:
        embeddings = embeddings.float()
    if len(embeddings) < 2:
        return embeddings.sum() * 0.0
    with torch.no_grad():
        scores = embeddings @ embeddings.T
        nearest = scores.fill_diagonal_(-torch.inf).argmax(dim=1)
    distances = (embeddings - embeddings[nearest]).norm(dim=1)
    return -torch.log(distances + _TINY).mean()
