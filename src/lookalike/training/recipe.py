"""The recipe of a training run: everything that decides its result, in one file."""

from __future__ import annotations

import difflib
import hashlib
import json
import math
import tomllib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, get_args

from lookalike.errors import UsageError

if TYPE_CHECKING:
    from .augmentation import Preset

__all__ = [
    "PRESETS",
    "STAGES",
    "HeadName",
    "Keep",
    "PoolingName",
    "Precision",
    "Recipe",
    "StageName",
    "Start",
    "preset",
    "read_recipe",
]

HeadName: TypeAlias = Literal["identity", "whitening", "linear", "residual", "mlp"]
PoolingName: TypeAlias = Literal["average", "max", "gem", "attention"]
StageName: TypeAlias = Literal["head", "last", "all"]
Start: TypeAlias = Literal["chosen", "whitening", "identity"]
Precision: TypeAlias = Literal["auto", "float32", "bfloat16"]
Keep: TypeAlias = Literal["best", "last"]

STAGES: tuple[StageName, ...] = get_args(StageName)
"""What a stage trains: the head on cached features; head and the last layers; everything."""


@dataclass(frozen=True, slots=True)
class Recipe:
    """What is trained, on what views of the pictures, by which loss, and for how long.

    ``stages`` follow each other, as in linear probing then fine-tuning (Kumar et al.,
    Fine-Tuning can Distort Pretrained Features, ICLR 2022). ``start`` is what the head starts
    as: whitening with or without labels, whichever serves the selection classes better
    ("chosen"), PCA-whitening, or the plain features. ``rate`` is AdamW's learning rate for the
    head, ``fine_rate`` for other layers. ``warm_up`` is the share of the steps over which the
    rate rises; then it falls as a cosine. ``patience`` is how many epochs may pass without
    progress on the selection classes. ``keep`` says which state of a stage is kept: the best one
    on the selection classes, its first included, or the "last", for what these classes do not
    show, such as strength against attacks; then there is no patience either. ``ema``
    is the decay of a moving average of the weights, 0 for none. ``views`` are the augmented views
    of each picture that are cached for the head.
    ``classification`` is the weight of a classifier's loss beside the metric one; a negative
    weight lets it be learned. ``fractions`` are the shares of the classes to fit on, to choose
    on and to report on. ``adversarial`` fine-tunes against attacks: in the stages "last" and
    "all" every second picture of a batch is first moved away from its own embedding, by at most
    so many levels of 255 (see :func:`.steps.adversarial.feature_shift`); 0 for none.
    ``precision`` is that of the products in these stages: "float32", "bfloat16", or "auto",
    whichever is surely faster on the processor at hand; with it two machines may differ.
    """

    backbone: str = "efficientnet-lite0"
    pooling: PoolingName = "gem"
    head: HeadName = "residual"
    dimensions: int | None = None
    input_size: int | None = None
    capacity: float = 1.0
    greyscale: bool = False
    start: Start = "chosen"
    stages: tuple[StageName, ...] = ("head",)
    loss: str = "supervised_contrastive"
    loss_parameters: Mapping[str, float] = field(default_factory=lambda: {"temperature": 0.2})
    classification: float = 0.0
    koleo: float = 0.0
    l1: float = 0.0
    l2: float = 0.0
    classes_per_batch: int = 128
    images_per_class: int = 4
    augmentation: Preset = "category"
    strength: float = 1.0
    adversarial: int = 0
    precision: Precision = "float32"
    views: int = 2
    epochs: int = 60
    rate: float = 1e-3
    fine_rate: float = 1e-4
    weight_decay: float = 1e-2
    warm_up: float = 0.05
    clip: float = 1.0
    ema: float = 0.0
    patience: int = 10
    keep: Keep = "best"
    seed: int = 0
    fractions: tuple[float, float, float] = (0.5, 0.2, 0.3)

    def __post_init__(self) -> None:
        object.__setattr__(self, "stages", tuple(self.stages))
        object.__setattr__(self, "fractions", tuple(self.fractions))
        self._check_choices()
        self._check_numbers()
        self._check_together()

    def _check_choices(self) -> None:
        if not self.stages or any(stage not in STAGES for stage in self.stages):
            raise UsageError(f"stages is {self.stages}; expected some of {', '.join(STAGES)}.")
        if self.start not in get_args(Start):
            expected = ", ".join(get_args(Start))
            raise UsageError(f"start is {self.start!r}; expected one of {expected}.")
        if self.precision not in get_args(Precision):
            expected = ", ".join(get_args(Precision))
            raise UsageError(f"precision is {self.precision!r}; expected one of {expected}.")
        if self.keep not in get_args(Keep):
            raise UsageError(f"keep is {self.keep!r}; expected 'best' or 'last'.")

    def _check_numbers(self) -> None:
        for name in ("classes_per_batch", "images_per_class", "epochs", "patience"):
            if getattr(self, name) < 1:
                raise UsageError(f"{name} is {getattr(self, name)}; expected 1 or more.")
        for name in ("rate", "fine_rate", "clip", "capacity"):
            if not 0.0 < getattr(self, name) < math.inf:
                raise UsageError(f"{name} is {getattr(self, name)}; expected more than 0.")
        for name in ("koleo", "l1", "l2", "weight_decay", "strength", "views"):
            if not 0.0 <= getattr(self, name) < math.inf:
                raise UsageError(f"{name} is {getattr(self, name)}; expected 0 or more.")
        if not 0 <= self.adversarial <= 255 or self.adversarial != int(self.adversarial):
            raise UsageError(f"adversarial is {self.adversarial}; expected 0 to 255 levels.")
        if not 0.0 <= self.warm_up < 1.0 or not 0.0 <= self.ema < 1.0:
            raise UsageError("warm_up and ema must lie in [0, 1).")

    def _check_together(self) -> None:
        if self.adversarial and set(self.stages) == {"head"}:
            raise UsageError("adversarial needs a stage that sees pictures: 'last' or 'all'.")
        if self.precision == "bfloat16" and set(self.stages) == {"head"}:
            raise UsageError("bfloat16 needs a stage that sees pictures: 'last' or 'all'.")

    @property
    def fingerprint(self) -> str:
        """SHA-256 of all settings, 64 hexadecimal digits."""
        settings = asdict(self)
        if not self.adversarial:  # as before there was this setting: runs of then go on
            del settings["adversarial"]
        if self.precision == "float32":
            del settings["precision"]
        if self.keep == "best":
            del settings["keep"]
        return hashlib.sha256(json.dumps(settings, sort_keys=True).encode()).hexdigest()

    def changed(self, **settings: Any) -> Recipe:
        """Return the recipe with some settings changed.

        Raises:
            UsageError: there is no setting of a name, or a value makes no sense.
        """
        known = {entry.name for entry in fields(self)}
        for name in settings:
            if name not in known:
                near = difflib.get_close_matches(name, known, n=1)
                hint = f" Did you mean {near[0]!r}?" if near else ""
                raise UsageError(f"A recipe has no setting {name!r}.{hint}")
        if "loss" in settings and "loss_parameters" not in settings:
            settings["loss_parameters"] = {}
        try:
            return replace(self, **settings)
        except TypeError as error:
            raise UsageError(f"The recipe makes no sense: {error}.") from error

    def write(self, path: Path) -> None:
        """Write the recipe as TOML; settings that are None are left out."""
        lines = []
        for name, value in asdict(self).items():
            if value is None:
                continue
            if isinstance(value, Mapping):
                inner = ", ".join(f"{key} = {json.dumps(item)}" for key, item in value.items())
                lines.append(f"{name} = {{ {inner} }}")
            else:
                lines.append(f"{name} = {json.dumps(value)}")
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")


