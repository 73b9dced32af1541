"""The training loop: steps, checkpoints, early stopping; the same after a kill as without it."""

from __future__ import annotations

import json
import math
import time
from collections.abc import Callable, Iterator, Sequence
from copy import deepcopy
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from lookalike.errors import DivergedError
from lookalike.results import Progress
from lookalike.training.recipe import Recipe

from .checkpoint import write_checkpoint
from .distributed import gather
from .processes import from_first, is_first, mean_gradients, mean_statistics

__all__ = ["Run", "Stage", "run_stage", "take_step"]

_SECONDS = 10.0

Batch = NDArray[np.int64]


@dataclass(slots=True)
class Stage:
    """One stage of a recipe, ready to be run.

    ``model`` is what is trained and kept, ``groups`` its parameters with their rates,
    ``batches`` gives the samples of each step of an epoch, ``embed`` yields for each of these
    the embeddings and labels of this process, and ``score`` judges the model as it is.
    """

    name: str
    model: nn.Module
    loss: nn.Module
    groups: list[dict[str, Any]]
    batches: Callable[[int], Sequence[Batch]]
    embed: Callable[[int, Sequence[Batch]], Iterator[tuple[Tensor, Tensor]]]
    score: Callable[[], float]
    penalty: Callable[[], Tensor] | None = None


@dataclass(slots=True)
class Run:
    """Where a training run keeps what it does, and how far it is."""

    folder: Path
    fingerprint: str
    recipe: Recipe
    progress: Callable[[Progress], None] | None = None
    write_scalar: Callable[[str, float, int], None] | None = None
    stages_done: int = 0
    history: list[dict[str, Any]] = field(default_factory=list)

    @property
    def checkpoint(self) -> Path:
        """The checkpoint's file."""
        return self.folder / "checkpoints" / "last.pt"


@dataclass(slots=True)
class _Position:
    epoch: int = 0
    step: int = 0
    total: float = 0.0
    best_score: float = -math.inf
    best_epoch: int = 0
    best: dict[str, Tensor] = field(default_factory=dict)


def run_stage(stage: Stage, run: Run, saved: dict[str, Any] | None) -> None:
    """Train until the epochs are over or patience is; leave the weights to keep in the model.

    ``saved`` is the state of a checkpoint of this stage, to go on from.

    Raises:
        DivergedError: the loss is not finite; the last checkpoint is kept.
        TrainingError: a checkpoint cannot be written.
        KeyboardInterrupt: passed on after a checkpoint was written.
    """
    recipe = run.recipe
    optimiser = torch.optim.AdamW(
        [*stage.groups, {"params": list(stage.loss.parameters()), "lr": recipe.rate}],
        weight_decay=recipe.weight_decay,
        fused=True,
    )
    rates = [group["lr"] for group in optimiser.param_groups]
    average = _Average(stage.model, recipe.ema)
    at = _Position()
    if saved is None:
        at.best_score, at.best = from_first(stage.score), _copy(stage.model)
        _note(run, stage, at, loss=None, score=at.best_score)
    else:
        _restore(saved, stage, optimiser, average, at)
    written = time.monotonic()
    steps_an_epoch = len(stage.batches(0))
    everything = max(1, steps_an_epoch * recipe.epochs)
    while at.epoch < recipe.epochs and at.epoch - at.best_epoch < recipe.patience:
        stage.model.train()
        batches = list(stage.batches(at.epoch))
        try:
            for embeddings, labels in stage.embed(at.epoch, batches[at.step :]):
                done = at.epoch * steps_an_epoch + at.step
                share = _rate(done, everything, recipe.warm_up)
                for group, rate in zip(optimiser.param_groups, rates, strict=True):
                    group["lr"] = rate * share
                at.total += take_step(stage, optimiser, embeddings, labels, recipe.clip)
                average.update()
                at.step += 1
                if run.progress is not None:
                    name = f"{stage.name}, epoch {at.epoch + 1}"
                    run.progress(Progress(at.step, len(batches), stage=name))
                if time.monotonic() - written > _SECONDS:
                    _write(run, stage, optimiser, average, at)
                    written = time.monotonic()
        except KeyboardInterrupt:
            _write(run, stage, optimiser, average, at)
            raise
        loss = at.total / max(1, len(batches))
        at.epoch, at.step, at.total = at.epoch + 1, 0, 0.0
        mean_statistics(stage.model)
        with average.in_place():
            score = from_first(stage.score)  # one judge, so that all processes end together
            if score > at.best_score or recipe.keep == "last":
                at.best_score, at.best_epoch, at.best = score, at.epoch, _copy(stage.model)
        _note(run, stage, at, loss=loss, score=score)
        if time.monotonic() - written > _SECONDS:
            _write(run, stage, optimiser, average, at)
            written = time.monotonic()
    stage.model.load_state_dict(at.best)
    stage.model.eval()


