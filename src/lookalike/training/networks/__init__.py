"""Networks: backbone, pooling and head, and the embedder that joins them."""

from .backbone import Backbone
from .embedder import MODULES, Embedder, build_backbone, build_embedder, load_embedder
from .heads import HEADS, Head, build_head
from .pooling import POOLINGS, build_pooling

__all__ = [
    "HEADS",
    "MODULES",
    "POOLINGS",
    "Backbone",
    "Embedder",
    "Head",
    "build_backbone",
    "build_embedder",
    "build_head",
    "build_pooling",
    "load_embedder",
]
