"""Pixels to vectors: model cards, the registry and ONNX Runtime sessions."""

from .card import ModelCard
from .protocol import Encoder, Encoding
from .registry import DEFAULT_MODEL, load_encoder, model_card, model_cards

__all__ = [
    "DEFAULT_MODEL",
    "Encoder",
    "Encoding",
    "ModelCard",
    "load_encoder",
    "model_card",
    "model_cards",
]
