"""What an encoder is, and what it gives."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, TypeAlias

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from .card import ModelCard

    Floats: TypeAlias = NDArray[np.float32]
    Pixels: TypeAlias = NDArray[np.uint8]

__all__ = ["Encoder", "Encoding"]


@dataclass(frozen=True, slots=True)
class Encoding:
    """What a network says about a batch of pictures.

    ``vectors`` is float32 of shape (n, dimensions), each row of L2 norm 1; ``probabilities``
    is float32 of shape (n, classes), each row with the sum 1, or None where the network names
    no classes.
    """

    vectors: Floats
    probabilities: Floats | None


class Encoder(Protocol):
    """Turns pictures into vectors of one space."""

    @property
    def card(self) -> ModelCard:
        """What the model is."""

    def prepare(self, pixels: Pixels) -> Pixels:
        """Fit one picture, uint8 of shape (rows, columns, 3), to the network's input."""

    def encode(self, batch: NDArray[np.uint8] | NDArray[np.floating]) -> Encoding:
        """Encode prepared pictures of shape (n, side, side, 3): uint8, or floats in [0, 1]."""
