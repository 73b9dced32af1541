"""Fine-tuning speed against its bound, for the last layers and for all.

    python benchmarks/finetune.py

The bound is cores / (core-seconds to read and augment one picture + core-seconds of the training
step for one). Both are measured alone, in the same run, each by as many processes as there are
cores with one thread each, so that the cores share caches and clock as they do while training.
Then the stages of `lookalike train --preset finetune` run on the same pictures. Epochs after the
first are timed, without the judgement on the selection classes; rounds are interleaved; medians
are printed.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from lookalike.training import PRESETS
from lookalike.training.networks import build_embedder
from lookalike.training.steps.flow import PictureFlow
from lookalike.training.steps.loop import Run, run_stage, take_step
from lookalike.training.steps.stages import StagePictures, picture_stage
from machine import cores, describe, median, spread
from picture_sets import SETS, default_root, load_set

MEASURE = """
import sys, time
from pathlib import Path
import numpy as np, torch
torch.set_num_threads(1)
from lookalike.training import PRESETS
from lookalike.training.features import view_of
from lookalike.training.networks import build_embedder
import finetune

what, stage, backbone, seconds = sys.argv[1], sys.argv[2], sys.argv[3], float(sys.argv[4])
files = [Path(line) for line in sys.stdin.readline().strip().split("|")]
recipe = PRESETS["finetune"]
side = build_embedder(backbone, weights=False).input_size
if what == "augment":
    def work(number):
        path = files[number % len(files)]
        view_of(path, side, preset=recipe.augmentation, strength=1.0, seed=(0, number))
        return 1
else:
    steps = finetune.Steps(stage, backbone)
    work = steps.take
work(0)
print("ready", flush=True)
sys.stdin.readline()
count, number, began, end = 0, 0, time.process_time(), time.monotonic() + seconds
while time.monotonic() < end:
    count, number = count + work(number), number + 1
print((time.process_time() - began) / count)
"""


class Still:
    """Stands for a :class:`PictureFlow`: the same random pixels again and again."""

    def __init__(self, size: int, side: int) -> None:
        random = np.random.default_rng(0)
        self._pixels = random.integers(0, 256, (size, side, side, 3), dtype=np.uint8)

    def batches(self, _epoch: int, batches: Sequence[np.ndarray]):
        """Yield a batch for each of these."""
        for batch in batches:
            yield self._pixels[: len(batch)]


class Steps:
    """The training step of a stage, on pixels that cost nothing."""

    def __init__(self, stage: str, backbone: str) -> None:
        import torch

        recipe = PRESETS["finetune"].changed(backbone=backbone)
        embedder = build_embedder(backbone, pooling=recipe.pooling)
        embedder.set_head(
            recipe.head, _identity(embedder.backbone.channels), dimensions=None, seed=0
        )
        size = recipe.classes_per_batch * recipe.images_per_class
        labels = np.repeat(np.arange(recipe.classes_per_batch), recipe.images_per_class)
        numbers = np.arange(size)
        pictures = StagePictures(Still(size, embedder.input_size), numbers, labels, numbers, [])
        self._stage = picture_stage(embedder, recipe, stage, pictures)
        self._batch = [numbers]
        self._optimiser = torch.optim.AdamW(self._stage.groups, fused=True)

    def take(self, number: int) -> int:
        """Take one step and return the number of its pictures."""
        for embeddings, labels in self._stage.embed(number, self._batch):
            take_step(self._stage, self._optimiser, embeddings, labels, 1.0)
        return len(self._batch[0])


def _identity(width: int):
    from lookalike.training.networks.heads import identity_affine

    return identity_affine(width)


def core_seconds(
    what: str, stage: str, backbone: str, files: Sequence[Path], seconds: float
) -> float:
    """Return the core-seconds that one picture takes, in as many processes as cores."""
    running = [
        subprocess.Popen(
            [sys.executable, "-c", MEASURE, what, stage, backbone, str(seconds)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=Path(__file__).parent,
        )
        for _ in range(cores())
    ]
    for process in running:
        process.stdin.write("|".join(map(str, files[:500])) + "\n")
        process.stdin.flush()
    for process in running:
        if process.stdout.readline().strip() != "ready":
            raise SystemExit("a measuring process failed")
    for process in running:
        process.stdin.write("\n")
        process.stdin.flush()
    return float(np.mean([float(process.communicate()[0]) for process in running]))


def rate(
    stage: str, backbone: str, files: Sequence[Path], labels: np.ndarray, epochs: int
) -> float:
    """Return the pictures a second of a stage, over the epochs after the first."""
    recipe = PRESETS["finetune"].changed(
        backbone=backbone, stages=(stage,), epochs=epochs, patience=epochs
    )
    embedder = build_embedder(backbone, pooling=recipe.pooling)
    embedder.set_head(recipe.head, _identity(embedder.backbone.channels), dimensions=None, seed=0)
    numbers = np.arange(len(files))
    times: list[float] = []
    with (
        PictureFlow(files, side=embedder.input_size, preset=recipe.augmentation, seed=0) as flow,
        tempfile.TemporaryDirectory() as folder,
    ):
        pictures = StagePictures(flow, numbers, labels, numbers, [])
        found = picture_stage(embedder, recipe, stage, pictures)
        found.score = lambda: times.append(time.perf_counter()) or 0.0
        run_stage(found, Run(Path(folder), "benchmark", recipe), None)
    count = sum(len(batch) for batch in found.batches(0))
    return median([count / seconds for seconds in np.diff(times)[1:]])


def main() -> None:
    """Measure bound and run in turns and print a line for each stage."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--set", choices=sorted(SETS), default="clothing")
    parser.add_argument("--data", type=Path, default=default_root())
    parser.add_argument("--backbone", default="efficientnet-lite0")
    parser.add_argument("--stages", nargs="+", default=["last", "all"])
    parser.add_argument("--pictures", type=int, default=640)
    parser.add_argument("--epochs", type=int, default=3)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=8.0)
    arguments = parser.parse_args()
    samples = load_set(arguments.set, arguments.data)
    chosen = [samples[int(place)] for place in np.linspace(0, len(samples) - 1, arguments.pictures)]
    files = [sample.path.resolve() for sample in chosen]
    labels = np.arange(len(files)) % 16  # which classes they are does not matter here
    for stage in arguments.stages:
        augments, steps, rates, shares = [], [], [], []
        for _ in range(arguments.rounds):
            augments.append(
                core_seconds("augment", stage, arguments.backbone, files, arguments.seconds)
            )
            steps.append(core_seconds("step", stage, arguments.backbone, files, arguments.seconds))
            rates.append(rate(stage, arguments.backbone, files, labels, arguments.epochs))
            shares.append(rates[-1] * (augments[-1] + steps[-1]) / cores())
        bound = cores() / (median(augments) + median(steps))
        print(
            f"finetune {stage}: {median(rates):.1f} pictures/s ({spread(rates)}), "
            f"bound {bound:.1f} (augmentation {1e3 * median(augments):.1f} ms, "
            f"step {1e3 * median(steps):.1f} ms), "
            f"{median(shares):.1%} of it ({min(shares):.1%}-{max(shares):.1%}); "
            f"{arguments.backbone}, {arguments.set}, {describe('torch', 'numpy')}",
            flush=True,
        )


if __name__ == "__main__":
    main()
