"""Classes to learn from, to choose by and to report on, none of them in two parts."""

from __future__ import annotations

import hashlib
import json
import math
import os
from collections import Counter, defaultdict
from collections.abc import Collection, Sequence, Set
from dataclasses import dataclass
from itertools import takewhile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lookalike.errors import TrainingDataError, UsageError

from .components import connected
from .samples import DataSet

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Indices = npt.NDArray[np.int64]

__all__ = ["PARTS", "Split", "split_classes"]

PARTS = ("fit", "select", "report")
_VERSION = 1


@dataclass(frozen=True, slots=True, eq=False)
class Split:
    """The places of the samples of each part, each an int64 array in ascending order.

    ``fit`` is learned from, ``select`` chooses between settings and ``report`` is looked at
    once, at the end. No class is in two parts, so the figures are those of classes never seen.
    ``names`` and ``labels`` are those of all samples of the data set.
    """

    fit: Indices
    select: Indices
    report: Indices
    seed: int
    fractions: tuple[float, float, float]
    names: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()

    def __repr__(self) -> str:
        sizes = ", ".join(f"{part}={len(getattr(self, part)):,}" for part in PARTS)
        return f"<Split {sizes}, seed={self.seed}>"

    def describe(self) -> str:
        """Return one line for each part: how many pictures of how many classes."""
        lines = []
        for part in PARTS:
            counts = Counter(self.labels[place] for place in getattr(self, part))
            pictures, classes = sum(counts.values()), len(counts)
            several = sum(count > 1 for count in counts.values())
            line = f"{part + ':':<8}{pictures:>8,} picture{'s' if pictures != 1 else ' '}"
            if several:
                line += f" of {classes:,} class{'es' if classes != 1 else ''}"
                line += f", {several:,} with two pictures or more" if several < classes else ""
            lines.append(line.rstrip())
        return "\n".join(lines)

    def save(self, path: str | Path) -> None:
        """Write the names of the samples of each part as JSON.

        Raises:
            OSError: the file cannot be written.
        """
        content: dict[str, Any] = {
            "version": _VERSION,
            "seed": self.seed,
            "fractions": list(self.fractions),
        }
        used = set()
        for part in PARTS:
            places = [int(place) for place in getattr(self, part)]
            used.update(places)
            content[part] = sorted(self.names[place] for place in places)
        content["left_out"] = sorted(
            name for place, name in enumerate(self.names) if place not in used
        )
        target = Path(path)
        partial = target.with_name(f".{target.name}.{os.getpid()}.partial")
        partial.write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n", "utf-8")
        partial.replace(target)

    @staticmethod
    def load(path: str | Path, data: DataSet) -> Split:
        """Read a split that was saved, for the data set it was made of, in whatever order.

        The names may be those below another folder: ``shoes/a/1.png`` is found as ``a/1.png``
        when all pictures were below ``shoes`` then.

        Raises:
            TrainingDataError: the file is no split, or one of other pictures, or a label has
                changed so that a class is in two parts now.
        """
        try:
            content = json.loads(Path(path).read_text("utf-8"))
            seed, fractions = int(content["seed"]), tuple(map(float, content["fractions"]))
            parts = {part: list(map(str, content[part])) for part in (*PARTS, "left_out")}
        except OSError as error:
            raise TrainingDataError(f"{path} cannot be read: {error.strerror}.") from error
        except (ValueError, KeyError, TypeError) as error:
            raise TrainingDataError(f"{path} is no split that was saved.") from error
        if content.get("version") != _VERSION or len(fractions) != 3:
            raise TrainingDataError(f"{path} is a split of another version of Lookalike.")
        return _restored(path, parts, seed, (fractions[0], fractions[1], fractions[2]), data)


def split_classes(
    data: DataSet, *, fractions: Sequence[float] = (0.5, 0.2, 0.3), seed: int = 0
) -> Split:
    """Divide the classes into three parts; those of two pictures or more, and then the others.

    Pictures that a chain of same pairs connects stay together, and so do classes with pictures of
    one group; unlabelled pictures are divided one by one. Which part a class falls into depends
    on the labels, the groups and the seed, not on the order of the samples.

    Args:
        data: the samples.
        fractions: the shares of the classes to fit, select and report; they add up to 1.
        seed: a whole number; each gives another division.

    Raises:
        TrainingDataError: too few classes for each part to get one with two pictures, or groups
            that tie too many together.
        UsageError: fractions that are no shares of a whole.

    >>> from lookalike.training.data import Sample
    >>> photos = [Sample(Path(f"{name}.jpg"), name[0]) for name in ("a1", "a2", "b1", "b2",
    ...           "c1", "c2", "d1", "d2")]
    >>> split_classes(DataSet(photos, "labelled"))
    <Split fit=4, select=2, report=2, seed=0>
    """
    shares = _checked_shares(fractions)
    counts = Counter(data.labels)
    repeated = [label for label, count in counts.items() if count > 1]
    single = [label for label, count in counts.items() if count == 1]
    unlabelled = data.kind == "unlabelled"
    enough, what = (single, "pictures") if unlabelled else (repeated, "classes of two pictures")
    if len(enough) < 3:
        raise TrainingDataError(
            f"Found {data.describe()}, and {len(enough)} {what}; at least 3 are needed, one to "
            "learn from, one to choose by and one to report on. Give more of them."
        )
    units = _units(data)
    several = [unit for unit in units if any(counts[label] > 1 for label in unit)]
    rest = [unit for unit in units if all(counts[label] == 1 for label in unit)]
    part_of = _allotted(several, shares, seed=seed, fill_all=not unlabelled)
    part_of |= _allotted(rest, shares, seed=seed, fill_all=unlabelled)
    if {part_of[label] for label in enough} != {0, 1, 2}:
        raise TrainingDataError(
            f"The groups tie {len(enough):,} {what} into {len(rest if unlabelled else several):,} "
            "that stay together, too few for three parts. Give finer groups, or none."
        )
    places: dict[int, list[int]] = defaultdict(list)
    for place, label in enumerate(data.labels):
        places[part_of[label]].append(place)
    names = tuple(sample.name for sample in data.samples)
    fit, select, report = (_indices(places[part]) for part in range(3))
    return Split(fit, select, report, seed, shares, names, data.labels)


