"""Pictures to learn from: reading, splitting, auditing."""

from .pictures import Progress
from .reading import read_data
from .samples import DataSet, Kind, Pair, Sample
from .split import Split, split_classes

__all__ = ["DataSet", "Kind", "Pair", "Progress", "Sample", "Split", "read_data", "split_classes"]
