"""Penalties on weights, to be added to a loss."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

__all__ = ["l1_penalty", "l2_penalty"]


def l1_penalty(parameters: Sequence[Tensor]) -> Tensor:
    """Return the sum of the absolute values of all weights."""
    return sum((value.abs().sum() for value in parameters), torch.zeros(()))


def l2_penalty(parameters: Sequence[Tensor], *, towards: Sequence[Tensor] | None = None) -> Tensor:
    """Return the sum of the squares of all weights, or of how far each is from ``towards``.

    Towards the start it keeps what was learned before (Li et al., Explicit Inductive Bias for
    Transfer Learning, ICML 2018, L²-SP).
    """
    starts = [torch.zeros_like(value) for value in parameters] if towards is None else towards
    terms = (
        (value - start).square().sum() for value, start in zip(parameters, starts, strict=True)
    )
    return sum(terms, torch.zeros(()))