def _checked_shares(fractions: Sequence[float]) -> tuple[float, float, float]:
    shares = tuple(map(float, fractions))
    if len(shares) != 3 or not all(share > 0.0 for share in shares) or abs(sum(shares) - 1) > 1e-6:
        raise UsageError(
            f"fractions must be three shares above 0 that add up to 1; got {tuple(fractions)}."
        )
    return shares[0], shares[1], shares[2]


def _allotted(
    units: Sequence[Sequence[str]], shares: Sequence[float], *, seed: int, fill_all: bool
) -> dict[str, int]:
    """Return the part of each class of some units; with ``fill_all`` each part gets a unit."""
    part_of: dict[str, int] = {}
    room = _sizes(sum(map(len, units)), shares, least=1 if fill_all else 0)
    empty = {0, 1, 2} if fill_all else set()
    ordered = sorted(units, key=lambda unit: _order(unit[0], seed))
    for done, unit in enumerate(ordered):
        # The last ones go where there is nothing yet.
        allowed = range(3) if len(ordered) - done > len(empty) else sorted(empty)
        part = _part(room, len(unit), allowed)
        room[part] -= len(unit)
        empty.discard(part)
        part_of |= dict.fromkeys(unit, part)
    return part_of


def _units(data: DataSet) -> list[list[str]]:
    """Return the classes that have to stay in one part, in lists: those that share a group."""
    classes = data.classes
    number = {label: place for place, label in enumerate(classes)}
    first_of: dict[str, int] = {}
    links = [
        (number[sample.label], first_of.setdefault(sample.group, number[sample.label]))
        for sample in data.samples
        if sample.group
    ]
    units: dict[int, list[str]] = defaultdict(list)
    for label, root in zip(classes, connected(len(classes), links), strict=True):
        units[root].append(label)
    return list(units.values())


def _part(room: Sequence[int], needed: int, parts: Sequence[int]) -> int:
    """Return the first of the parts with room for so many classes, or else the one with most."""
    fitting = [part for part in parts if room[part] >= needed]
    return fitting[0] if fitting else max(parts, key=lambda part: room[part])


def _order(label: str, seed: int) -> bytes:
    text = f"{seed}\0{label}".encode("utf-8", "surrogatepass")
    return hashlib.sha256(text).digest()


def _sizes(count: int, shares: Sequence[float], *, least: int) -> list[int]:
    """Return whole numbers that add up to ``count`` by the largest remainder (Hamilton)."""
    exact = [count * share for share in shares]
    sizes = [math.floor(size + 1e-9) for size in exact]
    by_remainder = sorted(range(len(sizes)), key=lambda part: sizes[part] - exact[part])
    for part in by_remainder[: count - sum(sizes)]:
        sizes[part] += 1
    for part in range(len(sizes)):
        while sizes[part] < least:
            sizes[sizes.index(max(sizes))] -= 1
            sizes[part] += 1
    return sizes


def _found(names: Sequence[str], saved: Set[str]) -> dict[str, int]:
    """Return the place of each name, in the words of ``saved`` where only the folder differs.

    The folder that all pictures lie in does not count: which one names are relative to depends
    on what was given as the data.
    """
    if saved != set(names):
        before, now = _folder(saved), _folder(names)
        if {name[len(before) :] for name in saved} == {name[len(now) :] for name in names}:
            names = [before + name[len(now) :] for name in names]
    return {name: place for place, name in enumerate(names)}


def _folder(names: Collection[str]) -> str:
    """Return the folder that all names lie in, with a slash at its end, or an empty text."""
    folders = [name.split("/")[:-1] for name in names]
    if not folders:
        return ""
    ends = zip(min(folders), max(folders), strict=False)  # what these share, all between share
    return "".join(f"{part}/" for part, _ in takewhile(lambda two: two[0] == two[1], ends))


def _indices(places: Sequence[int]) -> Indices:
    import numpy as np

    return np.array(sorted(places), dtype=np.int64)


def _restored(
    path: str | Path,
    parts: dict[str, list[str]],
    seed: int,
    fractions: tuple[float, float, float],
    data: DataSet,
) -> Split:
    names = tuple(sample.name for sample in data.samples)
    place_of = _found(names, {name for part in parts.values() for name in part})
    saved = Counter(name for part in parts.values() for name in part)
    missing, new = saved.keys() - place_of.keys(), place_of.keys() - saved.keys()
    if missing or new or any(count > 1 for count in saved.values()):
        raise TrainingDataError(
            f"{path} is the split of other pictures: {len(missing):,} of its pictures are gone "
            f"and {len(new):,} are new. Make a new split."
        )
    part_of: dict[str, str] = {}
    for part in PARTS:
        for name in parts[part]:
            label = data.samples[place_of[name]].label
            if part_of.setdefault(label, part) != part:
                raise TrainingDataError(
                    f"The class {label!r} is in two parts of {path}: labels have changed since. "
                    "Make a new split."
                )
    fit, select, report = (_indices([place_of[name] for name in parts[part]]) for part in PARTS)
    return Split(fit, select, report, seed, fractions, names, data.labels)
