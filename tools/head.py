"""The retrieval head, by a recipe: whitening, then whitening within the classes."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from lookalike.training.whitening import Affine, fit_supervised_whitening, fit_whitening, normalised

__all__ = ["RECIPE", "HeadRecipe", "balanced_weights", "fit_head", "normalised", "read_recipe"]

RECIPE = Path(__file__).with_name("retrieval_head.toml")

Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class HeadRecipe:
    """How to fit a head; ``within_power`` 0 takes no notice of the classes."""

    pooling: str = "gem2"
    balance: float = 1.0
    power: float = 0.25
    shrinkage: float = 0.5
    within_power: float = 0.0
    within_shrinkage: float = 1.0


def read_recipe(path: Path = RECIPE) -> HeadRecipe:
    """Read a recipe from TOML."""
    settings = tomllib.loads(path.read_text(encoding="utf-8"))
    return HeadRecipe(
        settings["pooling"],
        settings["balance"],
        settings["whitening"]["power"],
        settings["whitening"]["shrinkage"],
        settings["within"]["power"],
        settings["within"]["shrinkage"],
    )


def balanced_weights(sets: Sequence[str], *, balance: float = 1.0) -> NDArray[np.float64]:
    """Return a weight for each picture, with the sum 1.

    With ``balance`` 1 every set weighs the same, with 0 every picture, between them sets weigh
    as their size to the power 1 - balance.
    """
    _, inverse, counts = np.unique(np.asarray(sets), return_inverse=True, return_counts=True)
    weights = (counts ** (1.0 - balance) / counts)[inverse]
    return weights / weights.sum()


def fit_head(
    vectors: Floats, sets: Sequence[str], labels: Sequence[str], recipe: HeadRecipe
) -> Affine:
    """Return the head fitted on normalised features (n, d) with their sets and classes.

    A class is a label within its set. At the end the space is turned, which no cosine feels, such
    that the columns of the projection are orthogonal, those of the widest spread first: the
    bridge to words (word_bridge.py) relies on it.
    """
    weights = balanced_weights(sets, balance=recipe.balance)
    start = fit_whitening(vectors, power=recipe.power, shrinkage=recipe.shrinkage, weights=weights)
    head = fit_supervised_whitening(
        vectors,
        [f"{name}/{label}" for name, label in zip(sets, labels, strict=True)],
        start,
        power=recipe.within_power,
        shrinkage=recipe.within_shrinkage,
        weights=weights,
    )
    axes, stretches, _ = np.linalg.svd(head.projection.astype(np.float64))
    turned = (axes * stretches)[:, ::-1]
    return Affine(head.mean, turned.astype(np.float32))
