"""A small network of convolution and pooling layers, to be trained from nothing."""

from __future__ import annotations

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from .backbone import Backbone

__all__ = ["CompactNetwork"]

_WIDTHS = (24, 48, 96, 192)


class _Block(nn.Module):
    """Two convolutions with a shortcut (He et al., Deep Residual Learning, CVPR 2016)."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.first = nn.Conv2d(inputs, outputs, 3, padding=1, bias=False)
        self.first_norm = nn.BatchNorm2d(outputs)
        self.second = nn.Conv2d(outputs, outputs, 3, padding=1, bias=False)
        self.second_norm = nn.BatchNorm2d(outputs)
        self.across = (
            nn.Conv2d(inputs, outputs, 1, bias=False) if inputs != outputs else nn.Identity()
        )

    def forward(self, maps: Tensor) -> Tensor:
        result = F.relu(self.first_norm(self.first(maps)))
        result = self.second_norm(self.second(result))
        return F.relu(result + self.across(maps))


class CompactNetwork(Backbone):
    """Four residual blocks, each but the last followed by maximum pooling: 0.7 million weights.

    Takes any input of 32 pixels or more. ``capacity`` multiplies the channels of every layer.
    """

    def __init__(self, *, input_size: int = 96, capacity: float = 1.0) -> None:
        super().__init__()
        widths = [max(8, round(width * capacity)) for width in _WIDTHS]
        self.name, self.input_size, self.channels = "compact", input_size, widths[-1]
        self.stem = nn.Conv2d(3, widths[0], 3, stride=2, padding=1, bias=False)
        self.stem_norm = nn.BatchNorm2d(widths[0])
        self.blocks = nn.ModuleList(
            _Block(inputs, outputs)
            for inputs, outputs in zip([widths[0], *widths[:-1]], widths, strict=True)
        )

    def forward(self, pixels: Tensor) -> Tensor:
        """Return the maps, an eighth to a sixteenth of the input's side, of pixels in [0, 1]."""
        maps = F.relu(self.stem_norm(self.stem((pixels - 0.5) / 0.25)))
        for number, block in enumerate(self.blocks):
            maps = F.max_pool2d(maps, 2) if number else maps
            maps = block(maps)
        return torch.clamp(maps, min=0.0)

    def parts(self) -> Sequence[nn.Module]:
        """Return the stem and the blocks."""
        return [nn.ModuleList([self.stem, self.stem_norm]), *self.blocks]
