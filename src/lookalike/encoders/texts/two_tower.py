"""Two towers, one for pictures and one for texts, into one space: CLIP, SigLIP 2, MobileCLIP.

Radford et al., Learning Transferable Visual Models From Natural Language Supervision, 2021;
Zhai et al., Sigmoid Loss for Language Image Pre-Training, 2023.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lookalike.encoders.runtime import import_onnxruntime
from lookalike.errors import MissingExtraError, ModelFileError
from lookalike.images import fit
from lookalike.settings import cores

from .hub_folder import HubFolder, read_hub_folder

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["TwoTowers"]

_TEXT_OUTPUTS = ("text_embeds", "sentence_embedding", "pooler_output")
_VISION_OUTPUTS = ("image_embeds", "pooler_output")
_BATCH = 16


class TwoTowers:
    """A model of two towers from a folder; a :class:`TextEncoder` that sees pictures too.

    Raises:
        ModelNotFoundError: the folder lacks one of the files.
        ModelFileError: one of them is damaged, or is of another kind.
        MissingExtraError: the package tokenizers is not installed.
    """

    def __init__(self, folder: Path, *, threads: int | None = None) -> None:
        self._files = read_hub_folder(Path(folder))
        self._tokenizer = _tokenizer(self._files)
        count = threads or cores()
        self._text = _Tower(self._files.text, _TEXT_OUTPUTS, count)
        self._vision = _Tower(self._files.vision, _VISION_OUTPUTS, count)
        self._dimensions = self.encode(["a"]).shape[1]

    @property
    def dimensions(self) -> int:
        """How many numbers a vector has."""
        return int(self._dimensions)

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return float32 of shape (n, dimensions), each row of L2 norm 1."""
        import numpy as np

        if self._files.small_letters:
            texts = [text.lower() for text in texts]
        tokens = self._tokenizer.encode_batch(list(texts))
        values = {
            "input_ids": np.array([one.ids for one in tokens], np.int64),
            "attention_mask": np.array([one.attention_mask for one in tokens], np.int64),
        }
        return self._text.run(values)

    def encode_pictures(self, pictures: Sequence[NDArray[np.uint8]]) -> NDArray[np.float32]:
        """Return float32 of shape (n, dimensions) for pictures of any size, uint8, RGB."""
        import numpy as np

        return self.encode_squares(np.stack([self._square(pixels) for pixels in pictures]))

    def encode_squares(self, batch: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Return float32 of shape (n, dimensions) for squares of the tower's side, RGB."""
        import numpy as np

        mean = np.array(self._files.mean, np.float32)
        deviation = np.array(self._files.deviation, np.float32)
        values = (batch.astype(np.float32) / 255.0 - mean) / deviation
        planes = np.ascontiguousarray(values.transpose(0, 3, 1, 2))
        return self._vision.run({"pixel_values": planes})

    def _square(self, pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
        files = self._files
        if files.resized is None:
            return fit(pixels, files.side, "squash")
        return fit(pixels, files.side, "crop", files.side / files.resized)


class _Tower:
    """One graph, and which of its outputs is the vector."""

    def __init__(self, path: Path, outputs: Sequence[str], threads: int) -> None:
        onnxruntime = import_onnxruntime()
        options = onnxruntime.SessionOptions()
        options.log_severity_level = 3
        options.intra_op_num_threads = threads
        try:
            self._session: Any = onnxruntime.InferenceSession(
                str(path), options, providers=["CPUExecutionProvider"]
            )
        except Exception as error:  # onnxruntime raises classes of its own
            raise ModelFileError(f"The graph {path} cannot be run: {error}") from error
        self._path = path
        self._inputs = [one.name for one in self._session.get_inputs()]
        given = [one.name for one in self._session.get_outputs()]
        found = [name for name in outputs if name in given]
        if not found:
            raise ModelFileError(
                f"The graph {path} gives {', '.join(given)}; expected one of {', '.join(outputs)}."
            )
        self._output = found[0]

    def run(self, values: dict[str, NDArray[Any]]) -> NDArray[np.float32]:
        import numpy as np

        unknown = set(self._inputs) - set(values)
        if unknown:
            raise ModelFileError(f"The graph {self._path} wants {', '.join(sorted(unknown))}.")
        count = len(next(iter(values.values())))
        parts = []
        for start in range(0, math.ceil(count / _BATCH) * _BATCH, _BATCH):
            batch = {name: values[name][start : start + _BATCH] for name in self._inputs}
            parts.append(self._session.run([self._output], batch)[0])
        found = np.concatenate(parts).astype(np.float32) if parts else np.zeros((0, 1), np.float32)
        if found.ndim != 2:
            raise ModelFileError(f"The graph {self._path} gives no vector for each input.")
        lengths = np.linalg.norm(found, axis=1, keepdims=True)
        normalised: NDArray[np.float32] = (found / np.maximum(lengths, 1e-12)).astype(np.float32)
        return normalised


def _tokenizer(files: HubFolder) -> Any:
    """Return the tokenizer, which cuts and pads to the length that the text tower was trained with.

    SigLIP reads the padding too, so it has to be there, and of the right token.
    """
    try:
        from tokenizers import Tokenizer
    except ImportError as error:
        raise MissingExtraError(
            "Models of two towers need the package tokenizers: pip install 'lookalike[towers]'"
        ) from error
    try:
        tokenizer: Any = Tokenizer.from_file(str(files.tokenizer))
    except Exception as error:  # tokenizers raises plain Exception
        raise ModelFileError(f"{files.tokenizer} cannot be read: {error}") from error
    baked = tokenizer.padding or {}
    length = int(baked.get("length") or files.tokens)
    number = baked.get("pad_id")
    if number is None:
        known = tokenizer.token_to_id(files.pad_token) if files.pad_token else None
        number = 0 if known is None else known
    tokenizer.enable_truncation(length)
    tokenizer.enable_padding(length=length, pad_id=int(number))
    return tokenizer
