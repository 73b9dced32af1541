"""Attacks on a picture that move its embedding away from where it was: projected gradient.

Madry and others, Towards Deep Learning Models Resistant to Adversarial Attacks, ICLR 2018;
towards the opposite of a retrieval query's own features as in Tolias, Radenovic and Chum,
Targeted Mismatch Adversarial Attack, ICCV 2019, without a target.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from lookalike.errors import UsageError

__all__ = ["feature_shift"]


def feature_shift(
    embed: Callable[[Tensor], Tensor],
    pixels: Tensor,
    *,
    budget: int,
    steps: int,
    seed: int = 0,
) -> Tensor:
    """Return pictures within ``budget`` grey levels whose embeddings lie far from the old ones.

    Each of ``steps`` moves every value by 2.5 * budget / steps along the sign of the gradient of
    the cosine to the clean embedding, downwards, and back into the budget and into [0, 1]. The
    first point is drawn at random within the budget, as the gradient is zero at the clean one.
    The result is rounded to whole levels of 255, as a picture file holds them.

    Args:
        embed: (n, 3, side, side) in [0, 1] to (n, d) of norm 1, with a gradient.
        pixels: float32 of shape (n, 3, side, side), in [0, 1].
        budget: largest change of a value, in levels of 255.
        steps: how many, at least 1.
        seed: of the first point.

    Raises:
        UsageError: a number is out of range.
    """
    if budget < 0 or steps < 1:
        raise UsageError(f"budget is {budget} and steps {steps}; expected 0 and 1, or more.")
    bound = budget / 255.0
    with torch.no_grad():
        clean = embed(pixels).detach()
    generator = torch.Generator().manual_seed(seed)
    start = (2.0 * torch.rand(pixels.shape, generator=generator) - 1.0) * bound
    found = (pixels + start).clamp(0.0, 1.0)
    for _ in range(steps):
        found.requires_grad_(True)
        with torch.enable_grad():
            similarity = (embed(found) * clean).sum()
            (gradient,) = torch.autograd.grad(similarity, found)
        moved = found.detach() - 2.5 * bound / steps * gradient.sign()
        found = torch.minimum(torch.maximum(moved, pixels - bound), pixels + bound).clamp(0.0, 1.0)
    # Clean values are whole levels, so rounding does not leave the budget.
    return (found * 255.0).round() / 255.0
