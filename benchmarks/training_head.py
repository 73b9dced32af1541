"""An epoch of head training over cached features.

    python benchmarks/training_head.py

Features of as many pictures as are wanted are drawn around class centres (their values do not
change the time), cached as a run caches them, and the head is trained on them by the same stage as
`lookalike train --preset head`. Prints the seconds of an epoch: steps alone, and with the
judgement on the selection classes. Median of the epochs after the first.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path

import numpy as np
import torch

from lookalike.training import PRESETS, fit_whitening
from lookalike.training.networks import build_embedder
from lookalike.training.steps.loop import Run, run_stage
from lookalike.training.steps.stages import head_stage
from lookalike.training.whitening import normalised
from machine import describe, median, spread


def main() -> None:
    """Train and print the line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--images", type=int, default=50_000)
    parser.add_argument("--classes", type=int, default=2_500)
    parser.add_argument("--selected", type=int, default=5_000, help="pictures to judge by")
    parser.add_argument("--epochs", type=int, default=6)
    parser.add_argument("--head", default=PRESETS["head"].head)
    arguments = parser.parse_args()
    recipe = PRESETS["head"].changed(
        head=arguments.head, epochs=arguments.epochs, patience=arguments.epochs
    )
    embedder = build_embedder(recipe.backbone, pooling=recipe.pooling, weights=False)
    random = np.random.default_rng(0)
    width = embedder.backbone.channels
    centres = random.normal(size=(arguments.classes, width)).astype(np.float32)

    def drawn(count: int) -> tuple[np.ndarray, np.ndarray]:
        labels = np.arange(count) % arguments.classes
        values = centres[labels] + random.normal(size=(count, width)).astype(np.float32)
        return normalised(np.abs(values)), labels.astype(np.int64)

    features, labels = drawn(arguments.images)
    select, select_labels = drawn(arguments.selected)
    embedder.set_head(recipe.head, fit_whitening(features[:5_000]), dimensions=None, seed=0)
    stage = head_stage(
        embedder,
        recipe,
        [features] * (1 + int(recipe.views)),
        labels,
        select,
        [str(label) for label in select_labels],
    )
    judged, epochs, began = [], [], 0.0
    score = stage.score

    def timed() -> float:
        nonlocal began
        epochs.append(time.perf_counter() - began)
        start = time.perf_counter()
        result = score()
        judged.append(time.perf_counter() - start)
        began = time.perf_counter()
        return result

    stage.score = timed
    with tempfile.TemporaryDirectory() as folder:
        run_stage(stage, Run(Path(folder), "benchmark", recipe), None)
    steps = len(stage.batches(0))
    print(
        f"training_head: {arguments.images} images, {width} dimensions, head {recipe.head}, "
        f"{steps} steps of {recipe.classes_per_batch} × {recipe.images_per_class}: "
        f"an epoch {median(epochs[2:]):.2f} s {spread(epochs[2:])}, "
        f"judging {arguments.selected} {median(judged[1:]):.2f} s; "
        f"{torch.get_num_threads()} threads; {describe('torch', 'numpy')}"
    )


if __name__ == "__main__":
    main()
