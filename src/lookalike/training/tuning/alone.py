"""One process at a time in the folder of a study."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from lookalike.errors import TrainingError

__all__ = ["alone"]


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Keep other processes from tuning in the same folder; say in a sentence what fails there."""
    from filelock import FileLock, Timeout

    try:
        folder.mkdir(parents=True, exist_ok=True)
        with FileLock(folder / "tune.lock", timeout=0):
            yield
    except Timeout:
        raise TrainingError(f"Another process is tuning in {folder}.") from None
    except OSError as error:
        if isinstance(error, TrainingError):
            raise
        raise TrainingError(
            f"{folder} cannot be written: {error.strerror or error}. What is there is kept."
        ) from error
