"""Run the command line, and turn whatever goes wrong into a sentence and an exit code."""

from __future__ import annotations

import gc
import os
import sys
from contextlib import suppress
from typing import NoReturn

from .command import DONE, INTERRUPTED, hush

__all__ = ["main"]


def main() -> None:
    """Run ``lookalike`` with the arguments of this process, and exit."""
    # Imports make so many objects that collecting garbage among them takes a tenth of a second.
    gc.set_threshold(50_000)
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            # A name that the terminal cannot show must not end the program.
            stream.reconfigure(errors="backslashreplace")
    code: object = DONE
    try:
        from .app import app

        app(prog_name="lookalike")
    except SystemExit as end:
        code = end.code
    except KeyboardInterrupt:
        print("Interrupted.", file=sys.stderr)
        code = INTERRUPTED
    except BrokenPipeError:
        hush()
    _leave(code if isinstance(code, int) else DONE)


def _leave(code: int) -> NoReturn:
    """End at once.

    Libraries and files are closed by now, and taking the interpreter down piece by piece
    would take as long as a search.
    """
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError, ValueError):  # nobody reads, or the disk is full: said before
            stream.flush()
    os._exit(code)