PRESETS: Mapping[str, Recipe] = {
    "head": Recipe(),
    "finetune": Recipe(
        stages=("head", "last"),
        classes_per_batch=16,
        images_per_class=4,
        epochs=20,
        patience=4,
        views=0,
    ),
    "scratch": Recipe(
        backbone="compact",
        head="linear",
        dimensions=128,
        start="whitening",
        stages=("all",),
        loss_parameters={"temperature": 0.1},
        classes_per_batch=32,
        images_per_class=2,
        epochs=60,
        patience=20,
        rate=2e-3,
        fine_rate=2e-3,
        views=2,
        ema=0.0,
    ),
}
"""Recipes to start from: a head on frozen features, the last layers too, a network from nothing."""


def preset(name: str) -> Recipe:
    """Return the recipe of that name.

    Raises:
        UsageError: there is none.
    """
    if name not in PRESETS:
        raise UsageError(f"There is no preset {name!r}; known are {', '.join(PRESETS)}.")
    return PRESETS[name]


def read_recipe(path: Path) -> Recipe:
    """Read a recipe from TOML; what it does not say is as in its ``preset``, else as in "head".

    Raises:
        UsageError: the file cannot be read, or a setting is unknown or makes no sense.
    """
    try:
        settings = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise UsageError(f"The recipe {path} cannot be read: {error}.") from error
    return preset(str(settings.pop("preset", "head"))).changed(**settings)
