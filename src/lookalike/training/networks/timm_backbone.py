"""Any network of the timm library, by name."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn

from lookalike.errors import MissingExtraError, ModelNotFoundError

from .backbone import Backbone

__all__ = ["TimmBackbone"]


class TimmBackbone(Backbone):
    """A network of timm (Wightman, PyTorch Image Models) without its classifier.

    Its maps are those of ``forward_features``; a transformer's tokens become a map of one column.
    With ``weights`` timm fetches the published ones, which needs a network.
    """

    mean: Tensor
    deviation: Tensor

    def __init__(self, name: str, *, weights: bool = True, input_size: int | None = None) -> None:
        super().__init__()
        timm = _timm()
        if not timm.is_model(name.split(".")[0]):
            raise ModelNotFoundError(f"timm knows no model {name!r}; see timm.list_models().")
        options: dict[str, Any] = {"num_classes": 0, "global_pool": ""}
        self.network: nn.Module = timm.create_model(name, pretrained=weights, **options)
        settings = timm.data.resolve_data_config({}, model=self.network)
        self.name = f"timm:{name}"
        self.input_size = input_size or int(settings["input_size"][-1])
        self.register_buffer("mean", torch.tensor(settings["mean"]).view(1, 3, 1, 1))
        self.register_buffer("deviation", torch.tensor(settings["std"]).view(1, 3, 1, 1))
        with torch.no_grad():
            size = self.input_size
            self.channels = int(self.forward(torch.zeros(1, 3, size, size)).shape[1])

    def forward(self, pixels: Tensor) -> Tensor:
        """Return the maps of pixels in [0, 1]."""
        maps: Tensor = self.network((pixels - self.mean) / self.deviation)
        if maps.ndim == 3:  # tokens
            return maps.transpose(1, 2).unsqueeze(-1)
        # Some transformers, such as Swin, have their channels last, and say so.
        last = getattr(self.network, "output_fmt", "NCHW") == "NHWC"
        return maps.permute(0, 3, 1, 2) if last else maps

    def parts(self) -> Sequence[nn.Module]:
        """Return the network's own children."""
        return list(self.network.children())


def _timm() -> Any:
    try:
        import timm
        import timm.data
    except ImportError as error:
        raise MissingExtraError(
            f"timm cannot be loaded: {error}. It needs a torchvision that fits the installed "
            "torch: pip install timm torchvision"
        ) from error
    return timm
