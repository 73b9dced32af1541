"""From a map of channels to one number each."""

from __future__ import annotations

from typing import get_args

import torch
from torch import Tensor, nn

from lookalike.errors import UsageError
from lookalike.training.recipe import PoolingName

__all__ = ["POOLINGS", "Attention", "Average", "GeM", "Maximum", "build_pooling"]

_LEAST = 1e-6


class Average(nn.Module):
    """Takes the mean over the positions: (n, c, h, w) to (n, c)."""

    def forward(self, maps: Tensor) -> Tensor:
        return maps.mean(dim=(2, 3))


class Maximum(nn.Module):
    """Takes the largest value over the positions: (n, c, h, w) to (n, c)."""

    def forward(self, maps: Tensor) -> Tensor:
        return maps.amax(dim=(2, 3))


class GeM(nn.Module):
    """Takes the p-th root of the mean p-th power: (n, c, h, w) to (n, c).

    p is learned (Radenović, Tolias and Chum, Fine-tuning CNN Image Retrieval with No Human
    Annotation, 2018); negative values count as zero.
    """

    def __init__(self, p: float = 2.0) -> None:
        super().__init__()
        self.p = nn.Parameter(torch.tensor(float(p)))

    def forward(self, maps: Tensor) -> Tensor:
        p = self.p.clamp(1.0, 8.0)
        return maps.clamp(min=_LEAST).pow(p).mean(dim=(2, 3)).pow(1.0 / p)


class Attention(nn.Module):
    """Takes a weighted mean over the positions: (n, c, h, w) to (n, c).

    The weights are the softmax of a learned query's products with the positions, as in Ilse,
    Tomczak and Welling (Attention-based Deep Multiple Instance Learning, ICML 2018) without
    the hidden layer. The query starts at zero, so that it starts as the average.
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.query = nn.Parameter(torch.zeros(channels))

    def forward(self, maps: Tensor) -> Tensor:
        positions = maps.flatten(2)
        scores = torch.einsum("c,ncp->np", self.query, positions) / self.query.numel() ** 0.5
        return torch.einsum("np,ncp->nc", scores.softmax(dim=1), positions)


POOLINGS: tuple[PoolingName, ...] = get_args(PoolingName)
"""The names that :func:`build_pooling` knows."""


def build_pooling(name: str, channels: int) -> nn.Module:
    """Return the pooling of that name.

    Raises:
        UsageError: there is none of that name.
    """
    if name == "average":
        return Average()
    if name == "max":
        return Maximum()
    if name == "gem":
        return GeM()
    if name == "attention":
        return Attention(channels)
    raise UsageError(f"There is no pooling {name!r}; known are {', '.join(POOLINGS)}.")
