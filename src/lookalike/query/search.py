"""Search a library with pictures."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, TypedDict

import numpy as np
from numpy.typing import NDArray

from lookalike.catalog import Catalog, ImageRow
from lookalike.encoders import Encoder, load_encoder, model_card
from lookalike.errors import ImageError, SourceError, UsageError
from lookalike.filters.filters import Filters
from lookalike.images import Limits, decode, thumbnail_jpeg
from lookalike.images.region import Box, Region, framed
from lookalike.index import Neighbours
from lookalike.results import Hit, Hits, Repeat
from lookalike.settings import Settings
from lookalike.sources import read_file, uri_to_path

from .encoding import encode_parts, encode_queries
from .inputs import QueryImage
from .ranking.arranging import Arranged, Arranging
from .ranking.parts import PartRanking
from .sums.asked import Sum, sum_of
from .sums.ranking import SumRanking
from .words import WordSearcher, is_words, word_probability

if TYPE_CHECKING:
    from lookalike.index import LibraryIndex

__all__ = ["SearchOptions", "Searcher"]

_THUMBNAIL_SIDE = 128
_BY_SCORE = "score"


@dataclass(frozen=True, slots=True)
class _Bounds:
    score: float | None
    probability: float | None

    def kept(self, found: Neighbours, probability_of: Callable[[float], float]) -> Neighbours:
        """Return those that are good enough."""
        if self.score is None and self.probability is None:
            return found
        good = [
            (self.score is None or score >= self.score)
            and (self.probability is None or probability_of(score) >= self.probability)
            for score in found.scores.tolist()
        ]
        rows = np.flatnonzero(good)
        return Neighbours(found.image_ids[rows], found.scores[rows])


def _no_part(image_id: int) -> None:
    return None


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
    fold: bool
    diversity: float
    region: Region | Sequence[float] | None
    parts: bool


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
        queries: Sequence[QueryImage | Sum],
        *,
        k: int = 10,
        min_score: float | None = None,
        min_probability: float | None = None,
        where: str | None = None,
        sort: str = "score",
        offset: int = 0,
        among: int = 1000,
        text: bool | None = None,
        fold: bool = False,
        diversity: float = 0.0,
        region: Region | Sequence[float] | None = None,
        parts: bool = False,
    ) -> list[Hits]:
        """Return ``k`` of the images most similar to each query, after the first ``offset``.

        ``min_score`` is a cosine in [-1, 1], ``min_probability`` lies in [0, 1]; hits below
        either are left out. ``where`` is a filter, ``sort`` is ``score`` or a field with or
        without a minus, by which the ``among`` most alike are then put in order.
        ``text`` says whether strings are words; None guesses (see ``is_words`` and ``sum_of``).
        ``fold`` and ``diversity`` are those of :class:`Arranging`. ``region`` is the part of
        each picture to search with, see :class:`lookalike.images.region.Region`. With ``parts``
        an image is as alike as the most alike of its parts, see :class:`PartRanking`.

        Raises:
            UsageError: a number is out of range, a query of the wrong type or a broken sum,
                ``where`` or ``sort`` no such thing, or the library has no parts.
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
        arranging = Arranging(self._catalog, self._index.generation, fold, diversity)
        arranging.check(by_score=sort == _BY_SCORE)
        if not queries:
            return []
        queries = [sum_of(query, text=text) or query for query in queries]
        part = None if region is None else Region.of(region)
        worded = any(isinstance(one, Sum) or is_words(one, text=text) for one in queries)
        if worded and part:
            raise UsageError("A region is a part of one picture: not of words, and not of a sum.")
        if worded and parts:
            raise UsageError("Parts are searched with a picture: not with words, nor with a sum.")
        if any(_in_words(query, text) for query in queries):
            options = SearchOptions(
                k=k,
                min_score=min_score,
                min_probability=min_probability,
                where=where,
                sort=sort,
                offset=offset,
                among=among,
                text=False,
                fold=fold,
                diversity=diversity,
            )
            page = slice(offset, offset + k)
            return [
                self._by_words(query, bounds, allowed, sort, page, among, arranging)
                if isinstance(query, str | Sum) and _in_words(query, text)
                else self.search_batch([query], **options)[0]
                for query in queries
            ]
        names, vectors = encode_queries(queries, self.encoder, self._settings, part)

        def search(depth: int) -> list[Neighbours]:
            return self._index.search(vectors, depth, allowed=allowed)

        part_of: list[Callable[[int], Box | None]] = [_no_part] * len(names)
        if parts:
            ranking = PartRanking(
                self._catalog, self._index.generation, vectors, whole=search, allowed=allowed
            )
            search, part_of = ranking.search, [ranking.part_of(row) for row in range(len(names))]
        keep = partial(bounds.kept, probability_of=self.encoder.card.probability)
        if sort == _BY_SCORE:
            found = arranging.pages(search, keep, k=k, offset=offset)
            return [
                self._hits(name, one, self._seen, first=offset + 1, part_of=own)
                for name, one, own in zip(names, found, part_of, strict=True)
            ]
        whole = [
            self._hits(name, arranging.folded(keep(one)), self._seen, part_of=own)
            for name, one, own in zip(names, search(among), part_of, strict=True)
        ]
        return [self._in_order(hits, sort, slice(offset, offset + k)) for hits in whole]

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
        words: str | Sum,
        bounds: _Bounds,
        allowed: NDArray[np.int64] | None,
        sort: str,
        page: slice,
        among: int,
        arranging: Arranging,
    ) -> Hits:
        if isinstance(words, Sum):
            ranking = self._sum_ranking(words, bounds.probability, allowed)
            name, search, probabilities = words.name, ranking.best, ranking.probabilities
            bounds = _Bounds(bounds.score, None)
        else:
            name, probabilities = words, _worded
            scores = self.words.scores(words)
            if allowed is not None:
                scores = scores.among(allowed)

            def search(depth: int) -> list[Neighbours]:
                best = scores.best(depth)
                return [Neighbours(best.image_ids, best.scores)]

        keep = partial(bounds.kept, probability_of=word_probability)
        if sort == _BY_SCORE:
            k = page.stop - page.start
            (found,) = arranging.pages(search, keep, k=k, offset=page.start)
            return self._hits(name, found, probabilities, first=page.start + 1)
        whole = self._hits(name, arranging.folded(keep(search(among)[0])), probabilities)
        return self._in_order(whole, sort, page)

    def _sum_ranking(
        self, asked: Sum, least: float | None, allowed: NDArray[np.int64] | None
    ) -> SumRanking:
        pictures = asked.pictures
        units = np.zeros((0, self.encoder.card.dimensions), np.float32)
        if pictures:
            _, units = encode_parts(pictures, self.encoder, self._settings)
        return SumRanking(
            self._catalog,
            self._index,
            units=units,
            weights=np.array([part.weight for part in pictures]),
            words=[(self.words.scores(words), weight) for words, weight in asked.words.items()],
            probability=self.encoder.card.probability,
            min_probability=least,
            allowed=allowed,
        )

    def _seen(self, found: Neighbours) -> list[float]:
        return [self.encoder.card.probability(score) for score in found.scores.tolist()]

    def _hits(
        self,
        name: str,
        arranged: Arranged,
        probabilities: Callable[[Neighbours], list[float]],
        first: int = 1,
        part_of: Callable[[int], Box | None] = _no_part,
    ) -> Hits:
        shown = arranged.shown
        known = set(shown.image_ids.tolist())
        folded = {one: arranged.repeats[one] for one in known & arranged.repeats.keys()}
        wanted = [*known, *(one for row in folded.values() for one in row.image_ids.tolist())]
        rows = self._catalog.images(wanted)
        hits: list[Hit] = []
        for image_id, score, probability in zip(
            shown.image_ids.tolist(), shown.scores.tolist(), probabilities(shown), strict=True
        ):
            row = rows.get(image_id)
            if row is None:  # removed by another process between the two look-ups
                continue
            hit = _hit(first + len(hits), row, score, probability, part_of(image_id))
            if image_id in folded:
                hit = replace(hit, repeats=_repeats(folded[image_id], rows))
            hits.append(hit)
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
        pixels = picture.pixels if hit.part is None else framed(picture, hit.part)
        return thumbnail_jpeg(pixels, longest_side=_THUMBNAIL_SIDE)


def _hit(rank: int, row: ImageRow, score: float, probability: float, part: Box | None) -> Hit:
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
        part=part,
    )


def _repeats(folded: Neighbours, rows: Mapping[int, ImageRow]) -> tuple[Repeat, ...]:
    scored = zip(folded.image_ids.tolist(), folded.scores.tolist(), strict=True)
    return tuple(
        Repeat(rows[image_id].uri, rows[image_id].url, score, image_id)
        for image_id, score in scored
        if image_id in rows
    )


def _worded(found: Neighbours) -> list[float]:
    return [word_probability(score) for score in found.scores.tolist()]


def _in_words(query: QueryImage | Sum, text: bool | None) -> bool:
    return bool(query.words) if isinstance(query, Sum) else is_words(query, text=text)


def _check(k: int, min_score: float | None, min_probability: float | None) -> None:
    if k < 1:
        raise UsageError(f"k is {k}; expected 1 or more.")
    if min_score is not None and not -1.0 <= min_score <= 1.0:
        raise UsageError(f"min_score is {min_score}; a cosine lies between -1 and 1.")
    if min_probability is not None and not 0.0 <= min_probability <= 1.0:
        raise UsageError(
            f"min_probability is {min_probability}; a probability lies between 0 and 1."
        )
