"""Run the command line and turn errors into sentences and exit codes."""

from __future__ import annotations

import os
import sys

from lookalike.errors import LookalikeError

__all__ = ["main", "run"]

_WRONG_USE = 2
_INTERRUPTED = 130


def main() -> None:
    """Run ``lookalike`` with the process's arguments and exit.

    Exit codes: 0 done, 1 nothing found or some inputs failed, 2 wrong use or nothing could be
    done, 130 interrupted.
    """
    sys.exit(run(sys.argv[1:]))


def run(arguments: list[str]) -> int:
    """Run one command and return its exit code."""
    import typer

    from .app import app
    from .console import complain

    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):  # a terminal that is not UTF-8 must not end the run
            stream.reconfigure(errors="backslashreplace")
    try:
        result = app(args=arguments, prog_name="lookalike", standalone_mode=False)
        sys.stdout.flush()
    except typer.Exit as stop:
        return stop.exit_code
    except (KeyboardInterrupt, typer.Abort):
        complain("Interrupted. What was done is kept; the same command goes on from there.")
        return _INTERRUPTED
    except BrokenPipeError:
        # Whoever read the output has gone: nothing is left to be said, not even at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except LookalikeError as error:
        _raise_when_debugging()
        complain(str(error))
        return _WRONG_USE
    except _usage_error() as error:
        complain(error.format_message())  # type: ignore[attr-defined]
        context = getattr(error, "ctx", None)
        if context is not None:
            complain(f"Try: {context.command_path} --help", mark=False)
        return _WRONG_USE
    except Exception as error:  # noqa: BLE001 - the last resort: a defect, said as one
        _raise_when_debugging()
        complain(
            f"This is a defect in Lookalike: {type(error).__name__}: {error}. "
            "Set LOOKALIKE_DEBUG=1 to see where."
        )
        return _WRONG_USE
    return result if isinstance(result, int) else 0


def _raise_when_debugging() -> None:
    if os.environ.get("LOOKALIKE_DEBUG"):
        raise


def _usage_error() -> type[Exception]:
    """Return Click's root of usage errors, wherever this version of Typer keeps it."""
    import typer

    for kind in typer.BadParameter.__mro__:
        if kind.__name__ == "ClickException":
            return kind
    return typer.BadParameter
