"""The stages of a recipe: a head on cached features, then the last layers, then all."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from lookalike.errors import DivergedError
from lookalike.evaluation import map_at_r, rank_leave_one_out
from lookalike.training.losses import build_loss
from lookalike.training.losses.koleo import koleo
from lookalike.training.networks import Embedder
from lookalike.training.recipe import Recipe

from .adversarial import feature_shift
from .flow import PictureFlow
from .in_parts import embed_in_parts
from .loop import Stage
from .processes import rank, world
from .regularisation import l1_penalty, l2_penalty
from .samplers import ClassSampler, share

__all__ = ["StagePictures", "WholeLoss", "as_input", "head_stage", "mean_map_at_r", "picture_stage"]

_ATTACK_STEPS = 3

Floats = NDArray[np.float32]
Labels = NDArray[np.int64]


class WholeLoss(nn.Module):
    """The recipe's loss: the metric one, a classifier's beside it, and KoLeo's spread."""

    def __init__(self, recipe: Recipe, *, classes: int, dimensions: int) -> None:
        super().__init__()
        sizes = {"classes": classes, "dimensions": dimensions}
        parameters: dict[str, Any] = dict(recipe.loss_parameters)
        self.metric = build_loss(recipe.loss, **sizes, **parameters)
        self.classifier = build_loss("classification", **sizes) if recipe.classification else None
        self.learned = recipe.classification < 0
        if self.learned:  # Kendall, Gal and Cipolla, Multi-Task Learning Using Uncertainty, 2018
            self.uncertainty = nn.Parameter(torch.zeros(2))
        self._weight, self._koleo = recipe.classification, recipe.koleo

    def forward(self, embeddings: Tensor, labels: Tensor) -> Tensor:
        loss: Tensor = self.metric(embeddings, labels)
        if self.classifier is not None:
            other = self.classifier(embeddings, labels)
            if self.learned:
                weights = torch.exp(-self.uncertainty)
                loss = weights[0] * loss + weights[1] * other + self.uncertainty.sum()
            else:
                loss = loss + self._weight * other
        if self._koleo:
            loss = loss + self._koleo * koleo(embeddings)
        return loss


def mean_map_at_r(vectors: Floats, labels: Sequence[Any]) -> float:
    """Return the mean MAP@R, leave one out.

    Raises:
        DivergedError: the embeddings are not finite.
    """
    if not np.isfinite(vectors).all():
        raise DivergedError(
            "The embeddings are no numbers any more. The last good checkpoint is kept; try a lower "
            "rate."
        )
    return float(np.nanmean(map_at_r(rank_leave_one_out(vectors, labels))))


def head_stage(
    embedder: Embedder,
    recipe: Recipe,
    views: Sequence[Floats],
    labels: Labels,
    select: Floats,
    select_labels: Sequence[str],
) -> Stage:
    """Return the stage that trains the head on cached features.

    Args:
        views: features of the fit pictures, one array (n, channels) for each cached view.
        labels: their classes, as numbers from 0.
        select: features of the selection pictures.
    """
    head = embedder.head
    fixed = not isinstance(head.projection, nn.Parameter)
    with torch.no_grad():  # what never changes is computed once
        placed = torch.stack([torch.from_numpy(view) for view in views])
        if fixed:
            placed = head.place(placed)
        judged = torch.from_numpy(select)
    sampler = _sampler(recipe, labels)
    numbers = torch.from_numpy(labels)

    def embed(epoch: int, batches: Sequence[Labels]) -> Iterator[tuple[Tensor, Tensor]]:
        for place, batch in enumerate(batches):
            # Counted from the end, so that a run that goes on in the middle draws the same.
            random = np.random.default_rng([recipe.seed, epoch, len(batches) - place])
            view = (random.integers(0, len(placed), len(batch)) + _occurrence(batch)) % len(placed)
            mine = share(np.arange(len(batch)), rank=rank(), world=world())
            chosen = torch.from_numpy(batch[mine])
            rows = placed[torch.from_numpy(view[mine]), chosen]
            yield (head.turn(rows) if fixed else head(rows)), numbers[chosen]

    def score() -> float:
        head.eval()
        with torch.no_grad():
            return mean_map_at_r(head(judged).numpy(), select_labels)

    return Stage(
        name="head",
        model=head,
        loss=_loss(recipe, labels, head.dimensions),
        groups=[{"params": list(head.parameters()), "lr": recipe.rate}],
        batches=sampler.batches,
        embed=embed,
        score=score,
        penalty=_penalty(recipe, head),
    )


@dataclass(frozen=True, slots=True)
class StagePictures:
    """The pictures that a stage trains on, and those that it is judged on.

    ``flow`` gives those of the whole data set by number; ``fit`` and ``select`` are the numbers
    of the two, ``labels`` the classes of the first, as numbers from 0.
    """

    flow: PictureFlow
    fit: Labels
    labels: Labels
    select: Labels
    select_labels: Sequence[str]


