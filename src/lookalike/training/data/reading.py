"""From what a person names to the data set that is meant."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

from lookalike.errors import TrainingDataError, UsageError
from lookalike.sources import is_table
from lookalike.sources.paths import file_url_to_path

from .columns import find_columns
from .components import connected
from .gathering import Gathered, gather_folder, gather_loose, gather_table
from .pictures import Progress, why_broken
from .samples import DataSet, Kind, Pair, Sample
from .spelling import spelling_notes

__all__ = ["read_data"]

_WITHOUT = "To train without labels, pass kind='unlabelled'."


def read_data(
    sources: Sequence[str | Path],
    *,
    kind: Kind | None = None,
    image_column: str | None = None,
    label_columns: Sequence[str] = (),
    group_column: str | None = None,
    check: bool = True,
    progress: Progress | None = None,
) -> DataSet:
    """Read pictures and their labels from folders and tables.

    A folder with sub-folders has one class per folder, named by the deepest; a folder of nothing
    but pictures is unlabelled, and several such folders are one class each. A table (.csv,
    .tsv, .jsonl, .ndjson, .parquet) has a column of pictures and one of labels, or two columns
    of pictures and one that says whether they are the same.

    Args:
        sources: folders, tables and picture files.
        kind: what is meant; guessed when None. ``"unlabelled"`` ignores folders and labels.
        image_column: the column of tables that holds paths; guessed when None.
        label_columns: the columns of tables that hold labels, the class first; guessed if empty.
        group_column: the column of tables whose value keeps pictures, and so their classes, in
            one part of a division, such as a photographer or a range of products.
        check: whether to decode every picture, and leave out and note those that are broken.
        progress: called with how many pictures are checked, and of how many.

    Raises:
        TrainingDataError: there is nothing to learn from, such as one class only.
        SourceNotFoundError: there is no such path.
        TableError: a table cannot be read or has no such column.
        UsageError: a column is named and no table given.
    """
    if isinstance(sources, (str, os.PathLike)):
        sources = [sources]
    if kind not in (None, "labelled", "unlabelled", "pairs"):
        raise UsageError(f"kind must be labelled, unlabelled or pairs; got {kind!r}.")
    paths = [_path(source) for source in sources]
    if (image_column or label_columns or group_column) and not any(map(is_table, paths)):
        raise UsageError("A column was named, and none of the sources is a table.")
    gathered = Gathered()
    for path in paths:
        if path.is_dir():
            gather_folder(path, gathered)
        elif is_table(path):
            columns = find_columns(
                path,
                kind=kind,
                image_column=image_column,
                label_columns=label_columns,
                group_column=group_column,
            )
            gather_table(path, columns, gathered)
        else:
            gather_loose(path, gathered)
    found = _settle(gathered, kind, sources)
    broken = _leave_out_broken(gathered, progress) if check else 0
    root = paths[0] if paths[0].is_dir() else paths[0].parent
    data = _data_set(gathered, found, root)
    _check(data, broken)
    return data


def _path(source: str | Path) -> Path:
    text = os.fspath(source)
    if text.lower().startswith("file://"):
        return file_url_to_path(text)
    path = Path(text)
    return path if path.exists() else path.expanduser()


def _settle(gathered: Gathered, kind: Kind | None, sources: Sequence[str | Path]) -> Kind:
    """Return the kind of what was found, and give the loose pictures their place in it.

    Raises:
        TrainingDataError: nothing was found, or things that do not go together.
    """
    if not gathered.labels and not gathered.loose:
        named = ", ".join(map(str, sources)) or "no source"
        why = f" {gathered.notes[0]}" if gathered.notes else ""
        raise TrainingDataError(f"There are no pictures in {named}.{why}")
    labelled = any(gathered.labels.values())
    if kind == "unlabelled":
        return _settle_unlabelled(gathered)
    if kind is None and not labelled and not gathered.pairs:
        folders = set(gathered.loose.values())
        if len(folders) < 2 or gathered.labels:
            return _settle_unlabelled(gathered)
        gathered.notes.append(f"Each of the {len(folders)} folders counts as one class. {_WITHOUT}")
        _label_loose(gathered)
        return "labelled"
    if gathered.pairs or kind == "pairs":
        if labelled or gathered.loose:
            raise TrainingDataError(
                "Pairs cannot be mixed with folders or labels; give the tables of pairs alone."
            )
        return "pairs"
    if labelled:
        _leave_out_loose(gathered)
    else:
        _label_loose(gathered)
    _leave_out_unlabelled(gathered)
    return "labelled"


def _settle_unlabelled(gathered: Gathered) -> Kind:
    gathered.labels |= {path: {} for path in gathered.loose}
    gathered.pairs.clear()
    return "unlabelled"


def _leave_out_loose(gathered: Gathered) -> None:
    count = len(gathered.loose)
    if count:
        gathered.notes.append(
            f"{count:,} picture{' lies' if count == 1 else 's lie'} in no sub-folder and so "
            f"{'has' if count == 1 else 'have'} no class; left out."
        )


def _leave_out_unlabelled(gathered: Gathered) -> None:
    unlabelled = [path for path, labels in gathered.labels.items() if not labels]
    for path in unlabelled:
        del gathered.labels[path]
    if unlabelled:
        gathered.notes.append(f"{len(unlabelled):,} pictures of tables without labels left out.")


def _label_loose(gathered: Gathered) -> None:
    for path, folder in gathered.loose.items():
        gathered.put(path, {"folder": os.fsencode(folder.name).decode("utf-8", "backslashreplace")})


def _leave_out_broken(gathered: Gathered, progress: Progress | None) -> int:
    """Decode every picture, note and forget those that cannot be; return how many."""
    paths = sorted(gathered.labels)
    broken = {
        path: why for path, why in zip(paths, why_broken(paths, progress), strict=True) if why
    }
    for path, why in broken.items():
        del gathered.labels[path]
        gathered.notes.append(f"{path} left out: {why}")
    gathered.pairs = {
        pair: same for pair, same in gathered.pairs.items() if not broken.keys() & set(pair)
    }
    return len(broken)


def _data_set(gathered: Gathered, kind: Kind, root: Path) -> DataSet:
    paths = sorted(gathered.labels)
    if kind == "pairs":
        paths = sorted({path for pair in gathered.pairs for path in pair})
    names = _names(paths, Path(os.path.abspath(root)))
    places = {path: place for place, path in enumerate(paths)}
    pairs = [
        Pair(places[first], places[second], same)
        for (first, second), same in sorted(gathered.pairs.items())
    ]
    if kind == "labelled":
        labels = [_class(gathered.labels[path]) for path in paths]
        gathered.notes += spelling_notes(labels)
        gathered.notes += _several_in_one(labels)
    elif kind == "pairs":
        joined = [(pair.first, pair.second) for pair in pairs if pair.same]
        roots = connected(len(paths), joined)
        labels = [names[place] for place in roots]
        gathered.notes += [
            f"{paths[pair.first]} and {paths[pair.second]} are called different, but a chain of "
            "same pairs connects them; they count as the same."
            for pair in pairs
            if not pair.same and roots[pair.first] == roots[pair.second]
        ]
    else:
        labels = names
    samples = [
        Sample(path, label, dict(gathered.labels[path]), name, gathered.groups.get(path, ""))
        for path, label, name in zip(paths, labels, names, strict=True)
    ]
    return DataSet(samples, kind, pairs, tuple(gathered.notes))


def _several_in_one(labels: Sequence[str]) -> list[str]:
    """Return a note if cells seem to hold several labels each, as in "red|shoe"."""
    for mark in "|;":
        found = [label for label in labels if mark in label.strip(mark)]
        parts = {part.strip() for label in found for part in label.split(mark)}
        if found and len(parts) < sum(label.count(mark) + 1 for label in set(found)):
            return [
                f"{len(found):,} label{'' if len(found) == 1 else 's'} such as {found[0]!r} "
                f"seem to hold several. A picture has one class, so each text counts as a class of "
                "its own. Give each label a column, and name the one to learn with --label-column."
            ]
    return []


def _class(labels: Mapping[str, str]) -> str:
    return next(iter(labels.values()))


def _names(paths: Sequence[Path], root: Path) -> list[str]:
    """Return each path below the source, or below what all of them have in common."""
    if not all(path.is_relative_to(root) for path in paths):
        root = Path(os.path.commonpath([path.parent for path in paths]))
    return [
        os.fsencode(path.relative_to(root).as_posix()).decode("utf-8", "backslashreplace")
        for path in paths
    ]


def _check(data: DataSet, broken: int) -> None:
    """Raise TrainingDataError when nothing can be learned from the data."""
    aside = f" ({broken:,} broken left out)" if broken else ""
    if data.kind == "unlabelled":
        if len(data) < 2:
            raise TrainingDataError(
                f"Found {data.describe()}{aside}; expected at least 2, better 1,000."
            )
        return
    counts = Counter(data.labels)
    if data.kind == "pairs":
        if not any(pair.same for pair in data.pairs):
            raise TrainingDataError(
                f"Found {data.describe()}{aside}, and none of them the same; give some pairs of "
                "pictures that belong together."
            )
        return
    if len(counts) < 2:
        name = f" {data.classes[0]!r}" if counts else ""
        raise TrainingDataError(
            f"Found {data.describe()}{aside}: one class only{name}. Give at least two classes, "
            f"each in a folder of its own or with its own label. {_WITHOUT}"
        )
    if max(counts.values()) < 2:
        raise TrainingDataError(
            f"Found {data.describe()}{aside}: no class has two pictures, so nothing shows what "
            f"belongs together. Give several pictures of each class. {_WITHOUT}"
        )
