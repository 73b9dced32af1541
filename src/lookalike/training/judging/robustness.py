"""How well pictures are still found after ordinary edits, and after an attack on the query.

The gallery is the clean pictures. An edited or attacked picture is the query; it is asked
whether the best hit among the others is of its class, and for edits also whether the picture
itself comes first.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from lookalike.encoders import Encoder
from lookalike.errors import UsageError
from lookalike.evaluation import Interval, bootstrap_interval
from lookalike.results import Progress
from lookalike.training.augmentation.edits import EDITS, EDITS_VERSION
from lookalike.training.pixels import decoded

if TYPE_CHECKING:
    from lookalike.training.networks import Embedder

__all__ = [
    "BUDGETS",
    "AttackRow",
    "Attacks",
    "EditRow",
    "class_recall",
    "under_attack",
    "under_edits",
]

BUDGETS = (2, 4, 8)
"""Largest change of a value by an attack, in levels of 255."""

_BATCH = 16

Floats = NDArray[np.float32]
Pixels = NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class EditRow:
    """What an edit leaves: the share of queries, each with its interval of 95 %.

    ``class_recall`` is recall@1 of the class, the picture itself left out of the gallery;
    ``copy_recall`` how often the picture itself comes first among all.
    """

    edit: str
    class_recall: float
    class_interval: Interval
    copy_recall: float
    copy_interval: Interval
    queries: int
    version: int = EDITS_VERSION

    def to_dict(self) -> dict[str, Any]:
        """Return a dictionary that JSON can hold."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class AttackRow:
    """Recall@1 of the class under an attack on the query, and the interval of 95 % of the least.

    ``transfer`` is under the attack made on the network without its defence, ``adaptive`` under
    the one made through the defence; ``least`` counts a query as found only if it is under both.
    """

    defence: str
    budget: int
    clean: float
    transfer: float
    adaptive: float
    least: float
    interval: Interval
    queries: int

    def to_dict(self) -> dict[str, Any]:
        """Return a dictionary that JSON can hold."""
        return asdict(self)


def class_recall(queries: Floats, gallery: Floats, labels: Sequence[str]) -> NDArray[np.float64]:
    """Return for each query whether its best hit is of its class: 0, 1, or NaN if none can be.

    Query i is a version of gallery picture i, which is left out. Of equal scores the one of
    another class counts first.

    Args:
        queries: float32 of shape (n, d) and norm 1.
        gallery: the clean pictures in the same order, of the same shape.
        labels: n classes.
    """
    codes = np.unique(np.asarray(labels), return_inverse=True)[1]
    scores = queries @ gallery.T
    np.fill_diagonal(scores, -np.inf)
    same = codes[:, None] == codes[None]
    inside = np.where(same, scores, -np.inf).max(axis=1)
    outside = np.where(same, -np.inf, scores).max(axis=1)
    return np.where(np.isfinite(inside), (inside > outside).astype(np.float64), np.nan)


def under_edits(
    paths: Sequence[Path],
    labels: Sequence[str],
    encoder: Encoder,
    *,
    progress: Callable[[Progress], None] | None = None,
) -> list[EditRow]:
    """Return a row for no edit, "none", and one for each of the fixed edits.

    Edits work on the picture as it would be stored, with at most 448 pixels on its shorter side.

    Raises:
        TrainingDataError: a picture cannot be read.
    """
    edits: dict[str, Callable[[Pixels], Pixels]] = {"none": lambda pixels: pixels, **EDITS}
    found: dict[str, list[Floats]] = {name: [] for name in edits}
    for start in range(0, len(paths), _BATCH):
        pictures = [decoded(path, 448) for path in paths[start : start + _BATCH]]
        for name, edit in edits.items():
            batch = np.stack([encoder.prepare(edit(picture)) for picture in pictures])
            found[name].append(encoder.encode(batch).vectors)
        if progress is not None:
            progress(Progress(start + len(pictures), len(paths), stage="edits"))
    vectors = {name: np.concatenate(parts) for name, parts in found.items()}
    gallery = vectors["none"]
    return [_edit_row(name, queries, gallery, labels) for name, queries in vectors.items()]