def picture_stage(
    embedder: Embedder,
    recipe: Recipe,
    name: str,
    pictures: StagePictures,
    *,
    bfloat16: bool = False,
) -> Stage:
    """Return the stage that trains the last layers, or all, on augmented pictures.

    Batch normalisation keeps its statistics where the network came with weights, and learns
    them where it starts from nothing.

    Args:
        name: ``last`` or ``all``.
        pictures: what to train and to judge on.
        bfloat16: whether the backbone is trained so; it is judged in float32.
    """
    flow, fit, labels = pictures.flow, pictures.fit, pictures.labels
    select, select_labels = pictures.select, pictures.select_labels
    backbone = embedder.backbone
    parts = list(backbone.parts() if name == "all" else backbone.last_parts())
    trained = [parameter for part in parts for parameter in part.parameters()]
    for parameter in backbone.parameters():
        parameter.requires_grad_(False)
    for parameter in trained:
        parameter.requires_grad_(True)
    from_nothing = recipe.backbone == "compact"
    forward = partial(embed_in_parts, embedder, bfloat16=bfloat16)
    sampler = _sampler(recipe, labels)
    numbers = torch.from_numpy(labels)

    def embed(epoch: int, batches: Sequence[Labels]) -> Iterator[tuple[Tensor, Tensor]]:
        mine = [share(batch, rank=rank(), world=world()) for batch in batches]
        views = flow.batches(epoch, [fit[b] for b in mine])
        for step, (batch, pixels) in enumerate(zip(mine, views, strict=True)):
            inputs = as_input(pixels)
            if recipe.adversarial:
                embedder.eval()
                inputs[::2] = feature_shift(
                    forward,
                    inputs[::2],
                    budget=recipe.adversarial,
                    steps=_ATTACK_STEPS,
                    seed=hash((recipe.seed, epoch, step, rank())) % 2**63,
                )
            embedder.train()
            if not from_nothing:
                backbone.eval()
            yield forward(inputs), numbers[torch.from_numpy(batch)]

    def score() -> float:
        embedder.eval()
        with torch.no_grad():
            rows = [_embedded(embedder, pixels) for pixels in flow.plain(select)]
            if len(set(select_labels)) < len(select_labels):
                return mean_map_at_r(np.concatenate(rows), select_labels)
            # Without labels a picture has to find another view of itself.
            parts = [select[start : start + 64] for start in range(0, len(select), 64)]
            rows += [_embedded(embedder, pixels) for pixels in flow.batches(0, parts)]
        return mean_map_at_r(np.concatenate(rows), [*select_labels, *select_labels])

    others = [*embedder.pooling.parameters(), *embedder.head.parameters()]
    return Stage(
        name=name,
        model=embedder,
        loss=_loss(recipe, labels, embedder.head.dimensions),
        groups=[
            {"params": trained, "lr": recipe.fine_rate},
            {"params": others, "lr": recipe.rate if from_nothing else recipe.fine_rate},
        ],
        batches=sampler.batches,
        embed=embed,
        score=score,
        penalty=_penalty(recipe, embedder),
    )


def _occurrence(batch: Labels) -> Labels:
    """Return how often each number has occurred before in the batch, its own place aside."""
    order = np.argsort(batch, kind="stable")
    ordered = batch[order]
    starts = np.r_[0, np.flatnonzero(np.diff(ordered)) + 1]
    lengths = np.diff(np.r_[starts, len(batch)])
    counts = np.empty(len(batch), np.int64)
    counts[order] = np.arange(len(batch)) - np.repeat(starts, lengths)
    return counts


def as_input(pixels: NDArray[np.uint8]) -> Tensor:
    """Return pictures (n, side, side, 3) as the network takes them: floats, channels first."""
    return torch.from_numpy(pixels).permute(0, 3, 1, 2).float() / 255.0


def _embedded(embedder: Embedder, pixels: NDArray[np.uint8]) -> Floats:
    rows: Floats = embed_in_parts(embedder, as_input(pixels)).numpy()
    return rows


def _loss(recipe: Recipe, labels: Labels, dimensions: int) -> WholeLoss:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(recipe.seed)
        return WholeLoss(recipe, classes=int(labels.max()) + 1, dimensions=dimensions)


def _sampler(recipe: Recipe, labels: Labels) -> ClassSampler:
    return ClassSampler(
        labels,
        classes_per_batch=min(recipe.classes_per_batch, len(np.unique(labels))),
        images_per_class=recipe.images_per_class,
        seed=recipe.seed,
    )


def _penalty(recipe: Recipe, model: nn.Module) -> Any:
    if not recipe.l1 and not recipe.l2:
        return None
    start = [parameter.detach().clone() for parameter in model.parameters()]

    def penalty() -> Tensor:
        parameters = list(model.parameters())
        return recipe.l1 * l1_penalty(parameters) + recipe.l2 * l2_penalty(
            parameters, towards=start
        )

    return penalty
