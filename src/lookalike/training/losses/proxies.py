"""Losses that learn something for each class beside the embedding.

All are computed in float32 at least: in half precision a cosine near 1 rounds to 1, where the
angle has no gradient.
"""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn

__all__ = ["ArcFace", "Classification", "ProxyAnchor"]


class ProxyAnchor(nn.Module):
    """Compares each class's learned proxy with the whole batch.

    The mean over the classes present of log(1 + sum over their items of e^{-scale (s - margin)})
    plus the mean over all classes of log(1 + sum over other items of e^{scale (s + margin)})
    (Kim et al., Proxy Anchor Loss for Deep Metric Learning, CVPR 2020).
    """

    def __init__(
        self, *, classes: int, dimensions: int, margin: float = 0.1, scale: float = 32.0
    ) -> None:
        super().__init__()
        self.proxies = nn.Parameter(torch.empty(classes, dimensions))
        nn.init.kaiming_normal_(self.proxies, mode="fan_out")
        self.margin, self.scale = margin, scale

    def forward(self, embeddings: Tensor, labels: Tensor) -> Tensor:
        embeddings = _wide(embeddings)
        scores = F.linear(embeddings, F.normalize(self.proxies.to(embeddings.dtype), dim=1))
        member = F.one_hot(labels, len(self.proxies)).bool()
        near = _soft(-self.scale * (scores - self.margin), member)
        far = _soft(self.scale * (scores + self.margin), ~member)
        present = member.any(dim=0).sum().clamp(min=1)
        return near.sum() / present + far.sum() / len(self.proxies)


class ArcFace(nn.Module):
    """Classifies with an angle added to the right class.

    Cross entropy of scale * cos(angle + margin) for the right class and scale * cos(angle) for
    the others, the margin in degrees (Deng et al., ArcFace, CVPR 2019). Where angle + margin
    passes 180 degrees, cos(angle) - margin * sin(margin) takes its place, as in that paper's code.
    """

    def __init__(
        self, *, classes: int, dimensions: int, margin: float = 20.0, scale: float = 32.0
    ) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.empty(classes, dimensions))
        nn.init.xavier_uniform_(self.weight)
        self.margin, self.scale = math.radians(margin), scale

    def forward(self, embeddings: Tensor, labels: Tensor) -> Tensor:
        embeddings = _wide(embeddings)
        cosines = F.linear(embeddings, F.normalize(self.weight.to(embeddings.dtype), dim=1))
        right = F.one_hot(labels, len(self.weight)).bool()
        angles = torch.acos(cosines.clamp(-1.0 + 1e-7, 1.0 - 1e-7))
        # Beyond half a turn cos(angle + margin) would rise again: there, the cosine lowered by a
        # constant goes on falling, so that the worst members of a class are still drawn to it.
        turned = torch.where(
            angles <= math.pi - self.margin,
            torch.cos(angles + self.margin),
            cosines - self.margin * math.sin(self.margin),
        )
        return F.cross_entropy(self.scale * torch.where(right, turned, cosines), labels)


class Classification(nn.Module):
    """Classifies embeddings by a linear layer and cross entropy."""

    def __init__(self, *, classes: int, dimensions: int, scale: float = 16.0) -> None:
        super().__init__()
        self.layer = nn.Linear(dimensions, classes)
        self.scale = scale

    def forward(self, embeddings: Tensor, labels: Tensor) -> Tensor:
        embeddings = _wide(embeddings)
        weight, bias = (
            value.to(embeddings.dtype) for value in (self.layer.weight, self.layer.bias)
        )
        return F.cross_entropy(F.linear(self.scale * embeddings, weight, bias), labels)


def _wide(embeddings: Tensor) -> Tensor:
    return embeddings if embeddings.dtype == torch.float64 else embeddings.float()


def _soft(exponents: Tensor, chosen: Tensor) -> Tensor:
    """Return log(1 + sum of e^x) over the chosen items of each column."""
    kept = exponents.masked_fill(~chosen, -torch.inf)
    zero = kept.new_zeros(1, kept.shape[1])
    return torch.logsumexp(torch.cat([zero, kept]), dim=0)
