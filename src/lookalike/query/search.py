"""Search a library with pictures."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from lookalike.catalog import Catalog, ImageRow
from lookalike.encoders import Encoder, load_encoder
from lookalike.errors import ImageError, SourceError, UsageError
from lookalike.images import Limits, decode, thumbnail_jpeg
from lookalike.results import Hit, Hits
from lookalike.settings import Settings
from lookalike.sources import read_file, uri_to_path

from .inputs import QueryImage, read_query

if TYPE_CHECKING:
    from lookalike.index import LibraryIndex, Neighbours

__all__ = ["Searcher"]

_THUMBNAIL_SIDE = 128


class Searcher:
    """Turns queries into hits, with one encoder, one index and one catalog."""

    def __init__(
        self, catalog: Catalog, index: LibraryIndex, *, model: str, settings: Settings
    ) -> None:
        self._catalog = catalog
        self._index = index
        self._model = model
        self._settings = settings
        self._encoder: Encoder | None = None
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
    ) -> list[Hits]:
        """Return the ``k`` most similar images for each query, the most alike first.

        ``min_score`` is a cosine in [-1, 1], ``min_probability`` lies in [0, 1]; hits below
        either are left out.

        Raises:
            UsageError: ``k`` or a bound is out of range, or a query of the wrong type.
            SourceError, ImageError: a query cannot be read.
        """
        _check(k, min_score, min_probability)
        if not queries:
            return []
        encoder = self.encoder
        names, inputs = [], []
        for query in queries:
            name, picture = read_query(
                query, settings=self._settings, shortest_side=encoder.card.decode_side
            )
            names.append(name)
            inputs.append(encoder.prepare(picture.pixels))
        vectors = encoder.encode(np.stack(inputs)).vectors
        found = self._index.search(vectors, k)
        return [
            self._hits(name, neighbours, min_score, min_probability)
            for name, neighbours in zip(names, found, strict=True)
        ]

    def _hits(
        self,
        name: str,
        neighbours: Neighbours,
        min_score: float | None,
        min_probability: float | None,
    ) -> Hits:
        card = self.encoder.card
        rows = self._catalog.images(neighbours.image_ids.tolist())
        hits: list[Hit] = []
        for image_id, score in zip(
            neighbours.image_ids.tolist(), neighbours.scores.tolist(), strict=True
        ):
            row = rows.get(image_id)
            if row is None:  # removed by another process between the two look-ups
                continue
            probability = float(card.probability(score))
            if min_score is not None and score < min_score:
                continue
            if min_probability is not None and probability < min_probability:
                continue
            hits.append(_hit(len(hits) + 1, row, score, probability))
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
