"""Training a head here and by pytorch-metric-learning's own loop: quality and throughput.

    python benchmarks/training_reference.py --set caltech_half

Both sides get the same cached features, already placed by the same whitening; the same head,
loss formula, batch of P classes × K images, number of steps, AdamW, warm-up and cosine,
clipping; and both keep the weights of the epoch that is best on the selection classes. They
differ in what draws the batches and turns them into steps: here ``lookalike.training``'s, there
``MPerClassSampler``, ``SupConLoss`` and ``trainers.MetricLossOnly`` with torch's ``DataLoader``
in the same process. That loader puts a batch together row by row, so the other side is timed a
second time with whole batches handed to it ("batched"), which is as fast as its loop can go.
Time is that of the loops without judging epochs, in seconds and in core-seconds, after a warm-up
of each side, and the sides change their order with every seed. Quality is on report classes; its
difference is paired, over the queries' means of all seeds, with its interval over classes.
"""

from __future__ import annotations

import argparse
import logging
import math
import tempfile
import time
import warnings
from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from pytorch_metric_learning.losses import SupConLoss
    from pytorch_metric_learning.samplers import MPerClassSampler
    from pytorch_metric_learning.trainers import MetricLossOnly, base_trainer
    from pytorch_metric_learning.utils import common_functions

from lookalike.evaluation import bootstrap_interval, map_at_r, rank_leave_one_out, recall_at_k
from lookalike.training import Recipe, fit_whitening, split_classes
from lookalike.training.data import DataSet
from lookalike.training.data import Sample as TrainingSample
from lookalike.training.features import View, cached_features
from lookalike.training.networks import Embedder, build_embedder
from lookalike.training.steps.loop import Run, Stage, run_stage
from lookalike.training.steps.stages import head_stage, mean_map_at_r
from lookalike.training.whitening import normalised
from machine import describe, median, spread
from picture_sets import SETS, default_root, load_set

# Its progress bar would be timed as well.
base_trainer.tqdm = SimpleNamespace(tqdm=partial(base_trainer.tqdm.tqdm, disable=True))
logging.getLogger("PML").setLevel(logging.ERROR)

SIDES = ("lookalike", "reference", "reference, batched")

Floats = NDArray[np.float32]
Values = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Task:
    """Features of the three parts with their labels, and the network that is put on them."""

    embedder: Embedder
    views: list[Floats]
    labels: NDArray[np.int64]
    select: Floats
    select_labels: list[str]
    report: Floats
    report_labels: list[str]


@dataclass(slots=True)
class Clock:
    """Seconds and core-seconds of this process between a start and a stop, added up."""

    seconds: float = 0.0
    core_seconds: float = 0.0

    def start(self) -> None:
        """Go on from here."""
        self.seconds -= time.perf_counter()
        self.core_seconds -= time.process_time()

    def stop(self) -> None:
        """Stop for as long as it is not started again."""
        self.seconds += time.perf_counter()
        self.core_seconds += time.process_time()


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one side reached: MAP@R and recall@1 of each query, and its speed.

    ``rate`` is in images a second, ``core_rate`` in images a core-second, which a busy
    machine changes less.
    """

    precision: Values
    recall: Values
    rate: float
    core_rate: float
    steps: int


def main() -> None:
    """Train by all sides in turn, for each seed, and print the line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--set", choices=sorted(SETS), default="caltech_half")
    parser.add_argument("--data", type=Path, default=default_root())
    parser.add_argument("--cache", type=Path, default=Path("build/training"))
    parser.add_argument("--head", choices=["linear", "residual", "mlp"], default="residual")
    parser.add_argument("--epochs", type=int, default=60)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    recipe = Recipe(head=arguments.head, epochs=arguments.epochs, patience=arguments.epochs)
    task = prepare(load_set(arguments.set, arguments.data), recipe, arguments.cache)
    recipe = recipe.changed(
        classes_per_batch=min(recipe.classes_per_batch, len(np.unique(task.labels)))
    )
    found: dict[str, list[Outcome]] = {side: [] for side in SIDES}
    for side in SIDES:  # the first steps of a process are slow, whoever takes them
        train(side, task, recipe.changed(epochs=2))
    for seed in range(arguments.seeds):
        turned = SIDES[seed % len(SIDES) :] + SIDES[: seed % len(SIDES)]
        for side in turned:
            found[side].append(train(side, task, recipe.changed(seed=seed)))
    start = outcome(task.embedder, task, recipe, Clock(1.0, 1.0), 0)
    report(arguments, recipe, task, start, found)


