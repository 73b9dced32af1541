"""What a study varies: settings of a recipe, and the range of each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any

from lookalike.errors import UsageError
from lookalike.training.losses import LOSSES
from lookalike.training.recipe import Recipe

if TYPE_CHECKING:
    import optuna

__all__ = ["Range", "Space", "changed_by", "default_space", "read_range", "value_of"]

_NOT_VARIED = ("seed", "fractions", "stages", "loss_parameters")


@dataclass(frozen=True, slots=True)
class Range:
    """The values that a setting may take: from ``low`` to ``high``, or one of ``choices``."""

    low: float = 0.0
    high: float = 0.0
    log: bool = False
    whole: bool = False
    choices: tuple[Any, ...] = ()

    def suggest(self, name: str, trial: optuna.trial.Trial) -> Any:
        """Return the value that a trial shall have."""
        if self.choices:
            return trial.suggest_categorical(name, self.choices)
        if self.whole:
            return trial.suggest_int(name, int(self.low), int(self.high), log=self.log)
        return trial.suggest_float(name, self.low, self.high, log=self.log)

    def holds(self, value: Any) -> bool:
        """Tell whether a value is one of these."""
        if self.choices:
            return value in self.choices
        return isinstance(value, int | float) and self.low <= value <= self.high


Space = Mapping[str, Range]
"""Ranges by the names of settings; those of the loss are called by their own names."""


def default_space(recipe: Recipe, *, classes: int) -> dict[str, Range]:
    """Return what is worth varying: rate, batch, the loss's parameters, strength, weight decay.

    The recipe's own values are always inside, so that it can be the first trial. ``classes`` is
    the number of classes to fit on: a batch cannot have more.
    """
    from_pictures = set(recipe.stages) != {"head"}
    own = min(recipe.classes_per_batch, classes)
    batches = sorted({own, *(count for count in (16, 32, 64, 128) if count < classes)})
    rate = "fine_rate" if from_pictures and recipe.backbone != "compact" else "rate"
    value = float(getattr(recipe, rate))
    decay = recipe.weight_decay or 1e-2
    space = {
        rate: Range(value / 10, value * 10, log=True),
        "classes_per_batch": Range(choices=tuple(batches)),
        "images_per_class": Range(choices=tuple(sorted({2, 4, 8, recipe.images_per_class}))),
        "weight_decay": Range(min(decay, 1e-4), max(decay, 1e-1), log=True),
    }
    for name, parameter in LOSSES[recipe.loss].parameters.items():
        now = float(recipe.loss_parameters.get(name, parameter.default))
        space[name] = Range(min(now, parameter.low), max(now, parameter.high), log=parameter.log)
    if recipe.augmentation != "none" and (from_pictures or recipe.views):
        # Few steps: each needs features of its own, which the trials share.
        space["strength"] = Range(choices=tuple(sorted({0.5, 1.0, 1.5, recipe.strength})))
    return space


def value_of(recipe: Recipe, name: str) -> Any:
    """Return the value of a setting, or of a parameter of the loss.

    Raises:
        UsageError: there is none of that name, or it is not to be varied.
    """
    parameters = LOSSES[recipe.loss].parameters
    if name in parameters:
        return recipe.loss_parameters.get(name, parameters[name].default)
    known = [entry.name for entry in fields(recipe) if entry.name not in _NOT_VARIED]
    if name not in known:
        raise UsageError(
            f"{name!r} cannot be searched; known are {', '.join([*parameters, *known])}."
        )
    return getattr(recipe, name)


def changed_by(recipe: Recipe, settings: Mapping[str, Any]) -> Recipe:
    """Return the recipe with the settings and parameters of the loss that a trial has."""
    parameters = LOSSES[recipe.loss].parameters
    own = {name: value for name, value in settings.items() if name not in parameters}
    of_loss = {name: value for name, value in settings.items() if name in parameters}
    if of_loss:
        own["loss_parameters"] = {**recipe.loss_parameters, **of_loss}
    return recipe.changed(**own)


def read_range(text: str, recipe: Recipe) -> tuple[str, Range]:
    """Read ``NAME=LOW..HIGH`` or ``NAME=a,b,c``.

    A range of positive numbers whose ends differ tenfold is searched by its logarithm.

    Raises:
        UsageError: it is neither, or there is no setting of the name.
    """
    name, equals, values = (part.strip() for part in text.partition("="))
    if not equals or not values:
        raise UsageError(f"--search takes NAME=LOW..HIGH or NAME=a,b,c; got {text!r}.")
    now = value_of(recipe, name)
    low, dots, high = values.partition("..")
    if not dots:
        return name, Range(choices=tuple(_read(part.strip()) for part in values.split(",")))
    try:
        ends = float(low), float(high)
    except ValueError:
        raise UsageError(f"{values!r} is no range of numbers, such as 0.01..0.5.") from None
    if not ends[0] < ends[1]:
        raise UsageError(f"The range {values} of {name} ends before it begins.")
    whole = isinstance(now, int) and not isinstance(now, bool)
    return name, Range(*ends, log=0 < ends[0] <= ends[1] / 10, whole=whole)


def _read(text: str) -> Any:
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return {"true": True, "false": False}.get(text, text)
