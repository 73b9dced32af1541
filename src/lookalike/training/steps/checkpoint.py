"""Checkpoints that a killed process or a full disk cannot spoil."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import torch

from lookalike.errors import CheckpointError, TrainingError

__all__ = ["read_checkpoint", "write_checkpoint"]


def write_checkpoint(path: Path, state: dict[str, Any]) -> None:
    """Replace a checkpoint in one step; the old one stays whole until the new one is.

    Raises:
        TrainingError: the disk is full or may not be written; the old checkpoint is kept.
    """
    temporary = path.with_suffix(".tmp")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with temporary.open("wb") as stream:
            torch.save(state, stream)
            stream.flush()
            os.fsync(stream.fileno())
        temporary.replace(path)
    except (OSError, RuntimeError) as error:  # torch says so when a write comes up short
        temporary.unlink(missing_ok=True)
        kept = " The last one is kept." if path.exists() else ""
        raise TrainingError(f"The checkpoint {path} cannot be written: {error}.{kept}") from error


def read_checkpoint(path: Path, fingerprint: str) -> dict[str, Any] | None:
    """Return the state in a checkpoint, or None when there is none.

    Raises:
        CheckpointError: the file is damaged, or of a run with another recipe or other data.
    """
    if not path.exists():
        return None
    try:
        state: dict[str, Any] = torch.load(path, map_location="cpu", weights_only=True)
        found = state["fingerprint"]
    except Exception as error:  # pickle, zip and torch each raise errors of their own
        raise CheckpointError(
            f"The checkpoint {path} is damaged: {error}. Remove it to begin anew."
        ) from error
    if found != fingerprint:
        raise CheckpointError(
            f"The checkpoint {path} is of a run with another recipe or other data. Name another "
            "folder, or remove this one to begin anew."
        )
    return state
