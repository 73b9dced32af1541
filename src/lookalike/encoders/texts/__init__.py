"""Words to vectors."""

from .bridge import TextBridge, load_bridge
from .protocol import TextEncoder
from .static import StaticTextEncoder, shipped_text_encoder

__all__ = [
    "StaticTextEncoder",
    "TextBridge",
    "TextEncoder",
    "load_bridge",
    "shipped_text_encoder",
]
