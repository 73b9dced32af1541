"""One filter language, compiled for each engine."""

from .filters import Filters

__all__ = ["Filters"]