def take_step(
    stage: Stage, optimiser: torch.optim.Optimizer, embeddings: Tensor, labels: Tensor, clip: float
) -> float:
    """Take one step and return the loss. Every process computes the loss of the whole batch."""
    loss: Tensor = stage.loss(gather(embeddings), gather(labels))
    if stage.penalty is not None:
        loss = loss + stage.penalty()
    if not torch.isfinite(loss):
        raise DivergedError(
            f"The loss is {loss.item()} in stage {stage.name!r}. The last good checkpoint is kept; "
            "try a lower rate."
        )
    optimiser.zero_grad()
    loss.backward()  # type: ignore[no-untyped-call]
    parameters = [p for group in optimiser.param_groups for p in group["params"]]
    mean_gradients(parameters)
    nn.utils.clip_grad_norm_(parameters, clip)
    optimiser.step()
    return float(loss.detach())


def _rate(step: int, steps: int, warm_up: float) -> float:
    """Return the share of the rate: a line up, then a cosine down to 0."""
    rising = warm_up * steps
    if step < rising:
        return (step + 1) / rising if rising >= 1 else 1.0
    return 0.5 * (1.0 + math.cos(math.pi * (step - rising) / max(1.0, steps - rising)))


class _Average:
    """A moving average of the weights, which stands in for them while the model is judged."""

    def __init__(self, model: nn.Module, decay: float) -> None:
        self._model, self._decay = model, decay
        self.state = _copy(model) if decay else {}
        self._held: dict[str, Tensor] = {}

    @torch.no_grad()
    def update(self) -> None:
        """Move the average a little towards the weights."""
        if not self._decay:
            return
        for name, value in self._model.state_dict().items():
            if value.is_floating_point():
                self.state[name].lerp_(value, 1.0 - self._decay)
            else:
                self.state[name].copy_(value)

    def in_place(self) -> _Average:
        """Return a context in which the model wears the average."""
        return self

    def __enter__(self) -> None:
        if self._decay:
            self._held = _copy(self._model)
            self._model.load_state_dict(self.state)

    def __exit__(self, *exception: object) -> None:
        if self._decay:
            self._model.load_state_dict(self._held)


def _copy(model: nn.Module) -> dict[str, Tensor]:
    return {name: value.detach().clone() for name, value in model.state_dict().items()}


def _note(run: Run, stage: Stage, at: _Position, *, loss: float | None, score: float) -> None:
    """Add an epoch to the history, the log and TensorBoard's scalars."""
    entry = {"stage": stage.name, "epoch": at.epoch, "loss": loss, "selection_map_at_r": score}
    run.history.append(entry)
    if not is_first():
        return
    with (run.folder / "log.jsonl").open("w", encoding="utf-8") as stream:
        stream.writelines(json.dumps(line) + "\n" for line in run.history)
    if run.write_scalar is not None:
        run.write_scalar(f"{stage.name}/selection MAP@R", score, at.epoch)
        if loss is not None:
            run.write_scalar(f"{stage.name}/loss", loss, at.epoch)


def _write(
    run: Run, stage: Stage, optimiser: torch.optim.Optimizer, average: _Average, at: _Position
) -> None:
    if not is_first():
        return
    state = {
        "fingerprint": run.fingerprint,
        "stages_done": run.stages_done,
        "history": deepcopy(run.history),
        "model": stage.model.state_dict(),
        "loss": stage.loss.state_dict(),
        "optimiser": optimiser.state_dict(),
        "average": average.state,
        "position": {name: getattr(at, name) for name in _Position.__slots__},
    }
    write_checkpoint(run.checkpoint, state)


def _restore(
    saved: dict[str, Any],
    stage: Stage,
    optimiser: torch.optim.Optimizer,
    average: _Average,
    at: _Position,
) -> None:
    stage.model.load_state_dict(saved["model"])
    stage.loss.load_state_dict(saved["loss"])
    optimiser.load_state_dict(saved["optimiser"])
    average.state = saved["average"]
    for name, value in saved["position"].items():
        setattr(at, name, value)
