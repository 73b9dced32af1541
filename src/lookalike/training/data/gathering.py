"""From folders and tables to pictures with labels, before any is opened."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from lookalike.sources import Item, Unreadable, find_items
from lookalike.sources.tables import PictureTable

from .columns import Columns, truth

__all__ = ["Gathered", "gather_folder", "gather_loose", "gather_table"]


@dataclass(slots=True)
class Gathered:
    """What was found so far; filled by the functions of this file.

    ``labels`` maps each picture to its labels, the class first, and to an empty mapping when it
    has none. ``pairs`` maps two pictures, in order of their paths, to whether they match.
    ``loose`` are pictures directly in a source, with its path. ``groups`` maps a picture of a
    table to what it has to stay together with, where a column was named for that.
    """

    labels: dict[Path, Mapping[str, str]] = field(default_factory=dict)
    pairs: dict[tuple[Path, Path], bool] = field(default_factory=dict)
    loose: dict[Path, Path] = field(default_factory=dict)
    groups: dict[Path, str] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    def put(self, path: Path, labels: Mapping[str, str]) -> None:
        """Keep a picture; the first labels it came with stay."""
        before = self.labels.setdefault(path, labels)
        if before != labels:
            self.notes.append(
                f"{path} has the labels {_listed(before)} and {_listed(labels)}; "
                "the first is taken."
            )

    def group(self, path: Path, name: str) -> None:
        """Keep the group of a picture; an empty name is none, and the first one stays."""
        if name and self.groups.setdefault(path, name) != name:
            self.notes.append(
                f"{path} is in the groups {self.groups[path]!r} and {name!r}; the first is taken."
            )


def gather_folder(folder: Path, gathered: Gathered) -> None:
    """Take each picture below a folder, with the name of the folder it lies in as label."""
    root = Path(os.path.abspath(folder))
    places: dict[str, set[str]] = {}
    for path in _paths(find_items([root]), gathered):
        if path.parent == root:
            gathered.loose[path] = root
            continue
        name = os.fsencode(path.parent.name).decode("utf-8", "backslashreplace")
        places.setdefault(name, set()).add(str(path.parent.relative_to(root)))
        gathered.put(path, {"folder": name})
    for name, found in sorted(places.items()):
        if len(found) > 1:
            gathered.notes.append(
                f"{len(found)} folders are called {name!r} and count as one class: "
                f"{', '.join(sorted(found)[:4])}{', ...' if len(found) > 4 else ''}."
            )


def gather_loose(source: str | Path, gathered: Gathered) -> None:
    """Take a picture that was named itself."""
    for path in _paths(find_items([source]), gathered):
        gathered.loose[path] = path.parent


def gather_table(table: Path, columns: Columns, gathered: Gathered) -> None:
    """Take the pictures of a table with their labels, or its pairs."""
    if columns.second is not None and columns.match is not None:
        _gather_pairs(table, columns.picture, columns.second, columns.match, gathered)
        return
    missing: Counter[str] = Counter()
    for item in PictureTable(table, image_column=columns.picture).items():
        labels = {}
        if isinstance(item, Item):
            for name in columns.labels:
                label = _label(item.metadata.get(name))
                if label:
                    labels[name] = label
        for path in _paths([item], gathered):
            if columns.labels and columns.labels[0] not in labels:
                missing[columns.labels[0]] += 1
            else:
                gathered.put(path, labels)
                if columns.group and isinstance(item, Item):
                    gathered.group(path, _label(item.metadata.get(columns.group)))
    for name, count in missing.items():
        gathered.notes.append(
            f"{count:,} row{'' if count == 1 else 's'} of {table.name} left out: no label in the "
            f"column {name!r}."
        )


def _gather_pairs(table: Path, first: str, second: str, match: str, gathered: Gathered) -> None:
    left = PictureTable(table, image_column=first).items()
    right = PictureTable(table, image_column=second).items()
    unclear = 0
    for one, other in zip(left, right, strict=True):
        paths = list(_paths([one, other], gathered))
        if len(paths) < 2 or not isinstance(one, Item):
            continue
        same = truth(one.metadata.get(match))
        if same is None:
            unclear += 1
            continue
        key = (min(paths), max(paths))
        if key[0] == key[1]:
            gathered.notes.append(f"{key[0]} is paired with itself; left out.")
        elif gathered.pairs.setdefault(key, same) != same:
            gathered.notes.append(
                f"{key[0]} and {key[1]} are called both same and different; the first is taken."
            )
        for path in key:
            gathered.labels.setdefault(path, {})
    if unclear:
        gathered.notes.append(
            f"{unclear:,} row{'' if unclear == 1 else 's'} of {table.name} left out: "
            f"{match!r} says neither yes nor no."
        )


def _paths(items: Iterable[Item | Unreadable], gathered: Gathered) -> Iterator[Path]:
    """Yield the files among the items, and note the others."""
    for item in items:
        if isinstance(item, Unreadable):
            gathered.notes.append(f"{item.uri} left out: {item.error}")
        elif item.path is None:
            gathered.notes.append(f"{item.uri} left out: download it first, and give its path.")
        else:
            yield item.path


def _label(value: Any) -> str:
    """Return a cell as a label, or an empty text when it is none."""
    if value is None or isinstance(value, (list, dict)):
        return ""
    return " ".join(str(value).split())


def _listed(labels: Mapping[str, str]) -> str:
    return ", ".join(map(repr, labels.values())) or "none"
