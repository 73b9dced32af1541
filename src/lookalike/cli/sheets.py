"""Writing the sheet of ``lookalike train --preview-augmentation``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from lookalike.errors import UsageError

from .console import clean, note

if TYPE_CHECKING:
    from PIL import Image

__all__ = ["check_sheet", "write_sheet"]


def check_sheet(file: Path) -> None:
    """Refuse what could not be written, before the work.

    Raises:
        UsageError: the name does not end in .png, or there is no such folder.
    """
    if file.suffix.lower() != ".png":
        raise UsageError(f"{file} cannot be the sheet: its name has to end in .png.")
    if file.is_dir() or not file.parent.is_dir():
        raise UsageError(f"{file} cannot be the sheet: give a file in a folder that is there.")


def write_sheet(file: Path, sheet: Image.Image) -> None:
    """Write a drawn sheet as PNG, and say where it is.

    Raises:
        UsageError: it cannot be written there.
    """
    try:
        sheet.save(file, format="PNG")
    except OSError as error:
        raise UsageError(f"{file} cannot be written: {error.strerror or error}.") from error
    note(f"The sheet is in {clean(str(file))}: each row a picture and views of it.")
