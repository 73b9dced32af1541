"""Pictures to learn from: reading, splitting, auditing."""

from .pictures import Progress
from .reading import read_data
from .samples import DataSet, Kind, Pair, Sample

__all__ = ["DataSet", "Kind", "Pair", "Progress", "Sample", "read_data"]
