"""The labelled picture sets that models are chosen and judged on, and how they are split.

The sets lie beside the project (``../shared/data``) and are never copied into it. Each is cut
by *groups of classes* into three parts: what is fitted sees ``fit``, what is chosen sees
``selection``, and ``report`` is only looked at. Classes that resemble each other by their
making (the apples, one alphabet, one army) are one group, so that no part has seen a near
copy of another's class.
"""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

__all__ = ["PARTS", "SETS", "Sample", "default_root", "load_set", "part_of"]

PARTS = ("fit", "selection", "report")
_SHARES = (0.4, 0.3, 0.3)
_SUFFIXES = {".png", ".jpg", ".jpeg", ".webp"}


@dataclass(frozen=True, slots=True)
class Sample:
    """One labelled picture; ``role`` is "query" or "gallery" where a set tells them apart."""

    path: Path
    label: str
    group: str
    role: str = ""


def default_root() -> Path:
    """Return where the sets are looked for: beside the project."""
    return Path(__file__).resolve().parents[2] / "shared" / "data"


def load_set(name: str, root: Path) -> tuple[Sample, ...]:
    """Return the samples of a set in a fixed order.

    Raises:
        SystemExit: the set is not there.
    """
    if not (root / name).is_dir():
        raise SystemExit(f"The picture set {name} is not in {root}. Name its folder with --data.")
    return tuple(sorted(SETS[name](root / name), key=lambda sample: str(sample.path)))


def part_of(samples: Sequence[Sample]) -> dict[str, str]:
    """Return the part (fit, selection, report) of each label.

    Groups are put in the order of the SHA-256 of their names and dealt out until each part
    holds its share of the labels: 40, 30 and 30 percent.
    """
    labels: dict[str, set[str]] = {}
    for sample in samples:
        labels.setdefault(sample.group, set()).add(sample.label)
    total = sum(len(members) for members in labels.values())
    parts: dict[str, str] = {}
    filled = dict.fromkeys(PARTS, 0)
    for group in sorted(labels, key=lambda name: hashlib.sha256(name.encode()).digest()):
        part = max(
            PARTS, key=lambda name: _SHARES[PARTS.index(name)] - filled[name] / total
        )  # the part that lacks most
        filled[part] += len(labels[group])
        parts.update(dict.fromkeys(labels[group], part))
    return parts


def _folders(folder: Path, group: Callable[[str], str] = lambda label: label) -> list[Sample]:
    """Return the pictures of a folder that holds one folder for each class."""
    return [
        Sample(path, child.name, group(child.name))
        for child in folder.iterdir()
        if child.is_dir() and child.name != "copyright"
        for path in child.iterdir()
        if path.suffix.lower() in _SUFFIXES
    ]


def _clothing(folder: Path) -> list[Sample]:
    return [sample for part in folder.iterdir() if part.is_dir() for sample in _folders(part)]


def _grocery(folder: Path) -> list[Sample]:
    with (folder / "retrieval.csv").open(newline="", encoding="utf-8") as stream:
        return [
            Sample(folder / row["file"], row["fine"], row["coarse"], row["role"])
            for row in csv.DictReader(stream)
        ]


SETS: dict[str, Callable[[Path], list[Sample]]] = {
    "caltech_half": _folders,
    "clothing": _clothing,
    "grocery_produce": _grocery,
    "emoji": lambda folder: _folders(folder, lambda label: label.split("-")[0]),
    "logos": _folders,
    "game_units": lambda folder: _folders(folder, lambda label: label.split("__")[0]),
    "omniglot": lambda folder: _folders(folder, lambda label: label.split("__")[0]),
}
"""How each set is read: name to a function of its folder."""
