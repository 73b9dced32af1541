"""What was learned, on disk beside the catalog: derived from the events, made anew at any time."""

from __future__ import annotations

import json
import os
import shutil
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lookalike.results import LearnedNote

from .by_looks import ByLooks
from .content import Content
from .factors import Factors
from .learning import Learned
from .neighbours import Neighbours
from .popularity import Popularity
from .protocol import Recommender

__all__ = ["load_snapshot", "save_snapshot"]

_FORMAT = 1
_NOTE = "learned.json"


def save_snapshot(folder: Path, learned: Learned, *, events: int, generation: int) -> LearnedNote:
    """Write what was learned, then point to it, then remove what was there before."""
    folder.mkdir(parents=True, exist_ok=True)
    name = f"learned-{time.time_ns()}"
    (folder / name).mkdir()
    for part in learned.parts:
        for field, array in _arrays(part).items():
            np.save(folder / name / f"{part.name}.{field}.npy", array)
    note = LearnedNote(
        events=events,
        users=learned.users,
        generation=generation,
        weights=dict(learned.weights),
        ndcg=None if np.isnan(learned.value) else learned.value,
        learned_at=time.time(),
        folder=name,
        format=_FORMAT,
    )
    passing = folder / f"{_NOTE}.{os.getpid()}"
    passing.write_text(json.dumps(note.to_dict()), encoding="utf-8")
    passing.replace(folder / _NOTE)
    for old in folder.glob("learned-*"):
        if old.name != name:
            shutil.rmtree(old, ignore_errors=True)
    return note


def load_snapshot(folder: Path, content: Content) -> tuple[LearnedNote, Learned] | None:
    """Return the snapshot in a folder, its arrays mapped into memory; None without a whole one."""
    try:
        note = LearnedNote.from_dict(json.loads((folder / _NOTE).read_text(encoding="utf-8")))
        if note.format != _FORMAT:
            return None
        place = folder / Path(note.folder).name
        parts: list[Recommender] = []
        for name in note.weights:
            if name == "content":
                parts.append(ByLooks(content))
            elif (place / f"{name}.item_ids.npy").exists():
                parts.append(_MADE[name](partial(_load, place, name)))
        if not any(part.name == "popularity" for part in parts):
            return None
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        return None  # a cache: what is broken is learned again
    value = float("nan") if note.ndcg is None else note.ndcg
    return note, Learned(tuple(parts), dict(note.weights), value, note.users)


_Field = Callable[[str], NDArray[Any]]


def _load(place: Path, name: str, field: str) -> NDArray[Any]:
    array: NDArray[Any] = np.load(place / f"{name}.{field}.npy", mmap_mode="r")
    return array


def _arrays(part: Recommender) -> dict[str, NDArray[Any]]:
    if isinstance(part, Popularity):
        return {"item_ids": part.item_ids, "counts": part.counts}
    if isinstance(part, Neighbours):
        return {"item_ids": part.item_ids, "places": part.places, "values": part.values}
    if isinstance(part, Factors):
        numbers = np.array([part.alpha, part.regularisation])
        return {"item_ids": part.item_ids, "vectors": part.vectors, "numbers": numbers}
    return {}


def _neighbours(name: str) -> Callable[[_Field], Recommender]:
    return lambda field: Neighbours(name, field("item_ids"), field("places"), field("values"))


def _factors(field: _Field) -> Recommender:
    alpha, regularisation = field("numbers").tolist()
    return Factors(field("item_ids"), field("vectors"), alpha=alpha, regularisation=regularisation)


_MADE: dict[str, Callable[[_Field], Recommender]] = {
    "item-item": _neighbours("item-item"),
    "ease": _neighbours("ease"),
    "als": _factors,
    "popularity": lambda field: Popularity(field("item_ids"), field("counts")),
}
