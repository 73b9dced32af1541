"""Contrastive training: from pictures to a better embedding.

Needs the extra: ``pip install 'lookalike[train]'``. Importing this module loads no torch.

>>> from lookalike.training import Recipe, preset
>>> preset("head").changed(epochs=5).stages
('head',)
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from lookalike.errors import MissingExtraError

if TYPE_CHECKING:
    from .augmentation_preview import preview_augmentation
    from .data import Audit, DataSet, Pair, Sample, Split, audit, read_data, split_classes
    from .judging.table import Row, Table, Verdict, judge, measure
    from .recipe import PRESETS, Recipe, preset, read_recipe
    from .shipping.eight_bits import EightBits, quantise_model
    from .training import TrainingResult, train
    from .tuning.study import tune
    from .tuning.trials import Trial, Tuning
    from .whitening import Affine, choose_whitening, fit_supervised_whitening, fit_whitening

_PLACES = {
    "augmentation_preview": ("preview_augmentation",),
    "data": ("Audit", "DataSet", "Pair", "Sample", "Split", "audit", "read_data", "split_classes"),
    "shipping.eight_bits": ("EightBits", "quantise_model"),
    "judging.table": ("Row", "Table", "Verdict", "judge", "measure"),
    "recipe": ("PRESETS", "Recipe", "preset", "read_recipe"),
    "training": ("TrainingResult", "train"),
    "tuning.study": ("tune",),
    "tuning.trials": ("Trial", "Tuning"),
    "whitening": ("Affine", "choose_whitening", "fit_supervised_whitening", "fit_whitening"),
}
_MODULES = {name: module for module, names in _PLACES.items() for name in names}

__all__ = [
    "PRESETS",
    "Affine",
    "Audit",
    "DataSet",
    "EightBits",
    "Pair",
    "Recipe",
    "Row",
    "Sample",
    "Split",
    "Table",
    "TrainingResult",
    "Trial",
    "Tuning",
    "Verdict",
    "audit",
    "choose_whitening",
    "fit_supervised_whitening",
    "fit_whitening",
    "judge",
    "measure",
    "preset",
    "preview_augmentation",
    "quantise_model",
    "read_data",
    "read_recipe",
    "split_classes",
    "train",
    "tune",
]


def __getattr__(name: str) -> Any:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    try:
        return getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)
    except ModuleNotFoundError as error:
        if (error.name or "").startswith("lookalike"):
            raise
        raise MissingExtraError(
            f"Training needs the package {error.name!r}: pip install 'lookalike[train]'"
        ) from error
