"""Pictures to learn from: reading, splitting, auditing."""

from .audit import Audit, NearDuplicate, audit
from .pictures import Progress
from .reading import read_data
from .samples import DataSet, Kind, Pair, Sample
from .split import Split, split_classes

__all__ = [
    "Audit",
    "DataSet",
    "Kind",
    "NearDuplicate",
    "Pair",
    "Progress",
    "Sample",
    "Split",
    "audit",
    "read_data",
    "split_classes",
]
