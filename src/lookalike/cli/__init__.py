"""The command line: arguments in, text or JSON out."""

from .main import main

__all__ = ["main"]
