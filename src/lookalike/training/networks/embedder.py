"""The whole network: backbone, pooling and head, each to be trained, saved and swapped alone."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from lookalike.errors import CheckpointError, UsageError
from lookalike.training.whitening import Affine

from .backbone import Backbone
from .compact import CompactNetwork
from .efficientnet import VARIANTS, EfficientNetLite
from .heads import Head, build_head, identity_affine
from .pooling import build_pooling
from .timm_backbone import TimmBackbone

__all__ = ["MODULES", "Embedder", "build_backbone", "build_embedder", "load_embedder"]

MODULES = ("backbone", "pooling", "head")
"""The parts of an embedder, in the order in which pixels meet them."""

_GREY = (0.299, 0.587, 0.114)
_DESCRIPTION = "embedder.json"


class Embedder(nn.Module):
    """Pixels to embeddings: (n, 3, side, side), floats in [0, 1], to (n, dimensions), norm 1.

    With ``greyscale`` every picture is made grey first, with the weights of ITU-R BT.601.
    """

    backbone: Backbone
    head: Head

    def __init__(
        self,
        backbone: Backbone,
        pooling: nn.Module,
        head: Head,
        *,
        description: dict[str, Any],
        greyscale: bool = False,
    ) -> None:
        super().__init__()
        self.backbone, self.pooling, self.head = backbone, pooling, head
        self.description = description
        self.greyscale = greyscale

    @property
    def input_size(self) -> int:
        """The side of the square of pixels that the network is used with."""
        return self.backbone.input_size

    def features(self, pixels: Tensor, *, bfloat16: bool = False) -> Tensor:
        """Return pooled features, (n, channels), of pixels (n, 3, side, side).

        With ``bfloat16`` the backbone computes its products so; the result is float32.
        """
        if self.greyscale:
            weights = pixels.new_tensor(_GREY).view(1, 3, 1, 1)
            pixels = (pixels * weights).sum(dim=1, keepdim=True).expand(-1, 3, -1, -1)
        if bfloat16:
            # No cache of rounded weights: threads that run parts of a batch would share it.
            with torch.autocast("cpu", torch.bfloat16, cache_enabled=False):
                maps = self.backbone(pixels)
            maps = maps.float()
        else:
            maps = self.backbone(pixels)
        result: Tensor = self.pooling(maps)
        return result

    def forward(self, pixels: Tensor, *, bfloat16: bool = False) -> Tensor:
        result: Tensor = self.head(self.features(pixels, bfloat16=bfloat16))
        return result

    def set_head(self, kind: str, affine: Affine, *, dimensions: int | None, seed: int) -> None:
        """Put a new head on, which starts as the given map."""
        self.head = build_head(kind, affine, dimensions=dimensions, seed=seed)
        self.description["head"] = kind
        self.description["head_shape"] = list(self.head.projection.shape)

    def save(self, folder: Path) -> None:
        """Write ``modules/NAME.safetensors`` for each part, and what they are, into a folder."""
        from safetensors.torch import save_file

        modules = folder / "modules"
        modules.mkdir(parents=True, exist_ok=True)
        for name in MODULES:
            state = getattr(self, name).state_dict()
            save_file(
                {key: value.contiguous() for key, value in state.items()},
                modules / f"{name}.safetensors",
            )
        text = json.dumps(self.description, indent=2) + "\n"
        (modules / _DESCRIPTION).write_text(text, encoding="utf-8")

    def load_module(self, name: str, file: Path) -> None:
        """Replace what one part has learned by what another embedder's part has.

        Raises:
            UsageError: there is no such part.
            CheckpointError: the file is damaged or of another shape.
        """
        from safetensors import SafetensorError
        from safetensors.torch import load_file

        if name not in MODULES:
            raise UsageError(f"There is no part {name!r}; known are {', '.join(MODULES)}.")
        try:
            getattr(self, name).load_state_dict(load_file(file))
        except (OSError, RuntimeError, SafetensorError) as error:
            raise CheckpointError(f"{file} does not fit the {name}: {error}") from error


def build_backbone(
    name: str, *, input_size: int | None = None, capacity: float = 1.0, weights: bool = True
) -> Backbone:
    """Return a backbone: "compact", "efficientnet-lite0", -lite1, -lite2, or "timm:NAME".

    ``weights`` False leaves out the ImageNet weights; the compact network never has any.

    Raises:
        UsageError: there is no backbone of that name, or the input size is out of range.
        MissingExtraError: a package is not installed.
    """
    if input_size is not None and not 32 <= input_size <= 1024:
        raise UsageError(f"input_size is {input_size}; expected 32 to 1024 pixels.")
    if name == "compact":
        return CompactNetwork(input_size=input_size or 96, capacity=capacity)
    if name in VARIANTS:
        network = EfficientNetLite(name)
        if weights:
            network.load_imagenet()
        network.input_size = input_size or network.input_size
        return network
    if name.startswith("timm:"):
        return TimmBackbone(name.removeprefix("timm:"), weights=weights, input_size=input_size)
    raise UsageError(
        f"There is no backbone {name!r}; known are compact, {', '.join(VARIANTS)} and timm:NAME."
    )


def build_embedder(
    backbone: str = "efficientnet-lite0",
    *,
    pooling: str = "gem",
    input_size: int | None = None,
    capacity: float = 1.0,
    greyscale: bool = False,
    weights: bool = True,
    seed: int = 0,
) -> Embedder:
    """Return an embedder whose head changes nothing yet; see :meth:`Embedder.set_head`.

    ``seed`` decides the weights of what starts from nothing.

    Raises:
        UsageError: a name or a size makes no sense.
        MissingExtraError: a package is not installed.
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        network = build_backbone(
            backbone, input_size=input_size, capacity=capacity, weights=weights
        )
        pool = build_pooling(pooling, network.channels)
    description = {
        "backbone": backbone,
        "pooling": pooling,
        "input_size": network.input_size,
        "capacity": capacity,
        "greyscale": greyscale,
        "head": "identity",
        "head_shape": [network.channels, network.channels],
    }
    head = build_head("identity", identity_affine(network.channels))
    return Embedder(network, pool, head, description=description, greyscale=greyscale)


def load_embedder(folder: Path) -> Embedder:
    """Return the embedder that :meth:`Embedder.save` wrote into a folder.

    Raises:
        CheckpointError: something is missing or damaged.
    """
    path = folder / "modules" / _DESCRIPTION
    try:
        description = json.loads(path.read_text(encoding="utf-8"))
        embedder = build_embedder(
            description["backbone"],
            pooling=description["pooling"],
            input_size=description["input_size"],
            capacity=description["capacity"],
            greyscale=description["greyscale"],
            weights=False,
        )
        channels, dimensions = description["head_shape"]
        affine = identity_affine(channels)
        affine = Affine(affine.mean, affine.projection[:, :dimensions])
        embedder.set_head(description["head"], affine, dimensions=None, seed=0)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise CheckpointError(f"The model {folder} cannot be read: {error}.") from error
    for name in MODULES:
        embedder.load_module(name, folder / "modules" / f"{name}.safetensors")
    return embedder
