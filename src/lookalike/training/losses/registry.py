"""The losses by name, with what of them can be searched."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from torch import Tensor, nn

from lookalike.errors import UsageError

from .pairs import contrastive, info_nce, multi_similarity, supervised_contrastive, triplet
from .proxies import ArcFace, Classification, ProxyAnchor

__all__ = ["LOSSES", "LossInfo", "Parameter", "build_loss"]


@dataclass(frozen=True, slots=True)
class Parameter:
    """A number that a loss takes: its default, and the range in which it is searched."""

    default: float
    low: float
    high: float
    log: bool = False


@dataclass(frozen=True, slots=True)
class LossInfo:
    """How a loss is made, and its parameters by name."""

    make: Callable[..., nn.Module]
    parameters: Mapping[str, Parameter]


class _OfPairs(nn.Module):
    """A loss without anything to learn, as a module."""

    def __init__(self, function: Callable[..., Tensor], **parameters: float) -> None:
        super().__init__()
        self._function, self._parameters_given = function, parameters

    def forward(self, embeddings: Tensor, labels: Tensor) -> Tensor:
        return self._function(embeddings, labels, **self._parameters_given)


def _pairs(function: Callable[..., Tensor]) -> Callable[..., nn.Module]:
    # What makes any loss is told both; pairs need neither.
    def make(*, classes: int, dimensions: int, **parameters: float) -> nn.Module:  # noqa: ARG001
        return _OfPairs(function, **parameters)

    return make


_TEMPERATURE = Parameter(0.1, 0.01, 0.5, log=True)

LOSSES: Mapping[str, LossInfo] = {
    "contrastive": LossInfo(_pairs(contrastive), {"margin": Parameter(0.8, 0.3, 1.4)}),
    "triplet": LossInfo(_pairs(triplet), {"margin": Parameter(0.2, 0.02, 0.6, log=True)}),
    "triplet_hard": LossInfo(
        _pairs(partial(triplet, mining="hard")), {"margin": Parameter(0.2, 0.02, 0.6, log=True)}
    ),
    "info_nce": LossInfo(_pairs(info_nce), {"temperature": _TEMPERATURE}),
    "supervised_contrastive": LossInfo(
        _pairs(supervised_contrastive), {"temperature": _TEMPERATURE}
    ),
    "multi_similarity": LossInfo(
        _pairs(multi_similarity),
        {
            "alpha": Parameter(2.0, 0.5, 10.0, log=True),
            "beta": Parameter(50.0, 10.0, 80.0),
            "base": Parameter(0.5, 0.2, 0.8),
        },
    ),
    "proxy_anchor": LossInfo(
        ProxyAnchor,
        {"margin": Parameter(0.1, 0.0, 0.4), "scale": Parameter(32.0, 8.0, 64.0, log=True)},
    ),
    "arcface": LossInfo(
        ArcFace,
        {"margin": Parameter(20.0, 5.0, 35.0), "scale": Parameter(32.0, 8.0, 64.0, log=True)},
    ),
    "classification": LossInfo(Classification, {"scale": Parameter(16.0, 4.0, 64.0, log=True)}),
}
"""Every loss by its name."""


def build_loss(name: str, *, classes: int, dimensions: int, **parameters: Any) -> nn.Module:
    """Return the loss of that name, a module of (embeddings, labels).

    Args:
        name: one of :data:`LOSSES`.
        classes: how many different labels there are.
        dimensions: of the embeddings.
        parameters: of the loss; those not given have their defaults.

    Raises:
        UsageError: there is no such loss, or it has no such parameter.
    """
    if name not in LOSSES:
        raise UsageError(f"There is no loss {name!r}; known are {', '.join(LOSSES)}.")
    known = LOSSES[name].parameters
    for parameter in parameters:
        if parameter not in known:
            raise UsageError(
                f"The loss {name!r} has no parameter {parameter!r}; it has {', '.join(known)}."
            )
    values = {key: entry.default for key, entry in known.items()} | parameters
    return LOSSES[name].make(classes=classes, dimensions=dimensions, **values)
