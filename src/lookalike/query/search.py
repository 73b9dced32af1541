"""Search a library with pictures, words, and sums of them."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
from numpy.typing import NDArray

from lookalike.catalog import Catalog
from lookalike.encoders import Encoder, ModelCard, load_encoder, model_card
from lookalike.errors import UsageError
from lookalike.filters.filters import Filters
from lookalike.images.region import Region
from lookalike.index import Neighbours
from lookalike.results import Hits, SearchOptions
from lookalike.settings import Settings

from .encoding import encode_parts, encode_queries
from .hits import Hitmaker, PartOf
from .inputs import Known, QueryImage
from .ranking.arranging import Arranging, Keep
from .ranking.pages import Search
from .ranking.parts import PartRanking
from .sums.asked import Sum, sum_of
from .sums.ranking import SumRanking, SumTerms
from .words import WordSearcher, is_words, word_probability

if TYPE_CHECKING:
    from lookalike.index import LibraryIndex

__all__ = ["Query", "Searcher"]

Query: TypeAlias = "QueryImage | Known | Sum"
"""What a search may be asked with: a picture, words, a vector that is known, or a sum."""


@dataclass(frozen=True, slots=True)
class _Plan:
    """What the options of a search come to in the library as it is now."""

    options: SearchOptions
    allowed: NDArray[np.int64] | None
    arranging: Arranging

    def keep(
        self, found: Neighbours, *, probability_of: Callable[[float], float], worded: bool = False
    ) -> Neighbours:
        """Return those that are good enough."""
        score = self.options.min_score
        probability = None if worded else self.options.min_probability
        if score is None and probability is None:
            return found
        good = [
            (score is None or one >= score)
            and (probability is None or probability_of(one) >= probability)
            for one in found.scores.tolist()
        ]
        rows = np.flatnonzero(good)
        return Neighbours(found.image_ids[rows], found.scores[rows])


@dataclass(frozen=True, slots=True)
class _Ranking:
    """What ranks the images for some queries, and what it knows of those that it finds."""

    names: Sequence[str]
    search: Search
    keep: Keep
    probabilities: Callable[[Neighbours], list[float]]
    part_of: Sequence[PartOf]


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
        self.card: ModelCard = model_card(model)
        """The card of the library's model."""
        self._hitmaker = Hitmaker(catalog, settings)
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

    @property
    def words(self) -> WordSearcher:
        """What scores all images for words, made at first use."""
        with self._lock:
            if self._words is None:
                self._words = WordSearcher(
                    self._catalog, self._index.generation, self.card, self._settings
                )
            return self._words

    def search_batch(self, queries: Sequence[Query], options: SearchOptions) -> list[Hits]:
        """Return the images most similar to each query.

        Strings are words, sums, or name pictures, see ``is_words`` and ``sum_of``. ``fold`` and
        ``diversity`` are those of :class:`Arranging`, ``region`` is a
        :class:`lookalike.images.region.Region`. With ``parts`` an image is as alike as the most
        alike of its parts, see :class:`PartRanking`.

        Raises:
            UsageError: a query is of the wrong type or a broken sum, ``where`` or ``sort`` no
                such thing, the library has no parts, or the query no region.
            SourceError, ImageError: a query cannot be read.
        """
        plan = self._planned(options)
        asked = [sum_of(query, text=options.text) or query for query in queries]
        _check_whole_pictures(asked, options)
        if not any(_in_words(query, options.text) for query in asked):
            return self._pages(plan, self._by_pictures(plan, asked)) if asked else []
        return [self._pages(plan, self._ranked(plan, query))[0] for query in asked]

    def _planned(self, options: SearchOptions) -> _Plan:
        allowed = None if options.where is None else self._filters.allowed(options.where)
        if not options.by_score:
            self._filters.sorted([], options.sort)  # so that a wrong one is told before any work
        arranging = Arranging(
            self._catalog, self._index.generation, options.fold, options.diversity
        )
        return _Plan(options, allowed, arranging)

    def _pages(self, plan: _Plan, ranking: _Ranking) -> list[Hits]:
        """Return the page of hits that was asked for, for each query of a ranking."""
        options, arranging, first = plan.options, plan.arranging, 1
        if options.by_score:
            first += options.offset
            found = arranging.pages(
                ranking.search, ranking.keep, k=options.k, offset=options.offset
            )
        else:
            near = ranking.search(options.among)
            found = [arranging.folded(ranking.keep(one)) for one in near]
        hits = [
            self._hitmaker.hits(
                name, one, ranking.probabilities(one.shown), first=first, part_of=part_of
            )
            for name, one, part_of in zip(ranking.names, found, ranking.part_of, strict=True)
        ]
        return hits if options.by_score else [self._in_order(one, options) for one in hits]

    def _in_order(self, hits: Hits, options: SearchOptions) -> Hits:
        by_id = {hit.image_id: hit for hit in hits}
        order = self._filters.sorted(list(by_id), options.sort)
        chosen = [
            replace(by_id[image_id], rank=rank)
            for rank, image_id in enumerate(order, start=1)
            if options.offset < rank <= options.offset + options.k
        ]
        return replace(hits, hits=tuple(chosen))

    def _by_pictures(self, plan: _Plan, queries: Sequence[Query]) -> _Ranking:
        options, allowed = plan.options, plan.allowed
        region = None if options.region is None else Region.of(options.region)
        names, vectors = encode_queries(queries, lambda: self.encoder, self._settings, region)

        def search(depth: int) -> list[Neighbours]:
            return self._index.search(vectors, depth, allowed=allowed)

        whole: Search = search
        part_of: list[PartOf] = [_no_part] * len(names)
        if options.parts:
            parts = PartRanking(
                self._catalog, self._index.generation, vectors, whole=search, allowed=allowed
            )
            whole, part_of = parts.search, [parts.part_of(row) for row in range(len(names))]
        keep = partial(plan.keep, probability_of=self.card.probability)
        return _Ranking(names, whole, keep, self._seen, part_of)

    def _ranked(self, plan: _Plan, query: Query) -> _Ranking:
        if not isinstance(query, str | Sum) or not _in_words(query, plan.options.text):
            return self._by_pictures(plan, [query])
        return self._by_sum(plan, query) if isinstance(query, Sum) else self._by_words(plan, query)

    def _by_words(self, plan: _Plan, words: str) -> _Ranking:
        scores = self.words.scores(words)
        if plan.allowed is not None:
            scores = scores.among(plan.allowed)

        def search(depth: int) -> list[Neighbours]:
            best = scores.best(depth)
            return [Neighbours(best.image_ids, best.scores)]

        keep = partial(plan.keep, probability_of=word_probability)
        return _Ranking([words], search, keep, _said, [_no_part])

    def _by_sum(self, plan: _Plan, asked: Sum) -> _Ranking:
        pictures = asked.pictures
        units = np.zeros((0, self.card.dimensions), np.float32)
        if pictures:
            _, units = encode_parts(pictures, lambda: self.encoder, self._settings)
        ranking = SumRanking(
            self._catalog,
            self._index,
            terms=SumTerms(
                units,
                np.array([part.weight for part in pictures]),
                [(self.words.scores(words), weight) for words, weight in asked.words.items()],
            ),
            probability=self.card.probability,
            min_probability=plan.options.min_probability,
            allowed=plan.allowed,
        )
        # The ranking itself leaves out what is too improbable.
        keep = partial(plan.keep, probability_of=word_probability, worded=True)
        return _Ranking([asked.name], ranking.best, keep, ranking.probabilities, [_no_part])

    def _seen(self, found: Neighbours) -> list[float]:
        return [self.card.probability(score) for score in found.scores.tolist()]


def _check_whole_pictures(asked: Sequence[Query], options: SearchOptions) -> None:
    """Refuse a part of what is no picture."""
    worded = any(isinstance(one, Sum) or is_words(one, text=options.text) for one in asked)
    if worded and options.region is not None:
        raise UsageError("A region is a part of one picture: not of words, and not of a sum.")
    if worded and options.parts:
        raise UsageError("Parts are searched with a picture: not with words, nor with a sum.")


def _no_part(_image_id: int) -> None:
    return None


def _said(found: Neighbours) -> list[float]:
    return [word_probability(score) for score in found.scores.tolist()]


def _in_words(query: Query, text: bool | None) -> bool:
    return bool(query.words) if isinstance(query, Sum) else is_words(query, text=text)
