"""The report of a training run, or of a model's figures, as one HTML page."""

from .evaluated import write_evaluation
from .page import Findings, write_report

__all__ = ["Findings", "write_evaluation", "write_report"]
