"""The command line: arguments in, text or JSON out. Each command is a method of ``Library``."""

from .main import main

__all__ = ["main"]
