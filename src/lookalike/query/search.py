"""Search a library with pictures."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypedDict

import numpy as np
from numpy.typing import NDArray

from lookalike.catalog import Catalog, ImageRow
from lookalike.encoders import Encoder, load_encoder, model_card
from lookalike.errors import ImageError, SourceError, UsageError
from lookalike.images import Limits, decode, thumbnail_jpeg
from lookalike.results import Hit, Hits
from lookalike.settings import Settings
from lookalike.sources import read_file, uri_to_path

from .filters import Filters
from .inputs import QueryImage, read_query
from .ranking import pages_by_score
from .words import WordScores, WordSearcher, is_words, word_probability

if TYPE_CHECKING:
    from lookalike.index import LibraryIndex, Neighbours

__all__ = ["SearchOptions", "Searcher"]

_THUMBNAIL_SIDE = 128
_BY_SCORE = "score"


@dataclass(frozen=True, slots=True)
class _Bounds:
    score: float | None
    probability: float | None

    def reached(self, score: float, probability: float) -> bool:
        """Tell whether a hit is good enough."""
        if self.score is not None and score < self.score:
            return False
        return self.probability is None or probability >= self.probability


class SearchOptions(TypedDict, total=False):
    """What a search may be told beside its queries; see ``Searcher.search_batch``."""

    k: int
    min_score: float | None
    min_probability: float | None
    where: str | None
    sort: str
    offset: int
    among: int
    text: bool | None


class Searcher:
    """Turns queries into hits, with one encoder, one index and one catalog."""

    def __init__(
        self,
        catalog: Catalog,
        index: LibraryIndex,
        filters: Filters,
        *,
        model: str,
        settings: Settings,
    ) -> None:
        self._catalog = catalog
        self._index = index
        self._filters = filters
        self._model = model
        self._settings = settings
        self._encoder: Encoder | None = None
        self._words: WordSearcher | None = None
        self._lock = threading.Lock()

    @property
    def encoder(self) -> Encoder:
        """The encoder of the library's model, loaded at first use."""
        with self._lock:
            if self._encoder is None:
                self._encoder = load_encoder(self._model)
            return self._encoder

    def search_batch(
        self,
        queries: Sequence[QueryImage],
        *,
        k: int = 10,
        min_score: float | None = None,
        min_probability: float | None = None,
        where: str | None = None,
        sort: str = "score",
        offset: int = 0,
        among: int = 1000,
        text: bool | None = None,
    ) -> list[Hits]:
        """Return ``k`` of the images most similar to each query, after the first ``offset``.

        ``min_score`` is a cosine in [-1, 1], ``min_probability`` lies in [0, 1]; hits below
        either are left out. ``where`` is a filter, ``sort`` is ``score`` or a field with or
        without a minus, by which the ``among`` most alike are then put in order.
        ``text`` says whether strings are words; None guesses (see ``is_words``).

        Raises:
            UsageError: a number is out of range, a query of the wrong type, or ``where`` or
                ``sort`` no such thing.
            SourceError, ImageError: a query cannot be read.
        """
        _check(k, min_score, min_probability)
        if offset < 0 or among < 1:
            name, value = ("offset", offset) if offset < 0 else ("among", among)
            raise UsageError(f"{name} is {value}; expected {0 if offset < 0 else 1} or more.")
        bounds = _Bounds(min_score, min_probability)
        allowed = None if where is None else self._filters.allowed(where)
        if sort.removeprefix("-") == _BY_SCORE != sort:
            raise UsageError("By score the best always come first: sort is 'score', not '-score'.")
        if sort != _BY_SCORE:
            self._filters.sorted([], sort)  # so that a wrong one is told before any work
        if not queries:
            return []
        if any(is_words(query, text=text) for query in queries):
            options = SearchOptions(
                k=k,
                min_score=min_score,
                min_probability=min_probability,
                where=where,
                sort=sort,
                offset=offset,
                among=among,
                text=False,
            )
            page = slice(offset, offset + k)
            return [
                self._by_words(query, bounds, allowed, sort, page, among)
                if isinstance(query, str) and is_words(query, text=text)
                else self.search_batch([query], **options)[0]
                for query in queries
            ]
        names, vectors = self._encoded(queries)

        def search(depth: int) -> list[Neighbours]:
            return self._index.search(vectors, depth, allowed=allowed)

        if sort == _BY_SCORE:
            found = pages_by_score(search, k=k, offset=offset)
            return [
                self._hits(name, one, bounds, first=offset + 1)
                for name, one in zip(names, found, strict=True)
            ]
        whole = [
            self._hits(name, one, bounds) for name, one in zip(names, search(among), strict=True)
        ]
        return [self._in_order(hits, sort, slice(offset, offset + k)) for hits in whole]

    def _encoded(self, queries: Sequence[QueryImage]) -> tuple[list[str], NDArray[np.float32]]:
        encoder = self.encoder
        names, inputs = [], []
        for query in queries:
            name, picture = read_query(
                query, settings=self._settings, shortest_side=encoder.card.decode_side
            )
            names.append(name)
            inputs.append(encoder.prepare(picture.pixels))
        return names, encoder.encode(np.stack(inputs)).vectors

    def _in_order(self, hits: Hits, sort: str, page: slice) -> Hits:
        by_id = {hit.image_id: hit for hit in hits}
        order = self._filters.sorted(list(by_id), sort)
        chosen = [
            replace(by_id[image_id], rank=rank)
            for rank, image_id in enumerate(order[page], start=page.start + 1)
        ]
        return replace(hits, hits=tuple(chosen))

    @property
    def words(self) -> WordSearcher:
        """What scores all images for words, made at first use."""
        with self._lock:
            if self._words is None:
                self._words = WordSearcher(
                    self._catalog, self._index.generation, model_card(self._model), self._settings
                )
            return self._words

    def _by_words(
        self,
        words: str,
        bounds: _Bounds,
        allowed: NDArray[np.int64] | None,
        sort: str,
        page: slice,
        among: int,
    ) -> Hits:
        scores = self.words.scores(words)
        if allowed is not None:
            scores = scores.among(allowed)
        if sort == _BY_SCORE:
            found = scores.best(page.stop).part(page)
            return self._hits(words, found, bounds, first=page.start + 1, worded=True)
        whole = self._hits(words, scores.best(among), bounds, worded=True)
        return self._in_order(whole, sort, page)

    def _hits(
        self,
        name: str,
        neighbours: Neighbours | WordScores,
        bounds: _Bounds,
        first: int = 1,
        *,
        worded: bool = False,
    ) -> Hits:
        probability_of = word_probability if worded else self.encoder.card.probability
        rows = self._catalog.images(neighbours.image_ids.tolist())
        hits: list[Hit] = []
        for image_id, score in zip(
            neighbours.image_ids.tolist(), neighbours.scores.tolist(), strict=True
        ):
            row = rows.get(image_id)
            if row is None:  # removed by another process between the two look-ups
                continue
            probability = float(probability_of(score))
            if bounds.reached(score, probability):
                hits.append(_hit(first + len(hits), row, score, probability))
        return Hits(tuple(hits), name, self._thumbnail)

    def _thumbnail(self, hit: Hit) -> bytes | None:
        """Return a small JPEG of a local hit, or None when it cannot be had."""
        path = uri_to_path(hit.uri)
        if path is None:
            return None
        limits = Limits(max_pixels=self._settings.max_pixels, max_bytes=self._settings.max_bytes)
        try:
            picture = decode(
                read_file(path, limits=limits), shortest_side=_THUMBNAIL_SIDE, limits=limits
            )
        except (ImageError, SourceError):
            return None
        return thumbnail_jpeg(picture.pixels, longest_side=_THUMBNAIL_SIDE)


def _hit(rank: int, row: ImageRow, score: float, probability: float) -> Hit:
    return Hit(
        rank=rank,
        uri=row.uri,
        url=row.url,
        score=float(score),
        probability=probability,
        width=row.width,
        height=row.height,
        image_id=row.image_id,
        page_url=row.page_url,
        format=row.format,
        size=row.size,
        metadata=row.metadata,
    )


def _check(k: int, min_score: float | None, min_probability: float | None) -> None:
    if k < 1:
        raise UsageError(f"k is {k}; expected 1 or more.")
    if min_score is not None and not -1.0 <= min_score <= 1.0:
        raise UsageError(f"min_score is {min_score}; a cosine lies between -1 and 1.")
    if min_probability is not None and not 0.0 <= min_probability <= 1.0:
        raise UsageError(
            f"min_probability is {min_probability}; a probability lies between 0 and 1."
        )