def prepare(samples: tuple, recipe: Recipe, cache: Path) -> Task:
    """Compute the features, or read them from the cache, and put the whitened head on."""
    data = DataSet(
        [
            TrainingSample(sample.path, sample.label, name=f"{sample.label}/{sample.path.name}")
            for sample in samples
        ],
        "labelled",
    )
    split = split_classes(data, fractions=recipe.fractions, seed=0)
    embedder = build_embedder(recipe.backbone, pooling=recipe.pooling)
    embedder.save(cache / "start")
    paths = [sample.path for sample in data.samples]
    features = [
        cached_features(
            cache / "start",
            paths,
            cache=cache,
            view=View(embedder.input_size, number, recipe.augmentation, recipe.strength),
        )
        for number in [None, *range(recipe.views)]
    ]
    plain = features[0]
    whitening = fit_whitening(normalised(plain[split.fit]))
    embedder.set_head(recipe.head, whitening, dimensions=recipe.dimensions, seed=0)
    labels = np.asarray(data.labels)
    return Task(
        embedder,
        [view[split.fit] for view in features],
        np.unique(labels[split.fit], return_inverse=True)[1].astype(np.int64),
        plain[split.select],
        labels[split.select].tolist(),
        plain[split.report],
        labels[split.report].tolist(),
    )


def train(side: str, task: Task, recipe: Recipe) -> Outcome:
    """Train by one side, from the start, and judge what came out."""
    fresh = deepcopy(task.embedder)
    stage = head_stage(fresh, recipe, task.views, task.labels, task.select, task.select_labels)
    steps = len(stage.batches(0))
    if side == "lookalike":
        clock = train_here(stage, recipe)
    else:
        clock = train_there(fresh, task, recipe, steps, whole="batched" in side)
    return outcome(fresh, task, recipe, clock, steps)


def train_here(stage: Stage, recipe: Recipe) -> Clock:
    """Train with ``lookalike.training`` and return the time."""
    judge, clock = stage.score, Clock()

    def score() -> float:
        clock.stop()
        value = judge()
        clock.start()
        return value

    stage.score = score
    with tempfile.TemporaryDirectory() as folder:
        clock.start()
        run_stage(stage, Run(Path(folder), "", recipe), None)
        clock.stop()
    return clock


class _Turn(nn.Module):
    """The part of a head that learns, on placed features, as the other side trains it."""

    def __init__(self, embedder: Embedder) -> None:
        super().__init__()
        self.head = embedder.head

    def forward(self, placed: Tensor) -> Tensor:
        head = self.head
        return head(placed) if isinstance(head.projection, nn.Parameter) else head.turn(placed)


class _Rows(torch.utils.data.Dataset):
    """Placed features, a view of each by chance; row by row, or a batch at a time."""

    def __init__(self, placed: Tensor, labels: Tensor, *, whole: bool) -> None:
        self._placed, self._labels = placed, labels
        if whole:
            self.__getitems__ = self._batch

    def __len__(self) -> int:
        return len(self._labels)

    def __getitem__(self, number: int) -> tuple[Tensor, Tensor]:
        view = int(torch.randint(len(self._placed), ()))
        return self._placed[view, number], self._labels[number]

    def _batch(self, numbers: list[int]) -> tuple[Tensor, Tensor]:
        chosen = torch.tensor(numbers)
        views = torch.randint(len(self._placed), (len(chosen),))
        return self._placed[views, chosen], self._labels[chosen]


