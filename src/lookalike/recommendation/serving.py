"""A list for one user: ranked, varied, with some to explore, each with its reason."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lookalike.catalog import ImageRow
from lookalike.catalog.events import KINDS
from lookalike.errors import UsageError
from lookalike.query.ranking.diversity import diversified

from .by_looks import ByLooks
from .content import Content, Remembered
from .history import History
from .hybrid import Filled, Hybrid
from .kinds import SAID
from .learning import Learned

__all__ = ["Chosen", "check_numbers", "choose", "reasons", "unmet"]

_MORE = 10  # some may be gone or copies of others
_CANDIDATES_PER_K = 5
_TITLES = ("title", "name")


@dataclass(frozen=True, slots=True)
class Chosen:
    """Items for a user, the best first.

    ``items`` int64 and ``scores`` float64 are of shape (n,), ``sources`` says which recommender
    speaks most for each, ``because`` int64 (n,) is the place of a reason in the history, or -1.
    """

    items: NDArray[np.int64]
    scores: NDArray[np.float64]
    sources: tuple[str, ...]
    because: NDArray[np.int64]


def check_numbers(k: int, diversity: float, explore: float) -> None:
    """Check what is asked for.

    Raises:
        UsageError: a number is out of range.
    """
    if k < 1:
        raise UsageError(f"k is {k}; expected 1 or more.")
    if not 0.0 <= diversity <= 1.0:
        raise UsageError(f"diversity is {diversity}; expected a number from 0 to 1.")
    if not 0.0 <= explore <= 1.0:
        raise UsageError(f"explore is {explore}; expected a share from 0 to 1.")


def choose(
    learned: Learned, content: Content, history: History, k: int, *, diversity: float = 0.0
) -> Chosen:
    """Return ``k`` items and some more, in case that some cannot be shown.

    What the mixture cannot fill is filled with what is popular.
    """
    content = Remembered(content)
    looks = ByLooks(content)
    parts = [looks if part.name == looks.name else part for part in learned.parts]
    hybrid = Hybrid(parts, learned.weights)
    popularity = next(part for part in learned.parts if part.name == "popularity")
    filled = Filled(hybrid, popularity)
    wanted = k + _MORE if diversity == 0 else _CANDIDATES_PER_K * k + _MORE
    ranked = filled.recommend(history, wanted)
    items, scores = ranked.items, ranked.scores
    if diversity > 0 and len(items):
        places = _varied(content, items, scores, k, diversity)
        items, scores = items[places], scores[places]
    because, sources = _spoken(hybrid, history, items)
    return Chosen(items, scores, sources, because)


def unmet(learned: Learned, content: Content, history: History, number: int) -> NDArray[np.int64]:
    """Return items that nobody has chosen yet and that fit the user's tastes, the best first.

    They are sought among the ``number`` items that look most like the tastes.
    """
    popularity = next(part for part in learned.parts if part.name == "popularity")
    near = ByLooks(content).recommend(history, number).items
    unknown: NDArray[np.int64] = near[popularity.score(history, near) == 0]
    return unknown


def _varied(
    content: Content,
    items: NDArray[np.int64],
    scores: NDArray[np.float64],
    k: int,
    diversity: float,
) -> NDArray[np.int64]:
    found, vectors = content.vectors(items)
    order = np.argsort(items)
    places = order[np.searchsorted(items[order], found)]  # of those that have a vector
    by_rank = np.argsort(places)
    places, vectors = places[by_rank], vectors[by_rank]
    scaled = scores[places] / max(float(scores.max()), 1e-12)
    return places[diversified(scaled, vectors, k + _MORE, diversity)]


def _spoken(
    hybrid: Hybrid, history: History, items: NDArray[np.int64]
) -> tuple[NDArray[np.int64], tuple[str, ...]]:
    names = {"content": "content", "popularity": "popular"}
    if not len(history) or not len(items):
        return np.full(len(items), -1, np.int64), ("popular",) * len(items)
    speakers = hybrid.speakers(history, items)
    because = hybrid.because(history, items)
    sources = tuple(
        "popular" if reason < 0 else names.get(hybrid.parts[speaker].name, "collaborative")
        for speaker, reason in zip(speakers.tolist(), because.tolist(), strict=True)
    )
    return because, sources


def reasons(chosen: Chosen, history: History, rows: Mapping[int, ImageRow]) -> list[str]:
    """Return in words why each item was chosen; ``rows`` are those of the history's items."""
    return [
        _words[source](_subject(history, place, rows))
        for source, place in zip(chosen.sources, chosen.because.tolist(), strict=True)
    ]


def _subject(history: History, place: int, rows: Mapping[int, ImageRow]) -> tuple[str, str]:
    """Return what is spoken of and what the user did with it."""
    if place < 0:
        return "", ""
    row = rows.get(int(history.items[place]))
    return (_title(row) if row else "something"), SAID[KINDS[int(history.kinds[place])]]


def _title(row: ImageRow) -> str:
    for field in _TITLES:
        value = row.metadata.get(field)
        if isinstance(value, str) and value.strip():
            return value.strip()
    return row.uri.rstrip("/").rsplit("/", 1)[-1] or row.uri


_words: dict[str, Callable[[tuple[str, str]], str]] = {
    "content": lambda said: f"like {said[0]} that you {said[1]}",
    "collaborative": lambda said: f"people who {said[1]} {said[0]}",
    "popular": lambda _said: "popular",
}
