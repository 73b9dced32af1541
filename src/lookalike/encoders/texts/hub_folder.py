"""What a folder of a model hub says of a pair of towers: files, pixels and tokens.

The layout is that of ONNX exports for Transformers.js: ``onnx/vision_model.onnx`` and
``onnx/text_model.onnx``, with ``preprocessor_config.json``, ``tokenizer.json``,
``tokenizer_config.json`` and ``config.json`` beside the folder ``onnx``.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lookalike.errors import ModelFileError, ModelNotFoundError

__all__ = ["HubFolder", "read_hub_folder"]

_VARIANTS = ("", "_quantized", "_int8", "_uint8", "_fp16")
_CLIP_TOKENS = 77
_SENSIBLE = 10_000
_HALF = (0.5, 0.5, 0.5)


@dataclass(frozen=True, slots=True)
class HubFolder:
    """What is needed to run both towers.

    ``side`` is that of the square that the vision tower takes, ``resized`` that of the shortest
    side before its middle is cut out, or None where the whole picture is squashed. Pixels in
    [0, 1] have ``mean`` taken away and are divided by ``deviation``. Texts are cut or padded
    to ``tokens``, with ``pad_token``.
    """

    vision: Path
    text: Path
    tokenizer: Path
    side: int
    resized: int | None
    mean: tuple[float, ...]
    deviation: tuple[float, ...]
    tokens: int
    pad_token: str | None
    small_letters: bool


def read_hub_folder(folder: Path) -> HubFolder:
    """Read the folder of a model.

    Raises:
        ModelNotFoundError: one of the files is missing.
        ModelFileError: one of them makes no sense.
    """
    pixels = _json(folder / "preprocessor_config.json")
    words = _json(folder / "tokenizer_config.json", missing_is_empty=True)
    config = _json(folder / "config.json", missing_is_empty=True)
    tokenizer = folder / "tokenizer.json"
    if not tokenizer.is_file():
        raise ModelNotFoundError(f"{folder} holds no pair of towers: tokenizer.json is missing.")
    vision, text = _graph(folder, "vision_model"), _graph(folder, "text_model")
    try:
        resized, side = _sides(pixels)
        normalised = bool(pixels.get("do_normalize", True))
        mean = tuple(float(one) for one in pixels.get("image_mean", _HALF)) if normalised else ()
        deviation = (
            tuple(float(one) for one in pixels.get("image_std", _HALF)) if normalised else ()
        )
        return HubFolder(
            vision=vision,
            text=text,
            tokenizer=tokenizer,
            side=side,
            resized=resized,
            mean=mean or (0.0, 0.0, 0.0),
            deviation=deviation or (1.0, 1.0, 1.0),
            tokens=_tokens(words, config),
            pad_token=_token(words.get("pad_token")),
            small_letters=str(config.get("model_type", "")).startswith("siglip"),
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise ModelFileError(f"The files in {folder} make no sense: {error!r}.") from error


def _graph(folder: Path, name: str) -> Path:
    for variant in _VARIANTS:
        for place in (folder / "onnx", folder):
            path = place / f"{name}{variant}.onnx"
            if path.is_file():
                return path
    raise ModelNotFoundError(f"{folder} holds no pair of towers: onnx/{name}.onnx is missing.")


def _json(path: Path, *, missing_is_empty: bool = False) -> Mapping[str, Any]:
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        if missing_is_empty:
            return {}
        raise ModelNotFoundError(
            f"{path.parent} holds no pair of towers: {path.name} is missing."
        ) from error
    except (OSError, ValueError) as error:
        raise ModelFileError(f"{path} cannot be read: {error}.") from error
    if not isinstance(values, dict):
        raise ModelFileError(f"{path} makes no sense: expected an object.")
    return values


def _sides(pixels: Mapping[str, Any]) -> tuple[int | None, int]:
    """Return the shortest side to resize to, or None, and the side of the square."""
    size = pixels["size"]
    shortest = size.get("shortest_edge") if isinstance(size, dict) else size
    if pixels.get("do_center_crop", False):
        crop = pixels.get("crop_size", size)
        side = int(crop["height"] if isinstance(crop, dict) else crop)
        return max(side, int(shortest if shortest is not None else size["height"])), side
    if shortest is not None:
        return int(shortest), int(shortest)
    if int(size["height"]) != int(size["width"]):
        raise ValueError("the vision tower takes no square")
    return None, int(size["height"])


def _tokens(words: Mapping[str, Any], config: Mapping[str, Any]) -> int:
    inner = config.get("text_config") or {}
    for value in (words.get("model_max_length"), inner.get("max_position_embeddings")):
        if value is not None and 0 < int(value) < _SENSIBLE:
            return int(value)
    return _CLIP_TOKENS


def _token(value: Any) -> str | None:
    found = value["content"] if isinstance(value, dict) else value
    return None if found is None else str(found)