def train_there(
    embedder: Embedder, task: Task, recipe: Recipe, steps: int, *, whole: bool
) -> Clock:
    """Train with the other library's loop and return the time."""
    head, model = embedder.head, _Turn(embedder)
    with torch.no_grad():
        placed = torch.stack([torch.from_numpy(view) for view in task.views])
        if not isinstance(head.projection, nn.Parameter):
            placed = head.place(placed)
    parameters = list(head.parameters())
    optimiser = torch.optim.AdamW(parameters, lr=recipe.rate, weight_decay=recipe.weight_decay)
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimiser, rate_share(steps * recipe.epochs, recipe.warm_up)
    )
    size = recipe.classes_per_batch * recipe.images_per_class
    clock, best = Clock(), [-math.inf]
    kept: dict[str, Tensor] = {}

    def judged(_: object = None) -> None:
        clock.stop()
        head.eval()
        with torch.no_grad():
            vectors = head(torch.from_numpy(task.select)).numpy()
        value = mean_map_at_r(vectors, task.select_labels)
        if value > best[0]:
            best[0] = value
            kept.update({name: state.clone() for name, state in head.state_dict().items()})
        clock.start()

    torch.manual_seed(recipe.seed)
    common_functions.NUMPY_RANDOM = np.random.RandomState(recipe.seed)  # what its sampler uses
    clock.start()
    judged()
    trainer = MetricLossOnly(
        models={"trunk": nn.Identity(), "embedder": model},
        optimizers={"embedder_optimizer": optimiser},
        batch_size=size,
        loss_funcs={"metric_loss": SupConLoss(**recipe.loss_parameters)},
        dataset=_Rows(placed, torch.from_numpy(task.labels), whole=whole),
        sampler=MPerClassSampler(
            task.labels, recipe.images_per_class, size, length_before_new_iter=steps * size
        ),
        collate_fn=(lambda batch: batch) if whole else None,
        iterations_per_epoch=steps,
        lr_schedulers={"embedder_scheduler_by_iteration": schedule},
        gradient_clippers={
            "embedder_grad_clipper": lambda: nn.utils.clip_grad_norm_(parameters, recipe.clip)
        },
        dataloader_num_workers=0,
        end_of_epoch_hook=judged,
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        trainer.train(num_epochs=recipe.epochs)
    clock.stop()
    head.load_state_dict(kept)
    return clock


def rate_share(steps: int, warm_up: float) -> Callable[[int], float]:
    """Return a schedule: a line up over a share of the steps, then a cosine down to 0."""
    rising = max(1.0, warm_up * steps)

    def share(step: int) -> float:
        if step < rising:
            return min(1.0, (step + 1) / rising)
        return 0.5 * (1.0 + math.cos(math.pi * (step - rising) / max(1.0, steps - rising)))

    return share


def outcome(embedder: Embedder, task: Task, recipe: Recipe, clock: Clock, steps: int) -> Outcome:
    """Judge a head on the report classes."""
    embedder.head.eval()
    with torch.no_grad():
        vectors = embedder.head(torch.from_numpy(task.report)).numpy()
    ranking = rank_leave_one_out(vectors, task.report_labels)
    images = steps * recipe.epochs * recipe.classes_per_batch * recipe.images_per_class
    return Outcome(
        map_at_r(ranking),
        recall_at_k(ranking, 1),
        images / clock.seconds,
        images / clock.core_seconds,
        steps,
    )


def report(
    arguments: argparse.Namespace,
    recipe: Recipe,
    task: Task,
    start: Outcome,
    found: dict[str, list[Outcome]],
) -> None:
    """Print the line."""
    here, there, whole = (found[side] for side in SIDES)
    apart = mean_of(here, "precision") - mean_of(there, "precision")
    low, high = bootstrap_interval(apart, classes=task.report_labels)
    recall = np.nanmean(mean_of(here, "recall")) - np.nanmean(mean_of(there, "recall"))
    rates = [[entry.rate for entry in side] for side in (here, there, whole)]
    cores = [[entry.core_rate for entry in side] for side in (here, there, whole)]
    ratios = [median(rates[0]) / median(other) for other in rates[1:]]
    ratios += [median(cores[0]) / median(other) for other in cores[1:]]
    print(
        f"{arguments.set}, {recipe.head} head, {recipe.loss}, "
        f"{here[0].steps * recipe.epochs} steps of {recipe.classes_per_batch} × "
        f"{recipe.images_per_class}, {arguments.seeds} seeds: MAP@R "
        f"{percent(here)} against {percent(there)} (whitening {percent([start])}), difference "
        f"{100 * np.nanmean(apart):+.2f} [{100 * low:+.2f}, {100 * high:+.2f}], recall@1 "
        f"{100 * recall:+.2f}; {median(rates[0]):.0f} images/s ({spread(rates[0])}) against "
        f"{median(rates[1]):.0f} ({spread(rates[1])}), ratio {ratios[0]:.2f}, with whole batches "
        f"handed to it {median(rates[2]):.0f} ({spread(rates[2])}), ratio {ratios[1]:.2f}; "
        f"in core-seconds ratios {ratios[2]:.2f} and {ratios[3]:.2f}; "
        f"threads: {torch.get_num_threads()}, {describe('torch', 'pytorch-metric-learning')}"
    )


def mean_of(side: list[Outcome], metric: str) -> Values:
    """Return the mean over the seeds for each query."""
    result: Values = np.mean([getattr(entry, metric) for entry in side], axis=0)
    return result


def percent(side: list[Outcome]) -> str:
    """Return MAP@R over queries and seeds."""
    return f"{100 * float(np.nanmean(mean_of(side, 'precision'))):.2f}"


if __name__ == "__main__":
    main()
