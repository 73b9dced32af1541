"""Judge recommenders on choices that came later than all they learned from."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

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
from lookalike.results import Assessed, Assessment

from .content import Content
from .history import Interactions
from .hybrid import Filled, HeldOut, Hybrid
from .learning import UNLEARNED_WEIGHTS, fit_parts, weigh
from .popularity import Popularity, positions
from .protocol import Recommender
from .splitting import held_out, later_by_period, later_by_user

__all__ = ["SPLITS", "assess", "lists_of"]

SPLITS: Mapping[str, Callable[[Interactions, float], NDArray[np.bool_]]] = {
    "user": later_by_user,
    "period": later_by_period,
}


def assess(
    known: Interactions,
    content: Content | None,
    catalogue: int,
    *,
    split: str = "user",
    share: float = 0.2,
    k: int = 10,
    least_weight: float = 0.0,
    factorise: bool | None = None,
    stage: Callable[[str], None] = lambda name: None,
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
    named = [popularity, *parts[:-1], Hybrid(parts, weights)]
    return _measured(named, tested, popularity, content, earlier, catalogue, k, weights, split)


def lists_of(recommender: Recommender, tested: Sequence[HeldOut], k: int) -> NDArray[np.int64]:
    """Return the first ``k`` items for each user, int64 (n, k), with -1 where there are fewer."""
    lists = np.full((len(tested), k), -1, np.int64)
    for place, one in enumerate(tested):
        items = recommender.recommend(one.history, k).items
        lists[place, : len(items)] = items
    return lists


def _measured(
    recommenders: Sequence[Recommender],
    tested: Sequence[HeldOut],
    popularity: Popularity,
    content: Content | None,
    earlier: Interactions,
    catalogue: int,
    k: int,
    weights: Mapping[str, float],
    split: str,
) -> Assessment:
    relevant = [one.chosen_later for one in tested]
    users = len(np.unique(earlier.users))
    rows, values = [], {}
    for recommender in recommenders:
        lists = lists_of(Filled(recommender, popularity), tested, k)
        ndcg = ndcg_at_k(lists, relevant, k)
        values[recommender.name] = ndcg
        rows.append(
            Assessed(
                name=recommender.name,
                recall=float(np.nanmean(share_found_at_k(lists, relevant, k))),
                ndcg=float(np.nanmean(ndcg)),
                ndcg_interval=bootstrap_interval(ndcg),
                coverage=catalogue_coverage(lists, catalogue),
                diversity=_diversity(lists, content),
                novelty=_novelty(lists, popularity, users),
            )
        )
    best = recommenders[-1].name
    gains = {}
    for name, ndcg in values.items():
        if name != best:
            more = values[best] - ndcg
            gains[name] = float(np.nanmean(more)), bootstrap_interval(more)
    return Assessment(
        tuple(rows),
        gains,
        dict(weights),
        users=len(tested),
        newcomers=sum(not len(one.history) for one in tested),
        wanted=sum(map(len, relevant)),
        k=k,
        split=split,
    )


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