def _edit_row(name: str, queries: Floats, gallery: Floats, labels: Sequence[str]) -> EditRow:
    by_class = class_recall(queries, gallery, labels)
    scores = queries @ gallery.T
    own = scores.diagonal().copy()
    np.fill_diagonal(scores, -np.inf)
    copies = (own > scores.max(axis=1)).astype(np.float64)
    return EditRow(
        name,
        float(np.nanmean(by_class)),
        bootstrap_interval(by_class),
        float(copies.mean()),
        bootstrap_interval(copies),
        len(labels),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Attacks:
    """How attacks on a query are made: ``budgets`` in levels of 255, each in so many steps.

    Raises:
        UsageError: a number is out of range.
    """

    budgets: Sequence[int] = BUDGETS
    steps: int = 10
    seed: int = 0

    def __post_init__(self) -> None:
        if self.steps < 1 or any(not 0 <= budget <= 255 for budget in self.budgets):
            raise UsageError(
                f"budgets is {tuple(self.budgets)} and steps {self.steps}; expected 0 to 255 "
                "levels, and 1 or more."
            )

    def shifted(self, embedder: Embedder, inputs: Any, budget: int) -> Any:
        """Return the pictures as the attack on a network leaves them, (n, 3, side, side)."""
        from lookalike.training.steps.adversarial import feature_shift
        from lookalike.training.steps.in_parts import embed_in_parts

        embed = partial(embed_in_parts, embedder)
        shift = partial(feature_shift, embed, budget=budget, steps=self.steps, seed=self.seed)
        return _in_parts(shift, inputs)


def under_attack(
    pixels: Pixels,
    labels: Sequence[str],
    embedder: Embedder,
    *,
    plain: Embedder | None = None,
    name: str = "model",
    attacks: Attacks | None = None,
    progress: Callable[[Progress], None] | None = None,
) -> list[AttackRow]:
    """Return what white-box attacks on the query leave of a network, and of it seeing only grey.

    The attacker knows network, weights and defence. The defence "greyscale input" is attacked
    through its exact gradient.

    Args:
        pixels: uint8 of shape (n, side, side, 3), as the network takes them.
        labels: n classes.
        embedder: the network.
        plain: the network on which the transferred attack is made; None takes ``embedder``.
        name: of the network in the rows.
        attacks: how strong they are; None takes the usual ones.
    """
    import torch

    attacks = attacks or Attacks()
    attacked = (plain or embedder).eval()
    for network in (attacked, embedder):
        network.requires_grad_(False)  # the gradient is wanted at the pixels alone
    inputs = torch.from_numpy(pixels).permute(0, 3, 1, 2).float() / 255.0
    rows: list[AttackRow] = []
    wanted = [(name, False)] if embedder.greyscale else [(name, False), ("greyscale input", True)]
    transfers = {budget: attacks.shifted(attacked, inputs, budget) for budget in attacks.budgets}
    done = 0
    for defence, grey in wanted:
        before, embedder.greyscale = embedder.greyscale, embedder.greyscale or grey
        try:
            same = attacked is embedder and not grey  # then the attack made is the adaptive one
            adapt = None if same else partial(attacks.shifted, embedder, inputs)
            for row in _attacked(embedder, inputs, labels, defence, transfers, adapt):
                rows.append(row)
                done += 1
                if progress is not None:
                    total = len(wanted) * len(attacks.budgets)
                    progress(Progress(done, total, stage=f"attacks on the {name}"))
        finally:
            embedder.greyscale = before
    return rows


def _attacked(
    embedder: Embedder,
    inputs: Any,
    labels: Sequence[str],
    defence: str,
    transfers: dict[int, Any],
    adapt: Callable[[int], Any] | None,
) -> Iterator[AttackRow]:
    """Yield a row for each budget; where nothing adapts, the transferred attack is adaptive."""
    embedder.eval()
    gallery = _embedded(embedder, inputs)
    clean = class_recall(gallery, gallery, labels)
    for budget, transferred in transfers.items():
        adapted = transferred if adapt is None else adapt(budget)
        transfer = class_recall(_embedded(embedder, transferred), gallery, labels)
        adaptive = class_recall(_embedded(embedder, adapted), gallery, labels)
        least = np.minimum(transfer, adaptive)
        yield AttackRow(
            defence,
            budget,
            float(np.nanmean(clean)),
            float(np.nanmean(transfer)),
            float(np.nanmean(adaptive)),
            float(np.nanmean(least)),
            bootstrap_interval(least),
            len(labels),
        )


def _embedded(embedder: Embedder, inputs: Any) -> Floats:
    import torch

    with torch.no_grad():
        found: Floats = _in_parts(embedder, inputs).numpy()
    return found


def _in_parts(function: Callable[[Any], Any], inputs: Any) -> Any:
    import torch

    return torch.cat([function(part) for part in inputs.split(_BATCH)])
