"""From pooled features to the embedding. Every head starts at the closed-form baseline."""

from __future__ import annotations

from typing import get_args

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from lookalike.errors import UsageError
from lookalike.training.recipe import HeadName
from lookalike.training.whitening import Affine

__all__ = ["HEADS", "Head", "build_head", "identity_affine"]

HEADS: tuple[HeadName, ...] = get_args(HeadName)
"""The names that :func:`build_head` knows."""

_HIDDEN = 512


class Head(nn.Module):
    """Computes normalise(g((normalise(x) - mean) @ projection)): (n, c) to (n, d).

    g is the identity at the start for every kind, so an untrained head is the affine map that it
    was given. What is learned: nothing (identity, whitening), the projection itself (linear),
    z + z R with R zero at the start (residual), or z + U relu(V z) with U zero at the start
    (mlp; both after Chen et al., SimCLR v2, and the gated skip of Quaterion).
    """

    mean: Tensor
    projection: Tensor
    channels: int
    dimensions: int

    def __init__(self, kind: str, affine: Affine, *, seed: int = 0) -> None:
        super().__init__()
        if kind not in HEADS:
            raise UsageError(f"There is no head {kind!r}; known are {', '.join(HEADS)}.")
        self.kind = kind
        width = affine.projection.shape[1]
        self.channels, self.dimensions = map(int, affine.projection.shape)
        self.register_buffer("mean", torch.from_numpy(np.array(affine.mean)))
        projection = torch.from_numpy(np.array(affine.projection))
        if kind == "linear":
            self.projection = nn.Parameter(projection)
        else:
            self.register_buffer("projection", projection)
        if kind == "residual":
            self.residual = nn.Parameter(torch.zeros(width, width))
        if kind == "mlp":
            generator = torch.Generator().manual_seed(seed)
            self.inner = nn.Parameter(torch.randn(width, _HIDDEN, generator=generator) / width**0.5)
            self.outer = nn.Parameter(torch.zeros(_HIDDEN, width))

    def place(self, features: Tensor) -> Tensor:
        """Return what the fixed map makes of features (n, c), before what is learned: (n, d)."""
        return (F.normalize(features, dim=1) - self.mean) @ self.projection

    def turn(self, placed: Tensor) -> Tensor:
        """Return the embeddings, of norm 1, of placed features (n, d)."""
        if self.kind == "residual":
            placed = placed + placed @ self.residual
        elif self.kind == "mlp":
            placed = placed + F.relu(placed @ self.inner) @ self.outer
        return F.normalize(placed, dim=1)

    def forward(self, features: Tensor) -> Tensor:
        return self.turn(self.place(features))


def identity_affine(channels: int) -> Affine:
    """Return the map that changes nothing."""
    return Affine(np.zeros(channels, np.float32), np.eye(channels, dtype=np.float32))


def build_head(kind: str, affine: Affine, *, dimensions: int | None = None, seed: int = 0) -> Head:
    """Return a head that starts as ``affine``, cut to its first ``dimensions``.

    Raises:
        UsageError: there is no head of that kind, or more dimensions than there are.
    """
    projection = affine.projection
    if dimensions is not None:
        if not 1 <= dimensions <= projection.shape[1]:
            raise UsageError(
                f"dimensions is {dimensions}; expected 1 to {projection.shape[1]} for this network."
            )
        projection = projection[:, :dimensions]
    return Head(kind, Affine(affine.mean, np.ascontiguousarray(projection)), seed=seed)
