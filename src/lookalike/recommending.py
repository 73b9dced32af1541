"""Recommend images of a library, as ``library.recommend``."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from .errors import UsageError

if TYPE_CHECKING:
    from .catalog import Catalog
    from .examples import Example
    from .in_use import Parts
    from .recommendation import Recommendation, Recommendations
    from .settings import Settings

__all__ = ["Recommend"]


class Recommend:
    """Recommends images: more like some, or for a user. Call it."""

    def __init__(self, catalog: Catalog, parts: Callable[[], Parts], settings: Settings) -> None:
        self._catalog, self._parts, self._settings = catalog, parts, settings

    def __call__(
        self,
        *,
        like: Sequence[Example] | Example,
        dislike: Sequence[Example] | Example = (),
        k: int = 10,
        strategy: str = "average",
        diversity: float = 0.0,
    ) -> Recommendations:
        """Return ``k`` images of the library, the best first, each with the reason.

        ``like`` and ``dislike`` are images of the library (id, path or URL) or other pictures
        (path, URL, bytes, PIL image, array). What was given, and copies of it byte for byte, are
        not recommended. ``strategy`` is ``average``, ``best`` or ``sum`` (docs/recommendation.md);
        ``diversity``, in [0, 1], trades likeness for variety.

        Raises:
            UsageError: nothing to like, no such strategy, or a number out of range.
            NotInLibraryError: the library holds no image of that id.
            SourceError, ImageError: an example is neither in the library nor a picture.
        """
        return self._like_this(_several(like), _several(dislike), k, strategy, diversity)

    def _like_this(
        self,
        like: Sequence[Example],
        dislike: Sequence[Example],
        k: int,
        strategy: str,
        diversity: float,
    ) -> Recommendations:
        import numpy as np

        from .examples import read_examples
        from .recommendation.content import LibraryContent
        from .recommendation.like_this import check_wish, more_like
        from .recommendation.results import Recommendations

        check_wish(len(like), k, strategy, diversity)
        parts = self._parts()
        liked = read_examples(like, self._catalog, parts, self._settings)
        disliked = read_examples(dislike, self._catalog, parts, self._settings)
        found = more_like(
            LibraryContent(self._catalog, parts.index, parts.generation),
            liked.vectors,
            disliked.vectors,
            k=k,
            strategy=strategy,
            diversity=diversity,
            without=np.union1d(liked.same, disliked.same),
        )
        reasons = [f"like {_short(liked.names[place])}" for place in found.examples.tolist()]
        sources = ["content"] * len(reasons)
        listed = self._listed(found.items.tolist(), found.scores.tolist(), reasons, sources)
        return Recommendations(listed)

    def _listed(
        self,
        image_ids: Sequence[int],
        scores: Sequence[float],
        reasons: Sequence[str],
        sources: Sequence[str],
    ) -> tuple[Recommendation, ...]:
        from .recommendation.results import Recommendation

        rows = self._catalog.images(image_ids)
        listed: list[Recommendation] = []
        for image_id, score, reason, source in zip(
            image_ids, scores, reasons, sources, strict=True
        ):
            row = rows.get(image_id)
            if row is None:  # removed by another process between the two look-ups
                continue
            listed.append(
                Recommendation(
                    rank=len(listed) + 1,
                    uri=row.uri,
                    url=row.url,
                    score=score,
                    reason=reason,
                    source=source,
                    image_id=image_id,
                    page_url=row.page_url,
                    width=row.width,
                    height=row.height,
                    metadata=row.metadata,
                )
            )
        return tuple(listed)


def _several(examples: Sequence[Example] | Example) -> Sequence[Example]:
    """Return a list of examples; one alone may be given without brackets."""
    if isinstance(examples, list | tuple):
        return examples
    if isinstance(examples, set | frozenset | dict):
        raise UsageError("Give the examples as a list.")
    return [examples]  # type: ignore[list-item]


def _short(uri: str) -> str:
    return uri.rstrip("/").rsplit("/", 1)[-1] or uri
