"""What every command is wrapped in: exit codes, and no traceback."""

from __future__ import annotations

import functools
import os
import sys
from collections.abc import Callable
from typing import ParamSpec

from lookalike.errors import LookalikeError

__all__ = ["DONE", "FOUND_NOTHING", "INTERRUPTED", "WRONG_USE", "command", "hush"]


DONE = 0
FOUND_NOTHING = 1
"""Nothing was found, or some of the inputs failed; the text says which."""
WRONG_USE = 2
"""The command was wrong, or nothing could be done."""
INTERRUPTED = 130

_P = ParamSpec("_P")


def command(function: Callable[_P, int | None]) -> Callable[_P, None]:
    """Wrap a command so that it ends in an exit code and never in a traceback.

    The command returns its exit code, or None when it is done.
    """

    @functools.wraps(function)
    def run(*arguments: _P.args, **options: _P.kwargs) -> None:
        import typer

        code = _guarded(lambda: function(*arguments, **options))
        if code:
            raise typer.Exit(code)

    return run


def _guarded(work: Callable[[], int | None]) -> int:
    from .console import complain, debugging, note

    try:
        code = work() or DONE
        sys.stdout.flush()
        return code
    except LookalikeError as error:
        if debugging():
            raise
        complain(str(error))
        return WRONG_USE
    except KeyboardInterrupt:
        note("Interrupted. What was done is kept; the same command goes on from there.")
        return INTERRUPTED
    except BrokenPipeError:
        hush()
        return DONE
    except OSError as error:  # a full disk under a redirected output, for one
        if debugging():
            raise
        place = "" if error.filename is None else f": {error.filename}"
        complain(f"{error.strerror or error}{place}.")
        return WRONG_USE
    except MemoryError:
        complain("There is not enough memory. What was done is kept; try with --workers 1.")
        return WRONG_USE
    except Exception as error:
        if _is_typers(error) or debugging():
            raise
        name = type(error).__name__
        complain(
            f"{name}: {error}. This is a defect of Lookalike, not of what you typed. "
            "LOOKALIKE_DEBUG=1 in the environment shows where it is; please report that."
        )
        return WRONG_USE


def _is_typers(error: Exception) -> bool:
    """Tell whether an exception is one of Typer's ways to end a command."""
    import typer

    return isinstance(error, (typer.Exit, typer.Abort, typer.BadParameter))


def hush() -> None:
    """Point standard output to nowhere: its reader has gone, and flushing must not complain."""
    try:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except (OSError, ValueError):
        return
