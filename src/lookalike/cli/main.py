"""Run the command line, and turn whatever goes wrong into a sentence and an exit code."""

from __future__ import annotations

import functools
import gc
import os
import sys
from collections.abc import Callable
from contextlib import suppress
from typing import NoReturn, ParamSpec

from lookalike.errors import LookalikeError

__all__ = ["DONE", "FOUND_NOTHING", "INTERRUPTED", "WRONG_USE", "command", "main"]

DONE = 0
FOUND_NOTHING = 1
"""Nothing was found, or some of the inputs failed; the text says which."""
WRONG_USE = 2
"""The command was wrong, or nothing could be done."""
INTERRUPTED = 130

_P = ParamSpec("_P")


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
        _hush()
    _leave(code if isinstance(code, int) else DONE)


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


def _leave(code: int) -> NoReturn:
    """End at once.

    Libraries and files are closed by now, and taking the interpreter down piece by piece
    would take as long as a search.
    """
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError, ValueError):  # nobody reads, or the disk is full: said before
            stream.flush()
    os._exit(code)


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
        _hush()
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


def _hush() -> None:
    """Point standard output to nowhere: its reader has gone, and flushing must not complain."""
    try:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except (OSError, ValueError):
        return
