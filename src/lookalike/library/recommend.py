"""Recommend images of a library, as ``library.recommend``."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from lookalike.catalog import ImageRow
from lookalike.errors import UsageError
from lookalike.recommendation.assessing import SplitBy
from lookalike.recommendation.content import LibraryContent
from lookalike.recommendation.for_user import ForUser
from lookalike.recommendation.like_this import Strategy, check_wish, more_like
from lookalike.recommendation.serving import check_numbers
from lookalike.results import Assessment, LearnedNote, Progress, Recommendation, Recommendations

from .examples import Given, read_given
from .session import Session

__all__ = ["Recommend"]


class Recommend:
    """Recommends images: more like some, or for a user. Call it."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._made: ForUser | None = None

    def __call__(
        self,
        user: str | None = None,
        *,
        like: Sequence[Given] | Given = (),
        dislike: Sequence[Given] | Given = (),
        k: int = 10,
        strategy: Strategy = "average",
        diversity: float = 0.0,
        explore: float = 0.0,
        seed: int = 0,
        progress: Callable[[Progress], None] | None = None,
    ) -> Recommendations:
        """Return ``k`` images of the library, the best first, each with the reason.

        Either for a ``user``, from the events of all users (``library.events``) and how the
        images look; what the user has seen, and copies of it, are left out, and somebody without
        events gets what is popular or new. ``explore``, in [0, 1], is the share of the list, at
        its end, that is drawn at random with ``seed``. What is learned from the events is learned
        at the first call, kept, and learned again when there are a tenth more.

        Or more ``like`` some and less like those to ``dislike``: images of the library (id, path
        or URL) or other pictures (path, URL, bytes, PIL image, array). What was given, and copies
        of it byte for byte, are left out. ``strategy`` is ``average``, ``best`` or ``sum``
        (docs/recommendation.md).

        ``diversity``, in [0, 1], trades what fits best for variety.

        Raises:
            UsageError: neither or both of a user and likes, no such strategy, a number out of
                range.
            NotInLibraryError: the library holds no image of that id.
            SourceError, ImageError: an example is neither in the library nor a picture.
        """
        liked, disliked = _several(like), _several(dislike)
        if user is None:
            if explore != 0:
                raise UsageError("explore is for the recommendations of a user.")
            return self._like_this(liked, disliked, k, strategy, diversity)
        if liked or disliked:
            raise UsageError("Recommend either for a user, or by what to like, not both.")
        if not isinstance(user, str) or not user.strip():
            raise UsageError(f"The user is {user!r}; expected a text that is not empty.")

        check_numbers(k, diversity, explore)
        served = self._for_user().serve(
            user.strip(), k, diversity=diversity, explore=explore, seed=seed, progress=progress
        )
        listed = (_shown(rank, *row) for rank, row in enumerate(served.rows, start=1))
        return Recommendations(tuple(listed), served.note)

    def learn(self, *, progress: Callable[[Progress], None] | None = None) -> LearnedNote:
        """Learn from all events now, rather than when a tenth has come since the last time."""
        return self._for_user().learn(progress)

    def evaluate(
        self,
        *,
        split: SplitBy = "user",
        share: float = 0.2,
        k: int = 10,
        progress: Callable[[Progress], None] | None = None,
    ) -> Assessment:
        """Return how well the later events are foretold from the earlier ones.

        ``split`` is ``user``, the last ``share`` of each user's choices, or ``period``, that of
        all choices after one moment. Lists of ``k`` are made of the whole library.

        Raises:
            UsageError: there are too few events, no such split, or a number out of range.
        """
        return self._for_user().evaluate(split=split, share=share, k=k, progress=progress)

    def __repr__(self) -> str:
        return "<Recommend: call it with a user, or with like=[…]>"

    def _for_user(self) -> ForUser:
        session = self._session
        _ = session.catalog  # a closed library has none
        if self._made is None:
            self._made = ForUser(session.catalog, session.now, session.folder)
        return self._made

    def _like_this(
        self,
        like: Sequence[Given],
        dislike: Sequence[Given],
        k: int,
        strategy: Strategy,
        diversity: float,
    ) -> Recommendations:

        check_wish(len(like), k, strategy, diversity)
        view = self._session.now()
        liked = read_given(like, self._session, view)
        disliked = read_given(dislike, self._session, view)
        found = more_like(
            LibraryContent(self._session.catalog, view.index, view.generation),
            liked.vectors,
            disliked.vectors,
            k=k,
            strategy=strategy,
            diversity=diversity,
            without=np.union1d(liked.same, disliked.same),
        )
        reasons = [f"like {_short(liked.names[place])}" for place in found.examples.tolist()]
        rows = self._session.catalog.images(found.items.tolist())
        listed: list[Recommendation] = []
        for image_id, score, reason in zip(
            found.items.tolist(), found.scores.tolist(), reasons, strict=True
        ):
            if image_id in rows:  # else removed by another process between the two look-ups
                listed.append(_shown(len(listed) + 1, rows[image_id], score, reason, "content"))
        return Recommendations(tuple(listed))


def _shown(rank: int, row: ImageRow, score: float, reason: str, source: str) -> Recommendation:
    return Recommendation(
        rank=rank,
        uri=row.uri,
        url=row.url,
        score=score,
        reason=reason,
        source=source,
        image_id=row.image_id,
        page_url=row.page_url,
        width=row.width,
        height=row.height,
        metadata=row.metadata,
    )


def _several(examples: Sequence[Given] | Given) -> Sequence[Given]:
    """Return a list of examples; one alone may be given without brackets."""
    if isinstance(examples, list | tuple):
        return examples
    if isinstance(examples, set | frozenset | dict):
        raise UsageError("Give the examples as a list.")
    return [examples]  # type: ignore[list-item]


def _short(uri: str) -> str:
    return uri.rstrip("/").rsplit("/", 1)[-1] or uri
