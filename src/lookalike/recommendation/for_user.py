"""Recommendations for one user, from what was learned of all."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from lookalike.catalog import Catalog, Generation, ImageRow
from lookalike.catalog.events import events_of, every_event, find_user, stored_events
from lookalike.catalog.image_vectors import copies_of
from lookalike.catalog.reading import highest_id, newest_ids
from lookalike.index import LibraryIndex
from lookalike.results import Assessment, LearnedNote, Progress

from .assessing import SplitBy, assess
from .content import LibraryContent
from .history import History, interactions_of
from .learning import Learned, learn
from .serving import choose, reasons, unmet
from .snapshot import load_snapshot, save_snapshot

__all__ = ["ForUser", "Served"]

_FOLDER = "recommend"
_GROWN = 0.1
_EXPLORED_DRAWS = 20
_NEAR = 200


@dataclass(frozen=True, slots=True)
class Served:
    """Rows to show with score, reason and source, and a note on the whole."""

    rows: tuple[tuple[ImageRow, float, str, str], ...]
    note: str


@dataclass(frozen=True, slots=True)
class _State:
    version: int
    generation: int
    note: LearnedNote
    learned: Learned


class Searched(Protocol):
    """What recommending needs of what a library is searched with."""

    @property
    def generation(self) -> Generation: ...
    @property
    def index(self) -> LibraryIndex: ...


class ForUser:
    """Serves users of one library; learns anew when there are a tenth more or fewer events."""

    def __init__(self, catalog: Catalog, parts: Callable[[], Searched], folder: Path) -> None:
        self._catalog, self._parts, self._folder = catalog, parts, folder / _FOLDER
        self._lock = threading.Lock()
        self._state: _State | None = None

    def learn(self, progress: Callable[[Progress], None] | None = None) -> LearnedNote:
        """Learn from all events now, and keep what was learned beside the catalog."""
        with self._lock:
            self._state = self._learned(self._parts(), self._catalog.data_version(), progress)
            return self._state.note

    def evaluate(
        self,
        *,
        split: SplitBy,
        share: float,
        k: int,
        progress: Callable[[Progress], None] | None = None,
    ) -> Assessment:
        """Measure all recommenders on the later events, learned from the earlier ones."""
        with self._catalog.reading() as connection:
            table = every_event(connection)
        return assess(
            interactions_of(table),
            self._content(self._parts()),
            max(1, self._catalog.count()),
            split=split,
            share=share,
            k=k,
            stage=_stages(progress),
        )

    def serve(
        self,
        user: str,
        k: int,
        *,
        diversity: float,
        explore: float,
        seed: int,
        progress: Callable[[Progress], None] | None = None,
    ) -> Served:
        """Return ``k`` images for a user; popular ones for a user without events."""
        state = self._refreshed(progress)
        content = self._content(self._parts())
        history = self._history(user)
        chosen = choose(state.learned, content, history, k, diversity=diversity)
        spoken = np.unique(chosen.because[chosen.because >= 0])
        ids = np.concatenate([chosen.items, history.items[spoken]]).tolist()
        rows = self._catalog.images(ids)
        texts = reasons(chosen, history, rows)
        seen = self._copies(history)
        shown: list[tuple[ImageRow, float, str, str]] = []
        hashes: set[bytes] = set()
        for image_id, score, text, source in zip(
            chosen.items.tolist(), chosen.scores.tolist(), texts, chosen.sources, strict=True
        ):
            row = rows.get(image_id)
            if row is None or image_id in seen or row.content_hash in hashes:
                continue
            hashes.add(row.content_hash)
            shown.append((row, score, text, source))
        fresh = unmet(state.learned, content, history, _NEAR) if explore > 0 else history.items[:0]
        shown = self._explored(shown[:k], seen, k, explore, seed, fresh)
        return Served(tuple(shown), self._note(user, history))

    def _note(self, user: str, history: History) -> str:
        if len(history):
            return ""
        if len(history.disliked):
            return f"{user} has chosen nothing yet: this is what is popular or new."
        return f"There are no events of {user}: this is what is popular or new."

    def _history(self, user: str) -> History:
        with self._catalog.reading() as connection:
            user_id = find_user(connection, user)
            if user_id is None:
                return History.empty()
            table = events_of(connection, user_id)
        return interactions_of(table).history(user_id)

    def _copies(self, history: History) -> set[int]:
        """Return what the user has seen, with copies byte for byte."""
        seen = history.seen.tolist()
        with self._catalog.reading() as connection:
            return set(seen) | set(copies_of(connection, seen).tolist())

    def _explored(
        self,
        shown: list[tuple[ImageRow, float, str, str]],
        seen: set[int],
        k: int,
        explore: float,
        seed: int,
        fresh: NDArray[np.int64],
    ) -> list[tuple[ImageRow, float, str, str]]:
        """Put images in the last places, by choice or because nothing else is left.

        By choice they are drawn from ``fresh``, then from all; else they are the newest.
        """
        share = max(1, round(explore * k)) if explore > 0 else 0
        kept = shown[: k - share]
        wanted = k - len(kept)
        if not wanted:
            return kept
        taken = seen | {row.image_id for row, _, _, _ in kept}
        hashes = {row.content_hash for row, _, _, _ in kept}
        source, reason = ("explored", "to explore") if explore > 0 else ("new", "new here")
        drawn = (
            self._random(wanted, seed, fresh) if explore > 0 else self._newest(wanted + len(taken))
        )
        rows = self._catalog.images(drawn)
        for image_id in drawn:
            row = rows.get(image_id)
            if row is None or image_id in taken or row.content_hash in hashes or len(kept) == k:
                continue
            taken.add(image_id)
            hashes.add(row.content_hash)
            kept.append((row, 0.0, reason, source))
        return kept

    def _random(self, wanted: int, seed: int, fresh: NDArray[np.int64]) -> list[int]:
        with self._catalog.reading() as connection:
            last = highest_id(connection)
        random = np.random.default_rng(seed)
        first = random.permutation(fresh).tolist()
        drawn = random.integers(1, max(2, last + 1), _EXPLORED_DRAWS * (wanted + 1)).tolist()
        return list(dict.fromkeys([*first, *drawn]))

    def _newest(self, wanted: int) -> list[int]:
        with self._catalog.reading() as connection:
            return newest_ids(connection, wanted)

    def _content(self, parts: Searched) -> LibraryContent:
        return LibraryContent(self._catalog, parts.index, parts.generation)

    def _refreshed(self, progress: Callable[[Progress], None] | None) -> _State:
        with self._lock:
            parts, version = self._parts(), self._catalog.data_version()
            state = self._state
            if state is not None and (state.version, state.generation) == (
                version,
                parts.generation.id,
            ):
                return state
            if state is None or state.generation != parts.generation.id:
                state = self._loaded(parts, version)
            if state is None or self._outgrown(state.note):
                state = self._learned(parts, version, progress)
            self._state = _State(version, parts.generation.id, state.note, state.learned)
            return self._state

    def _loaded(self, parts: Searched, version: int) -> _State | None:
        found = load_snapshot(self._folder, self._content(parts))
        if found is None or found[0].generation != parts.generation.id:
            return None
        return _State(version, parts.generation.id, *found)

    def _outgrown(self, note: LearnedNote) -> bool:
        with self._catalog.reading() as connection:
            events = stored_events(connection)
        return abs(events - note.events) > _GROWN * note.events

    def _learned(
        self, parts: Searched, version: int, progress: Callable[[Progress], None] | None
    ) -> _State:
        stage = _stages(progress)
        stage("read events")
        with self._catalog.reading() as connection:
            events = stored_events(connection)
            table = every_event(connection)
        learned = learn(interactions_of(table), self._content(parts), stage=stage)
        note = self._saved(learned, events, parts.generation.id)
        found = self._loaded(parts, version)  # mapped into memory rather than held twice
        if found is not None and found.note == note:
            return found
        return _State(version, parts.generation.id, note, learned)

    def _saved(self, learned: Learned, events: int, generation: int) -> LearnedNote:
        try:
            return save_snapshot(self._folder, learned, events=events, generation=generation)
        except OSError:  # a library on a disk that may only be read serves from memory
            value: float | None = None if np.isnan(learned.value) else learned.value
            return LearnedNote(events, learned.users, generation, learned.weights, value, 0.0)


def _stages(progress: Callable[[Progress], None] | None) -> Callable[[str], None]:
    """Return what tells the progress of the stage that begins."""

    def stage(name: str) -> None:
        if progress is not None:
            progress(Progress(0, None, stage=name))

    return stage
