"""Judge recommenders on choices that came later than all they learned from."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import KW_ONLY, dataclass
from typing import Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from lookalike.errors import UsageError
from lookalike.evaluation import (
    bootstrap_interval,
    catalogue_coverage,
    intra_list_diversity,
    ndcg_at_k,
    novelty,
    share_found_at_k,
)
from lookalike.results import Assessed, Assessment, Gain

from .content import Content
from .history import Interactions
from .hybrid import Filled, HeldOut, Hybrid
from .learning import UNLEARNED_WEIGHTS, fit_parts, weigh
from .popularity import Popularity, positions
from .protocol import Recommender
from .splitting import held_out, later_by_period, later_by_user

__all__ = ["SPLITS", "SplitBy", "assess", "lists_of"]

SplitBy: TypeAlias = Literal["user", "period"]
SPLITS: Mapping[SplitBy, Callable[[Interactions, float], NDArray[np.bool_]]] = {
    "user": later_by_user,
    "period": later_by_period,
}


def assess(
    known: Interactions,
    content: Content | None,
    catalogue: int,
    *,
    split: SplitBy = "user",
    share: float = 0.2,
    k: int = 10,
    least_weight: float = 0.0,
    factorise: bool | None = None,
    stage: Callable[[str], None] = lambda _name: None,
) -> Assessment:
    """Learn from the earlier choices and measure on the later ones, over the whole catalogue.

    The weights of the hybrid are learned within the earlier choices; nothing of the test is used
    before the lists are made. Lists that a recommender cannot fill are filled with what is
    popular, for all alike.

    Args:
        known: what users chose and refused.
        content: vectors of the items, or None.
        catalogue: how many items could be recommended.
        split: ``user``, the last choices of each user, or ``period``, those of all users after
            one moment.
        share: of the choices, that is tested on, in (0, 1).
        k: length of the lists.
        least_weight: what is to be foretold are choices of at least this weight.
        factorise: whether to factorise; None where that is possible and quick.
        stage: hears what is being done.

    Raises:
        UsageError: no such split, a share out of range, or nobody to test on.
    """
    if split not in SPLITS:
        raise UsageError(f"There is no split {split!r}; expected one of {', '.join(SPLITS)}.")
    if k < 1:
        raise UsageError(f"k is {k}; expected 1 or more.")
    later = SPLITS[split](known, share)
    earlier = known.where(~later)
    wanted = known.where(later & ~known.disliked & (known.weights >= least_weight))
    tested = held_out(earlier, wanted)
    if not tested or not len(earlier.chosen()):
        raise UsageError(
            "There are too few events to evaluate with: nobody chose something, and something "
            "else later. Import more with: lookalike events import FILE"
        )
    stage("weigh")
    found = weigh(earlier, content, factorise=factorise, least_weight=least_weight)
    weights = UNLEARNED_WEIGHTS if found is None else found[0]
    stage("fit")
    parts = fit_parts(earlier, content, factorise=factorise)
    popularity = Popularity.fit(earlier)
    stage("recommend")
    users = len(np.unique(earlier.users))
    test = _Test(tested, popularity, content, users=users, catalogue=catalogue, k=k)
    hybrid = Hybrid(parts, weights)
    rows, ndcg = [], {}
    for recommender in (popularity, *parts[:-1], hybrid):
        row, ndcg[row.name] = test.judged(recommender)
        rows.append(row)
    return Assessment(
        tuple(rows),
        _gains(ndcg, hybrid.name),
        dict(weights),
        users=len(tested),
        newcomers=sum(not len(one.history) for one in tested),
        wanted=sum(len(one.chosen_later) for one in tested),
        k=k,
        split=split,
    )


def lists_of(recommender: Recommender, tested: Sequence[HeldOut], k: int) -> NDArray[np.int64]:
    """Return the first ``k`` items for each user, int64 (n, k), with -1 where there are fewer."""
    lists = np.full((len(tested), k), -1, np.int64)
    for place, one in enumerate(tested):
        items = recommender.recommend(one.history, k).items
        lists[place, : len(items)] = items
    return lists


@dataclass(frozen=True, slots=True)
class _Test:
    """Whose later choices are to be foretold, and what novelty and coverage are counted by."""

    tested: Sequence[HeldOut]
    popularity: Popularity
    content: Content | None
    _: KW_ONLY
    users: int
    catalogue: int
    k: int

    def judged(self, recommender: Recommender) -> tuple[Assessed, NDArray[np.float64]]:
        """Return what a recommender reaches, and NDCG@k for each user."""
        relevant = [one.chosen_later for one in self.tested]
        lists = lists_of(Filled(recommender, self.popularity), self.tested, self.k)
        ndcg = ndcg_at_k(lists, relevant, self.k)
        row = Assessed(
            name=recommender.name,
            recall=float(np.nanmean(share_found_at_k(lists, relevant, self.k))),
            ndcg=float(np.nanmean(ndcg)),
            ndcg_interval=bootstrap_interval(ndcg),
            coverage=catalogue_coverage(lists, self.catalogue),
            diversity=_diversity(lists, self.content),
            novelty=_novelty(lists, self.popularity, self.users),
        )
        return row, ndcg


def _gains(ndcg: Mapping[str, NDArray[np.float64]], best: str) -> dict[str, Gain]:
    """Return how much more NDCG one recommender has than each other, with its interval."""
    gains = {}
    for name, other in ndcg.items():
        if name != best:
            more = ndcg[best] - other
            gains[name] = Gain(float(np.nanmean(more)), bootstrap_interval(more))
    return gains


def _diversity(lists: NDArray[np.int64], content: Content | None) -> float | None:
    if content is None:
        return None
    known, vectors = content.vectors(np.unique(lists[lists >= 0]))
    rows = []
    for items in lists:
        places, present = positions(known, items[items >= 0])
        rows.append(vectors[places[present]])
    values = intra_list_diversity(rows)
    return None if np.isnan(values).all() else float(np.nanmean(values))


def _novelty(lists: NDArray[np.int64], popularity: Popularity, users: int) -> float:
    places, known = positions(popularity.item_ids, lists.ravel())
    counts = np.append(popularity.counts, 0.0)  # the last: what nobody chose
    places = np.where(known, places, len(popularity.counts))
    places = np.where(lists.ravel() >= 0, places, -1).reshape(lists.shape)
    return float(np.nanmean(novelty(places, counts, users)))
