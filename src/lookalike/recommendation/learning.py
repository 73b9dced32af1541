"""Learn from events: the recommenders, and how to mix them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from .by_looks import ByLooks
from .content import Content
from .factors import can_factorise, fit_factors
from .history import Interactions
from .hybrid import Hybrid, fit_mix
from .neighbours import fit_ease, fit_item_item
from .popularity import Popularity
from .protocol import Recommender
from .splitting import held_out, later_by_user

__all__ = ["UNLEARNED_WEIGHTS", "Learned", "fit_parts", "learn", "weigh"]

UNLEARNED_WEIGHTS = {"content": 0.8, "item-item": 0.1, "popularity": 0.1}
"""How the parts are mixed where there are too few events to learn it."""

_LEAST_USERS = 20
_VALIDATED_SHARE = 0.1
_MOST_VALIDATED = 400
_MOST_FACTORISED = 200_000


@dataclass(frozen=True, slots=True)
class Learned:
    """Recommenders that know all events, and weights that served best on those held out.

    ``value`` is the mean NDCG@10 with these weights on the choices held out for that, from models
    that had not seen them; NaN when there were too few events to learn weights.
    """

    parts: tuple[Recommender, ...]
    weights: dict[str, float]
    value: float
    users: int

    def hybrid(self) -> Hybrid:
        """Return all parts as one."""
        return Hybrid(self.parts, self.weights)


def fit_parts(
    known: Interactions, content: Content | None, *, factorise: bool | None = None
) -> tuple[Recommender, ...]:
    """Return the recommenders, fitted: by looks, item-item, EASE, factors and popularity.

    By looks only with ``content``; factors with ``implicit`` installed, up to 200,000 items.
    """
    popularity = Popularity.fit(known)
    parts: list[Recommender] = [] if content is None else [ByLooks(content)]
    parts += [fit_item_item(known), fit_ease(known)]
    if factorise is None:
        factorise = can_factorise() and len(popularity.item_ids) <= _MOST_FACTORISED
    if factorise and len(popularity.item_ids):
        parts.append(fit_factors(known))
    return (*parts, popularity)


def weigh(
    known: Interactions,
    content: Content | None,
    *,
    factorise: bool | None = None,
    least_weight: float = 0.0,
) -> tuple[dict[str, float], float] | None:
    """Return the weights of the parts that best foretell the last tenth of each user's choices.

    They are those of the highest NDCG@10 on a grid, and come with that value; the parts have not
    seen what they foretell. None where fewer than 20 users have something to be foretold.

    Args:
        known: what users chose and refused.
        content: vectors of the items, or None.
        factorise: whether to factorise; None where that is possible and quick.
        least_weight: what is to be foretold are choices of at least this weight.
    """
    chosen = known.chosen()
    later = later_by_user(chosen, _VALIDATED_SHARE)
    wanted = chosen.where(later & (chosen.weights >= least_weight))
    if len(np.unique(wanted.users)) < _LEAST_USERS:
        return None
    earlier = _joined(chosen.where(~later), known.where(known.disliked))
    trial = fit_parts(earlier, content, factorise=factorise)
    return fit_mix(trial, held_out(earlier, wanted, most_users=_MOST_VALIDATED))


def learn(
    known: Interactions,
    content: Content | None,
    *,
    stage: Callable[[str], None] = lambda _name: None,
) -> Learned:
    """Weigh the parts on choices held out (:func:`weigh`), then fit them to everything.

    Parts that get no weight are not fitted again. ``stage`` hears what is being done.
    """
    users = len(np.unique(known.users))
    stage("weigh")
    found = weigh(known, content)
    stage("fit")
    if found is None:
        parts = _fitted(list(UNLEARNED_WEIGHTS), known, content)
        weights = {part.name: UNLEARNED_WEIGHTS[part.name] for part in parts}
        return Learned(parts, weights, float("nan"), users)
    weights, value = found
    used = [name for name, weight in weights.items() if weight > 0 or name == "popularity"]
    return Learned(_fitted(used, known, content), weights, value, users)


def _fitted(
    names: Sequence[str], known: Interactions, content: Content | None
) -> tuple[Recommender, ...]:
    made: dict[str, Callable[[], Recommender]] = {
        "item-item": lambda: fit_item_item(known),
        "ease": lambda: fit_ease(known),
        "als": lambda: fit_factors(known),
        "popularity": lambda: Popularity.fit(known),
    }
    if content is not None:
        by_looks = ByLooks(content)
        made["content"] = lambda: by_looks
    return tuple(made[name]() for name in names if name in made)


def _joined(one: Interactions, other: Interactions) -> Interactions:
    """Return the rows of both, sorted by user, then item."""
    columns = [np.concatenate([getattr(one, name), getattr(other, name)]) for name in one.__slots__]
    order = np.lexsort((columns[1], columns[0]))
    return Interactions(*(column[order] for column in columns))
