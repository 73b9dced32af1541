"""A text encoder without a network: each piece of a word has a vector, a text their sum.

The vectors were fitted, by ``tools/build_words.py``, so that the sum comes near to what a
sentence encoder (all-MiniLM-L6-v2) says of the whole text (as Tulkens and van Dongen do in
Model2Vec, 2024, here with a regression instead of single words).
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from lookalike.errors import ModelFileError

from .wordpiece import WordPieces

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["StaticTextEncoder", "shipped_text_encoder"]

_SHIPPED = Path(__file__).parent / "data" / "words.npz"


class StaticTextEncoder:
    """Sums of stored vectors; see :class:`lookalike.encoders.texts.TextEncoder`.

    Args:
        pieces: the pieces of words, in the order of the rows.
        vectors: int8 of shape (pieces, dimensions).
        scales: float32 of shape (pieces,): what a row is multiplied with.
    """

    def __init__(
        self,
        pieces: Sequence[str],
        vectors: NDArray[np.int8],
        scales: NDArray[np.float32],
    ) -> None:
        if vectors.ndim != 2 or len(pieces) != len(vectors) or scales.shape != (len(vectors),):
            raise ModelFileError(
                f"{len(pieces)} pieces of words, vectors of shape {vectors.shape} and scales of "
                f"shape {scales.shape} do not belong together."
            )
        self._pieces = WordPieces({piece: number for number, piece in enumerate(pieces)})
        self._vectors = vectors
        self._scales = scales

    @property
    def dimensions(self) -> int:
        """How many numbers a vector has."""
        return int(self._vectors.shape[1])

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return float32 of shape (n, dimensions), of norm 1, or 0 without a known word."""
        import numpy as np

        found = np.zeros((len(texts), self.dimensions), np.float32)
        for row, text in enumerate(texts):
            numbers = self._pieces.pieces(text)
            if numbers:
                found[row] = self._scales[numbers] @ self._vectors[numbers].astype(np.float32)
        lengths = np.linalg.norm(found, axis=1, keepdims=True)
        normalised: NDArray[np.float32] = (found / np.where(lengths > 0, lengths, 1)).astype(
            np.float32
        )
        return normalised

    @classmethod
    def load(cls, path: Path) -> StaticTextEncoder:
        """Read an encoder from a file that ``tools/build_words.py`` wrote.

        Raises:
            ModelFileError: the file is missing or damaged.
        """
        import numpy as np

        try:
            with np.load(path, allow_pickle=False) as stored:
                pieces = bytes(stored["pieces"]).decode("utf-8").split("\n")
                scales = stored["scales"].astype(np.float32)
                return cls(pieces, stored["vectors"], scales)
        except (OSError, KeyError, ValueError) as error:
            raise ModelFileError(
                f"The vectors of words in {path} cannot be read: {error}"
            ) from error


@lru_cache(maxsize=1)
def shipped_text_encoder() -> StaticTextEncoder:
    """Return the encoder that ships with Lookalike, loaded once.

    Raises:
        ModelFileError: its file is missing or damaged.
    """
    return StaticTextEncoder.load(_SHIPPED)
