"""Losses over all pairs of a batch; each is a function of embeddings and labels.

``embeddings`` are floats of shape (n, d) with norm 1 in each row, ``labels`` int64 of shape (n,);
a batch in which there is nothing to compare gives 0, with a gradient of zeros. All are computed
in float32 at least.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

__all__ = [
    "contrastive",
    "info_nce",
    "multi_similarity",
    "supervised_contrastive",
    "triplet",
]

_TINY = 1e-12


def contrastive(embeddings: Tensor, labels: Tensor, *, margin: float = 0.8) -> Tensor:
    """Pull pairs of a class together and push others apart up to a distance.

    The mean of D² over the pairs of one class plus the mean of max(0, margin - D)² over the
    others, D the Euclidean distance in [0, 2] (Hadsell, Chopra and LeCun, Dimensionality
    Reduction by Learning an Invariant Mapping, CVPR 2006, with the two kinds weighing the
    same).
    """
    embeddings = _wide(embeddings)
    same, other = _relations(labels)
    squared = (2.0 - 2.0 * embeddings @ embeddings.T).clamp(min=_TINY)
    near = _mean(squared, same)
    far = _mean(F.relu(margin - squared.sqrt()).square(), other)
    return near + far


def triplet(
    embeddings: Tensor, labels: Tensor, *, margin: float = 0.2, mining: str = "semi-hard"
) -> Tensor:
    """Ask that a class mate be nearer than a stranger by a margin.

    max(0, D(anchor, positive) - D(anchor, negative) + margin) on squared distances, averaged
    over the triplets that are not 0 (Schroff et al., FaceNet, CVPR 2015). ``mining`` "hard"
    takes each anchor's farthest mate and nearest stranger (Hermans et al., In Defense of the
    Triplet Loss, 2017), "semi-hard" for each pair the nearest stranger that is farther than
    the mate, failing that the farthest.
    """
    embeddings = _wide(embeddings)
    same, other = _relations(labels)
    distances = (2.0 - 2.0 * embeddings @ embeddings.T).clamp(min=0.0)
    infinite = torch.finfo(distances.dtype).max
    if mining == "hard":
        usable = same.any(dim=1) & other.any(dim=1)
        farthest = distances.masked_fill(~same, -infinite).amax(dim=1)
        nearest = distances.masked_fill(~other, infinite).amin(dim=1)
        losses = F.relu(farthest - nearest + margin)
        return _mean(losses, usable & (losses > 0))
    beyond = other[:, None, :] & (distances[:, None, :] > distances[:, :, None])
    candidates = distances[:, None, :].expand_as(beyond)
    nearest = candidates.masked_fill(~beyond, infinite).amin(dim=2)
    farthest = distances.masked_fill(~other, -infinite).amax(dim=1, keepdim=True)
    negative = torch.where(beyond.any(dim=2), nearest, farthest.expand_as(nearest))
    usable = same & other.any(dim=1, keepdim=True)
    losses = F.relu(torch.where(usable, distances - negative + margin, 0.0))
    return _mean(losses, usable & (losses > 0))


def info_nce(embeddings: Tensor, labels: Tensor, *, temperature: float = 0.1) -> Tensor:
    """Tell each pair of mates from all strangers of the anchor, pair by pair.

    The mean over pairs (i, j) of one class of -log(e^{s_ij / t} / (e^{s_ij / t} + sum over
    strangers k of e^{s_ik / t})): NT-Xent (van den Oord et al., 2018; Chen et al., SimCLR,
    ICML 2020), where other mates of the anchor are no negatives.
    """
    embeddings = _wide(embeddings)
    same, other = _relations(labels)
    scores = embeddings @ embeddings.T / temperature
    against = torch.logsumexp(scores.masked_fill(~other, -torch.inf), dim=1, keepdim=True)
    losses = torch.logaddexp(scores, against.expand_as(scores)) - scores
    usable = same & other.any(dim=1, keepdim=True)
    return _mean(torch.where(usable, losses, 0.0), usable)


def supervised_contrastive(
    embeddings: Tensor, labels: Tensor, *, temperature: float = 0.1
) -> Tensor:
    """Tell an anchor's mates from all the rest of the batch.

    The mean over anchors with a mate of the mean over their mates j of
    -log(e^{s_ij / t} / sum over k != i of e^{s_ik / t}) (Khosla et al., Supervised Contrastive
    Learning, NeurIPS 2020, L_out).
    """
    embeddings = _wide(embeddings)
    same, _ = _relations(labels)
    scores = embeddings @ embeddings.T / temperature
    itself = torch.eye(len(labels), dtype=torch.bool, device=labels.device)
    everything = torch.logsumexp(scores.masked_fill(itself, -torch.inf), dim=1, keepdim=True)
    mates = same.sum(dim=1)
    losses = torch.where(same, everything - scores, 0.0).sum(dim=1) / mates.clamp(min=1)
    return _mean(losses, mates > 0)


def multi_similarity(
    embeddings: Tensor,
    labels: Tensor,
    *,
    alpha: float = 2.0,
    beta: float = 50.0,
    base: float = 0.5,
    epsilon: float = 0.1,
) -> Tensor:
    """Weigh pairs by how hard they are in three ways.

    Of each anchor the strangers nearer than its farthest mate less ``epsilon`` are kept, and
    the mates farther than its nearest stranger plus it; the loss is the mean over all anchors
    of log(1 + sum of e^{-alpha (s - base)}) / alpha over the mates plus
    log(1 + sum of e^{beta (s - base)}) / beta over the strangers (Wang et al., Multi-Similarity
    Loss, CVPR 2019).
    """
    embeddings = _wide(embeddings)
    same, other = _relations(labels)
    scores = embeddings @ embeddings.T
    farthest = scores.masked_fill(~same, torch.inf).amin(dim=1, keepdim=True)
    nearest = scores.masked_fill(~other, -torch.inf).amax(dim=1, keepdim=True)
    mates = same & (scores < nearest + epsilon)
    strangers = other & (scores > farthest - epsilon)
    zero = scores.new_zeros(len(scores), 1)

    def soft(exponents: Tensor, chosen: Tensor) -> Tensor:
        kept = exponents.masked_fill(~chosen, -torch.inf)
        return torch.logsumexp(torch.cat([zero, kept], dim=1), dim=1)

    near = soft(-alpha * (scores - base), mates) / alpha
    far = soft(beta * (scores - base), strangers) / beta
    return (near + far).sum() / max(1, len(labels))


def _wide(embeddings: Tensor) -> Tensor:
    return embeddings if embeddings.dtype == torch.float64 else embeddings.float()


def _relations(labels: Tensor) -> tuple[Tensor, Tensor]:
    """Return which pairs are of one class, an item with itself left out, and which are not."""
    same = labels[:, None] == labels[None]
    itself = torch.eye(len(labels), dtype=torch.bool, device=labels.device)
    return same & ~itself, ~same


def _mean(values: Tensor, chosen: Tensor) -> Tensor:
    """Return the mean of the chosen values, 0 when there are none."""
    return torch.where(chosen, values, 0.0).sum() / chosen.sum().clamp(min=1)
