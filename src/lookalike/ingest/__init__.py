"""The pipeline that joins sources, decoding, encoding and the catalog."""

from .options import AddOptions
from .pipeline import Pipeline

__all__ = ["AddOptions", "Pipeline"]
