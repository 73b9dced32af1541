"""The report of a training run as one HTML page."""

from .page import Findings, write_report

__all__ = ["Findings", "write_report"]
