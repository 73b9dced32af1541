"""Pictures to learn from: reading, splitting, auditing."""

from .samples import DataSet, Kind, Pair, Sample

__all__ = ["DataSet", "Kind", "Pair", "Sample"]
