"""Encoders that run an ONNX graph on the processor."""

from __future__ import annotations

import hashlib
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lookalike.errors import ModelFileError, UsageError
from lookalike.images import fit
from lookalike.settings import cores

from .card import ModelCard
from .processor import saturates
from .protocol import Encoding
from .runtime import import_onnxruntime

__all__ = ["OnnxEncoder"]

_BATCH = 16
_INPUT = "pixels"
_VECTORS = "semantic"
_PROBABILITIES = "probabilities"
_FEATURES = "features"
_ERRORS_ONLY = 3


class OnnxEncoder:
    """A model that ONNX Runtime runs; one may serve several threads.

    The graph takes uint8 ``pixels`` of shape (n, side, side, 3) and gives ``semantic`` vectors,
    and where it can class ``probabilities`` and the ``features`` before the retrieval head.
    """

    def __init__(self, card: ModelCard, *, threads: int | None = None) -> None:
        if threads is not None and threads < 1:
            raise UsageError(f"threads is {threads}; expected 1 or more.")
        self._card = card
        self._session = _session(card, threads or cores())
        names = [output.name for output in self._session.get_outputs()]
        if _VECTORS not in names or [i.name for i in self._session.get_inputs()] != [_INPUT]:
            raise ModelFileError(
                f"The graph {card.model_path} must take {_INPUT!r} and give {_VECTORS!r}."
            )
        self._classes = len(card.label_names) if _PROBABILITIES in names else 0
        self._outputs = [_VECTORS, _PROBABILITIES] if self._classes else [_VECTORS]

    @property
    def card(self) -> ModelCard:
        """What the model is."""
        return self._card

    def prepare(self, pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """Fit one picture to the network's input, as the card says.

        Args:
            pixels: uint8 of shape (rows, columns, 3), RGB, any size.

        Returns:
            uint8 of shape (side, side, 3).
        """
        card = self._card
        return fit(pixels, card.input_size, card.fit, card.crop_fraction)

    def encode(self, batch: NDArray[np.uint8] | NDArray[np.floating]) -> Encoding:
        """Encode any number of prepared pictures.

        Args:
            batch: shape (n, side, side, 3), RGB; uint8, or floats in [0, 1].

        Raises:
            UsageError: another shape or type, or floats outside of [0, 1].
        """
        results = self._run(self._outputs, batch, [self._card.dimensions, self._classes])
        return Encoding(results[0], results[1] if self._classes else None)

    def features(self, batch: NDArray[np.uint8] | NDArray[np.floating]) -> NDArray[np.float32]:
        """Return what the network gives before the retrieval head: its averaged last channels.

        Args:
            batch: as for :meth:`encode`.

        Returns:
            float32 of shape (n, channels), not normalised.

        Raises:
            UsageError: as for :meth:`encode`.
            ModelFileError: the graph does not give them.
        """
        found = {output.name: output.shape[1] for output in self._session.get_outputs()}
        if _FEATURES not in found:
            raise ModelFileError(f"The graph {self._card.model_path} gives no {_FEATURES!r}.")
        return self._run([_FEATURES], batch, [found[_FEATURES]])[0]

    def _run(
        self,
        outputs: list[str],
        batch: NDArray[np.uint8] | NDArray[np.floating],
        widths: list[int],
    ) -> list[NDArray[np.float32]]:
        pixels = self._pixels(batch)
        results = [
            np.empty((len(pixels), width), np.float32)
            for width, _ in zip(widths, outputs, strict=False)
        ]
        for start in range(0, len(pixels), _BATCH):
            part = pixels[start : start + _BATCH]
            for result, values in zip(
                results, self._session.run(outputs, {_INPUT: part}), strict=True
            ):
                result[start : start + len(part)] = values
        return results

    def _pixels(self, batch: NDArray[np.uint8] | NDArray[np.floating]) -> NDArray[np.uint8]:
        side = self._card.input_size
        if batch.ndim != 4 or batch.shape[1:] != (side, side, 3):
            raise UsageError(
                f"The batch is of shape {batch.shape}; expected (n, {side}, {side}, 3)."
            )
        if batch.dtype == np.uint8:
            return np.ascontiguousarray(batch)
        if not np.issubdtype(batch.dtype, np.floating):
            raise UsageError(f"The batch holds {batch.dtype}; expected uint8, or floats in [0, 1].")
        if batch.size and not (batch.min() >= 0.0 and batch.max() <= 1.0):
            raise UsageError(
                f"The floats of the batch span {batch.min()} to {batch.max()}; expected [0, 1]."
            )
        pixels: NDArray[np.uint8] = np.rint(batch * 255.0).astype(np.uint8)
        return pixels


def _session(card: ModelCard, threads: int) -> Any:
    onnxruntime = import_onnxruntime()
    try:
        graph = card.model_path.read_bytes()
    except OSError as error:
        raise ModelFileError(f"The model file cannot be read: {error}.") from error
    found = hashlib.sha256(graph).hexdigest()
    if found != card.sha256:
        raise ModelFileError(
            f"The model file {card.model_path} is damaged: its SHA-256 is {found}, expected "
            f"{card.sha256}. Install it again."
        )
    options = onnxruntime.SessionOptions()
    options.log_severity_level = _ERRORS_ONLY
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    # Threads that spin while they wait take the cores that decode the next pictures.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    if saturates():
        options.add_session_config_entry("session.x64quantprecision", "1")
    try:
        return onnxruntime.InferenceSession(graph, options, providers=["CPUExecutionProvider"])
    except Exception as error:  # onnxruntime raises classes of its own, without a common root
        raise ModelFileError(f"The graph {card.model_path} cannot be run: {error}") from error
