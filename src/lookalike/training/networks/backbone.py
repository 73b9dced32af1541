"""What a backbone is: pixels to a map of channels."""

from __future__ import annotations

from collections.abc import Sequence

from torch import nn

__all__ = ["Backbone"]


class Backbone(nn.Module):
    """Turns pixels, floats in [0, 1] of shape (n, 3, side, side), into maps (n, channels, h, w).

    A child sets the three attributes and gives ``forward`` and :meth:`parts`.
    """

    name: str
    channels: int
    input_size: int

    def parts(self) -> Sequence[nn.Module]:
        """Return the layers from input to output, so that the last ones can be trained first."""
        raise NotImplementedError

    def last_parts(self) -> Sequence[nn.Module]:
        """Return the last third of the layers."""
        parts = self.parts()
        return parts[-max(1, len(parts) // 3) :]
