"""From the ids that were found to the hits that are handed back."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from lookalike.catalog import Catalog, ImageRow
from lookalike.errors import ImageError, SourceError
from lookalike.images import Limits, decode, thumbnail_jpeg
from lookalike.images.region import Box, framed
from lookalike.index import Neighbours
from lookalike.results import Hit, Hits, Repeat
from lookalike.settings import Settings
from lookalike.sources import read_file, uri_to_path

from .ranking.arranging import Arranged

__all__ = ["Hitmaker"]

_THUMBNAIL_SIDE = 128

PartOf = Callable[[int], Box | None]


@dataclass(frozen=True, slots=True)
class Hitmaker:
    """Looks up what was found, with one catalog."""

    catalog: Catalog
    settings: Settings

    def hits(
        self,
        name: str,
        arranged: Arranged,
        probabilities: Sequence[float],
        *,
        first: int,
        part_of: PartOf,
    ) -> Hits:
        """Return the hits of the query ``name``, the first of them with the rank ``first``.

        ``probabilities`` are those of what is shown, in its order; ``part_of`` tells which part
        of an image was found.
        """
        shown = arranged.shown
        known = set(shown.image_ids.tolist())
        folded = {one: arranged.repeats[one] for one in known & arranged.repeats.keys()}
        wanted = [*known, *(one for row in folded.values() for one in row.image_ids.tolist())]
        rows = self.catalog.images(wanted)
        hits: list[Hit] = []
        for image_id, score, probability in zip(
            shown.image_ids.tolist(), shown.scores.tolist(), probabilities, strict=True
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
        limits = Limits.of(self.settings)
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
