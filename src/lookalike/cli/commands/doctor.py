"""``lookalike doctor``: what is installed, what is used, is the library whole."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import lookalike
from lookalike.cli.command import DONE, FOUND_NOTHING, command
from lookalike.cli.console import clean, note, say, say_json
from lookalike.cli.options import JsonOption, LibraryOption
from lookalike.cli.words import byte_size, index_line
from lookalike.errors import LibraryNotFoundError, LookalikeError
from lookalike.settings import cores

__all__ = ["doctor"]


@command
def doctor(library: LibraryOption = None, as_json: JsonOption = False) -> int:
    """Examine the installation and the library.

    Says what is installed, which processor features and runtimes are used, and whether the
    library is whole. Ends with 1 when something is wrong.

    \b
    Examples:
      lookalike doctor
      lookalike doctor --library shop.lookalike --json
    """
    findings: dict[str, Any] = {"problems": [], "hints": []}
    _examine_machine(findings)
    _examine_model(findings)
    _examine_library(findings, library)
    findings["problems"] = list(dict.fromkeys(findings["problems"]))
    if as_json:
        say_json(findings)
    else:
        for line in _lines(findings):
            say(line)
    problems = findings["problems"]
    if not as_json:
        for hint in findings["hints"]:
            note(f"Hint: {clean(hint)}")
        for problem in problems:
            note(f"Problem: {clean(problem)}")
        note(f"{len(problems)} problems found." if problems else "All is well.")
    return FOUND_NOTHING if problems else DONE


def _examine_machine(findings: dict[str, Any]) -> None:
    from lookalike.cli import diagnosis

    findings["versions"] = diagnosis.versions()
    for name, version in findings["versions"].items():
        if version is None:
            findings["problems"].append(f"The package {name} is not installed.")
    findings["codecs"] = diagnosis.codecs()
    missing = [name for name, there in findings["codecs"].items() if not there]
    if missing:
        findings["hints"].append(f"Pictures in these formats cannot be read: {', '.join(missing)}.")
    findings["processor"] = diagnosis.processor() | {"cores": cores()}
    findings["memory"] = diagnosis.memory_limit()
    try:
        findings["runtimes"] = diagnosis.runtimes()
    except ImportError as error:
        findings["runtimes"] = {}
        findings["problems"].append(f"A runtime cannot be loaded: {error}.")
    slow = diagnosis.numpy_slowdowns(os.environ)
    findings["environment"] = slow
    if slow:
        findings["hints"].append(f"{', '.join(slow)} in the environment can slow NumPy down.")


def _examine_model(findings: dict[str, Any]) -> None:
    """Load the model and let it look at one grey square."""
    import numpy as np

    from lookalike.encoders import DEFAULT_MODEL, load_encoder
    from lookalike.settings import load_settings, settings_path

    findings["settings"] = {"file": str(settings_path()), "exists": settings_path().is_file()}
    try:
        settings = load_settings()
        findings["settings"]["values"] = asdict(settings)
        encoder = load_encoder(settings.model or DEFAULT_MODEL)
        side = encoder.card.input_size
        vector = encoder.encode(np.full((1, side, side, 3), 127, dtype=np.uint8)).vectors[0]
    except LookalikeError as error:
        findings["problems"].append(str(error))
        return
    findings["model"] = {"name": encoder.card.name, "dimensions": len(vector)}
    if not np.isfinite(vector).all():
        findings["problems"].append(f"The model {encoder.card.name} gives no numbers.")


def _examine_library(findings: dict[str, Any], named: Path | None) -> None:
    from lookalike.cli.diagnosis import disk_free
    from lookalike.settings import default_library_path, load_settings

    try:
        path = default_library_path(load_settings()) if named is None else named.expanduser()
        found: dict[str, Any] = {"path": str(path), "disk_free": disk_free(path.absolute())}
        findings["library"] = found
        with lookalike.open(path, create=False) as library:
            found["images"] = len(library)
            found["index"] = asdict(library.index_status())
            problems = library.check()
    except LibraryNotFoundError as error:
        if named is None:
            findings["hints"].append("There is no library yet. Make one: lookalike index FOLDER")
        else:
            findings["problems"].append(str(error))
        return
    except LookalikeError as error:
        findings["problems"].append(str(error))
        return
    found["whole"] = not problems
    findings["problems"] += problems


def _lines(findings: dict[str, Any]) -> Iterator[str]:
    for name, version in findings["versions"].items():
        yield f"{name:<12} {version or 'missing'}"
    readable = [name for name, there in findings["codecs"].items() if there]
    yield f"{'also reads':<12} {', '.join(readable)}"
    chip = findings["processor"]
    yield f"{'processor':<12} {clean(chip['name'])}, {chip['cores']} cores to use"
    yield f"{'features':<12} {', '.join(chip['features']) or 'none known'}"
    if findings["memory"] is not None:
        yield f"{'memory':<12} {byte_size(findings['memory'])}"
    for name, uses in findings["runtimes"].items():
        yield f"{name + ' on':<12} {', '.join(uses)}"
    if "model" in findings:
        model = findings["model"]
        yield f"{'model':<12} {clean(model['name'])} works: {model['dimensions']:,} dimensions"
    settings = findings["settings"]
    yield f"{'settings':<12} {clean(settings['file'])}" + ("" if settings["exists"] else " (none)")
    library = findings.get("library")
    if library is None:
        return
    yield f"{'library':<12} {clean(library['path'])}"
    if library["disk_free"] is not None:
        yield f"{'disk':<12} {byte_size(library['disk_free'])} free"
    if "images" in library:
        index = library["index"]
        yield f"{'images':<12} {library['images']:,}"
        line = index_line(index["kind"], index["vectors"], index["tail"])
        yield f"{'index':<12} {line}"
        if library.get("whole"):
            yield f"{'whole':<12} yes"
