"""From the stored vector of a picture to the space of words.

ConSE (Norouzi et al., Zero-Shot Learning by Convex Combination of Semantic Embeddings, 2014): a
picture lies between the names of the classes that its network sees in it. The class
probabilities are not stored for all classes, and need not be: the retrieval head is an affine
map that can be undone, and the classifier is applied to what comes out. So libraries made
before words could be searched need not be read again.
"""

from __future__ import annotations

import hashlib
import io
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lookalike.errors import ModelFileError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from lookalike.encoders.card import ModelCard

__all__ = ["BRIDGE_FILE", "TextBridge", "load_bridge"]

BRIDGE_FILE = "words.npz"


@dataclass(frozen=True, slots=True)
class TextBridge:
    """Maps the vectors of one model into the space of a text encoder.

    The head gave ``s = c (z P + o)`` where z, the pooled features, has the length 1, P has
    orthogonal columns and c makes s of length 1. From ``|(s / c - o) P⁻¹| = 1`` follows c, and the
    class logits are ``(s / c) W + b`` with W and b fitted when the model was built.

    Attributes:
        offset: o, (d,).
        stretch: the lengths of the columns of P, (d,).
        weights: W in 8 bits, (d, classes), of which ``scales`` (classes,) is the unit.
        bias: b, (classes,).
        classes: the vectors of the names of the classes in the space of words, (classes, t).
        sharpness: the power of the probabilities.
        key: names the bridge; vectors of bridges with different names cannot be compared.
    """

    offset: NDArray[np.float32]
    stretch: NDArray[np.float32]
    weights: NDArray[np.int8]
    scales: NDArray[np.float32]
    bias: NDArray[np.float32]
    classes: NDArray[np.float32]
    sharpness: float
    key: str = ""

    def __post_init__(self) -> None:
        d, classes = self.weights.shape
        shapes = (
            (self.offset.shape, (d,)),
            (self.stretch.shape, (d,)),
            (self.scales.shape, (classes,)),
            (self.bias.shape, (classes,)),
            (self.classes.shape[:1], (classes,)),
        )
        if any(found != expected for found, expected in shapes):
            raise ModelFileError("The parts of a bridge from pictures to words do not fit.")

    @property
    def dimensions(self) -> int:
        """How many numbers a vector of the space of words has."""
        return int(self.classes.shape[1])

    def logits(self, vectors: NDArray[np.floating]) -> NDArray[np.float32]:
        """Return the class logits (n, classes) of stored vectors (n, d)."""
        import numpy as np

        stored = np.asarray(vectors, np.float32)
        unit = stored / self.stretch
        origin = self.offset / self.stretch
        square = np.einsum("nd,nd->n", unit, unit)
        across = unit @ origin
        rest = float(origin @ origin) - 1.0
        root = np.sqrt(np.maximum(across * across - square * rest, 0.0))
        length = (across + root) / np.maximum(square, 1e-12)
        found: NDArray[np.float32] = (stored * length[:, None]) @ self.weights.astype(np.float32)
        return found * self.scales + self.bias

    def pictures(self, vectors: NDArray[np.floating]) -> NDArray[np.float32]:
        """Return vectors of norm 1 in the space of words, (n, t), for stored ones (n, d)."""
        import numpy as np

        logits = self.logits(vectors) * self.sharpness
        weights = np.exp(logits - logits.max(axis=1, keepdims=True))
        return _normalised((weights / weights.sum(axis=1, keepdims=True)) @ self.classes)


def load_bridge(card: ModelCard) -> TextBridge | None:
    """Return the bridge that lies beside a model, or None where there is none for this build.

    Raises:
        ModelFileError: the file is damaged.
    """
    path = card.folder / BRIDGE_FILE
    return _read(path, card.sha256) if path.is_file() else None


@lru_cache(maxsize=4)
def _read(path: Path, sha256: str) -> TextBridge | None:
    import numpy as np

    try:
        data = path.read_bytes()
        with np.load(io.BytesIO(data), allow_pickle=False) as stored:
            values: Mapping[str, Any] = {name: stored[name] for name in stored.files}
        if str(values["model_sha256"]) != sha256:
            return None
        names = ("offset", "stretch", "scales", "bias", "classes")
        parts = {name: values[name].astype(np.float32) for name in names}
        return TextBridge(
            weights=values["weights"],
            sharpness=float(values["sharpness"]),
            key=hashlib.sha256(data).hexdigest(),
            **parts,
        )
    except (OSError, KeyError, ValueError) as error:
        raise ModelFileError(f"The bridge to words in {path} cannot be read: {error}") from error


def _normalised(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    import numpy as np

    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    found: NDArray[np.float32] = (vectors / np.where(lengths > 0, lengths, 1)).astype(np.float32)
    return found
