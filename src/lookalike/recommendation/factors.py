"""Users and items as vectors of few numbers, learned by alternating least squares."""

from __future__ import annotations

from importlib.util import find_spec

import numpy as np
from numpy.typing import NDArray

from lookalike.errors import MissingExtraError

from .history import History, Interactions
from .popularity import positions
from .protocol import Ranked, best_of

__all__ = ["Factors", "can_factorise", "fit_factors"]

_MOST_ITEMS = 200


def can_factorise() -> bool:
    """Tell whether what ``fit_factors`` needs is installed."""
    return find_spec("implicit") is not None and find_spec("scipy") is not None


class Factors:
    """Ranks items by the inner product of their vectors with the user's.

    The user's vector is found from the history, so that a new user needs no new training: with
    the item vectors Y, the confidences c_i = 1 + alpha * w_i of the chosen items and p_i = 1 for
    them, x = (Y'Y + Y'(C - I)Y + regularisation * I)^-1 Y'Cp (Hu, Koren and Volinsky,
    Collaborative Filtering for Implicit Feedback Datasets, ICDM 2008, equation 4).

    ``item_ids`` int64 (m,) are ascending, ``vectors`` float32 (m, f).
    """

    name = "als"

    def __init__(
        self,
        item_ids: NDArray[np.int64],
        vectors: NDArray[np.float32],
        *,
        alpha: float,
        regularisation: float,
    ) -> None:
        self.item_ids, self.vectors = item_ids, vectors
        self.alpha, self.regularisation = alpha, regularisation
        wide = vectors.astype(np.float64)
        self._gram = wide.T @ wide + regularisation * np.eye(vectors.shape[1])

    def recommend(self, history: History, k: int) -> Ranked:
        """Return the items of the greatest products above 0."""
        user = self._user(history)
        if user is None:
            return Ranked.nothing()
        products = (self.vectors @ user.astype(np.float32)).astype(np.float64)
        return best_of(self.item_ids, products, k, without=history.seen)

    def score(self, history: History, items: NDArray[np.int64]) -> NDArray[np.float64]:
        """Return the products, 0 where they are below."""
        user = self._user(history)
        places, known = positions(self.item_ids, items)
        if user is None:
            return np.zeros(len(items))
        return np.where(known, np.maximum(self.vectors[places] @ user, 0.0), 0.0)

    def because(self, history: History, items: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return the chosen item whose vector has the greatest cosine with the item's."""
        chosen, known = positions(self.item_ids, history.items[:_MOST_ITEMS])
        wanted, present = positions(self.item_ids, items)
        if not known.any():
            return np.full(len(items), -1, np.int64)
        which = np.flatnonzero(known)
        mine = self.vectors[chosen[known]]
        lengths = np.maximum(np.linalg.norm(mine, axis=1), 1e-12).astype(np.float32)
        best = which[np.argmax(self.vectors[wanted] @ mine.T / lengths, axis=1)]
        return np.where(present, best, -1)

    def _user(self, history: History) -> NDArray[np.float64] | None:
        places, known = positions(self.item_ids, history.items[:_MOST_ITEMS])
        if not known.any():
            return None
        mine = self.vectors[places[known]].astype(np.float64)
        trust = self.alpha * history.weights[:_MOST_ITEMS][known]
        matrix = self._gram + (mine.T * trust) @ mine
        return np.linalg.solve(matrix, mine.T @ (1.0 + trust)).astype(np.float64)


def fit_factors(
    known: Interactions,
    *,
    factors: int = 32,
    alpha: float = 1.0,
    regularisation: float = 5.0,
    iterations: int = 15,
    seed: int = 0,
) -> Factors:
    """Learn item vectors from what users chose; the same seed gives the same vectors.

    Raises:
        MissingExtraError: implicit is not installed.
    """
    if not can_factorise():
        raise MissingExtraError(
            "Matrix factorisation needs implicit: pip install 'lookalike[recommend]'."
        )
    from implicit.cpu.als import AlternatingLeastSquares
    from scipy.sparse import csr_matrix
    from threadpoolctl import threadpool_limits

    chosen = known.chosen()
    item_ids, columns = np.unique(chosen.items, return_inverse=True)
    users, rows = np.unique(chosen.users, return_inverse=True)
    trust = (1.0 + alpha * chosen.weights).astype(np.float32)
    matrix = csr_matrix((trust, (rows, columns)), shape=(len(users), len(item_ids)))
    with threadpool_limits(1, "blas"):  # its own threads wait for those of the BLAS
        model = AlternatingLeastSquares(
            factors=min(factors, max(1, len(item_ids))),
            regularization=regularisation,
            alpha=1.0,
            iterations=iterations,
            num_threads=1,
            random_state=seed,
        )
        model.fit(matrix, show_progress=False)
    vectors = np.asarray(model.item_factors, np.float32)
    return Factors(item_ids, vectors, alpha=alpha, regularisation=regularisation)
