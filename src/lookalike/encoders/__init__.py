"""Pixels to vectors: model cards, the registry and ONNX Runtime sessions."""

from .card import ModelCard
from .protocol import Encoder, Encoding
from .registry import DEFAULT_MODEL, add_model, load_encoder, model_card, model_cards, remove_model

__all__ = [
    "DEFAULT_MODEL",
    "Encoder",
    "Encoding",
    "ModelCard",
    "add_model",
    "load_encoder",
    "model_card",
    "model_cards",
    "remove_model",
]
