"""Training on some classes of a set, judged on others.

    python benchmarks/transfer.py --keep build/transfer
    python benchmarks/transfer.py --keep build/transfer --preset finetune --seeds 1
    python benchmarks/transfer.py --keep build/transfer --preset scratch --seeds 1 --sets clothing
    python benchmarks/transfer.py --keep build/transfer --preset scratch --seeds 1 --sets clothing \
        --known

For each set three divisions of its classes, by groups that resemble each other by their making
(see picture_sets.py): 30 % to fit on, 20 % to choose on, 50 % to report on; a network from nothing
gets 50, 20 and 30 %. With ``--known`` a quarter of the pictures of every class that is fitted on is
held out and reported instead: pictures not seen, of classes that were. For each division some
seeds. Prints a row for each way to embed, the mean over divisions and seeds, the least and the
largest of the divisions' means, and how often the gate let the trained model pass. The intervals of
the differences are over the classes, each with all that was measured on it in any division.
"""

from __future__ import annotations

import argparse
import time
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from lookalike.evaluation import bootstrap_interval
from lookalike.training import DataSet, Sample, Split, preset, train
from machine import describe
from picture_sets import Sample as Picture
from picture_sets import default_root, load_set

SETS = ("caltech_half", "grocery_produce", "emoji", "logos")
ALL_SETS = (*SETS, "clothing", "omniglot")
HALF = (0.3, 0.2, 0.5)
METRICS = ("recall@1", "MAP@R")
AUGMENTATIONS = {"emoji": "instance", "logos": "instance", "omniglot": "instance"}
FROM_NOTHING: Mapping[str, Mapping[str, int]] = {
    "clothing": {"input_size": 96, "images_per_class": 8},
    "omniglot": {"input_size": 48, "images_per_class": 4, "epochs": 40},
}
BESIDE = ("colour histogram", "frozen backbone", "frozen + whitening")


def main() -> None:
    """Train, judge and print for each set."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=default_root())
    parser.add_argument("--keep", type=Path, required=True, help="folder of models and features")
    parser.add_argument("--sets", nargs="+", choices=ALL_SETS, default=list(SETS))
    parser.add_argument("--preset", default="head")
    parser.add_argument("--splits", type=int, default=3)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--known", action="store_true", help="report on classes fitted on")
    arguments = parser.parse_args()
    for name in arguments.sets:
        report(name, arguments)


def report(name: str, arguments: argparse.Namespace) -> None:
    """Train on one set, over divisions and seeds, and print its rows."""
    pictures = load_set(name, arguments.data)
    data = DataSet(
        [Sample(p.path, p.label, name=str(p.path.relative_to(arguments.data))) for p in pictures],
        "labelled",
    )
    recipe = preset(arguments.preset).changed(augmentation=AUGMENTATIONS.get(name, "category"))
    fractions = HALF
    if arguments.preset == "scratch":
        recipe = recipe.changed(**FROM_NOTHING.get(name, {}))
        fractions = recipe.fractions
    kind = f"{arguments.preset}-known" if arguments.known else arguments.preset
    means: dict[str, list[dict[str, float]]] = defaultdict(list)
    apart: dict[tuple[str, str], list[np.ndarray]] = defaultdict(list)
    classes: list[str] = []
    promoted = []
    seconds = []
    for number in range(arguments.splits):
        division = with_known if arguments.known else divided
        split = division(pictures, data, number, fractions)
        differences: dict[tuple[str, str], list[np.ndarray]] = defaultdict(list)
        rows: dict[str, list[dict[str, float]]] = defaultdict(list)
        for seed in range(arguments.seeds):
            start = time.perf_counter()
            result = train(
                data,
                out=arguments.keep / f"{name}-{kind}-{number}-{seed}",
                recipe=recipe.changed(seed=seed) if seed else recipe,
                split=split,
                cache=arguments.keep / "cache",
            )
            seconds.append(time.perf_counter() - start)
            promoted.append(result.promoted)
            for row in result.table.rows:
                rows[row.name].append({metric: row.mean(metric) for metric in METRICS})
            for metric in METRICS:
                trained = result.table["trained"].values[metric]
                for other in BESIDE:
                    differences[other, metric].append(trained - result.table[other].values[metric])
        for row_name, values in rows.items():
            means[row_name].append(
                {metric: float(np.mean([value[metric] for value in values])) for metric in METRICS}
            )
        for compared, values in differences.items():
            apart[compared].append(np.mean(values, axis=0))
        classes += result.table.classes
    print(f"{name}, {kind}: {arguments.splits} divisions × {arguments.seeds} seeds")
    for row_name, values in means.items():
        texts = []
        for metric in METRICS:
            found = [100 * value[metric] for value in values]
            texts.append(f"{metric} {np.mean(found):.1f} ({min(found):.1f}-{max(found):.1f})")
        print(f"  {row_name:20} {', '.join(texts)}")
    for (other, metric), values in apart.items():
        together = np.concatenate(values)
        low, high = bootstrap_interval(together, classes=classes)
        print(
            f"  trained - {other:20} {metric} {100 * np.nanmean(together):+.1f} "
            f"[{100 * low:+.1f}, {100 * high:+.1f}]"
        )
    print(f"  promoted {sum(promoted)} of {len(promoted)}; {describe('torch', 'onnxruntime')}")
    print(f"  seconds of each run, where it was not done before: {[round(s) for s in seconds]}")


def divided(
    pictures: tuple[Picture, ...],
    data: DataSet,
    number: int,
    fractions: tuple[float, float, float],
) -> Split:
    """Return a division of whole groups of classes, another one for each number."""
    labels: dict[str, set[str]] = defaultdict(set)
    for picture in pictures:
        labels[picture.group].add(picture.label)
    groups = sorted(labels)
    np.random.default_rng(number).shuffle(groups)
    total = sum(map(len, labels.values()))
    filled = [0, 0, 0]
    part_of: dict[str, int] = {}
    for group in groups:
        part = max(range(3), key=lambda place: fractions[place] - filled[place] / total)
        filled[part] += len(labels[group])
        part_of |= dict.fromkeys(labels[group], part)
    parts = np.array([part_of[picture.label] for picture in pictures])
    fit, select, rest = (np.flatnonzero(parts == part) for part in range(3))
    names = tuple(sample.name for sample in data.samples)
    return Split(fit, select, rest, number, fractions, names, data.labels)


def with_known(
    pictures: tuple[Picture, ...],
    data: DataSet,
    number: int,
    fractions: tuple[float, float, float],
) -> Split:
    """Return a division in which the classes to report on are those fitted on."""
    classwise = divided(pictures, data, number, (1.0 - fractions[1], fractions[1], 0.0))
    random = np.random.default_rng(number)
    labels = np.array(data.labels)[classwise.fit]
    held = []
    for label in np.unique(labels):
        own = random.permutation(classwise.fit[labels == label])
        held.append(own[: len(own) // 4])
    rest = np.sort(np.concatenate(held))
    fit = np.setdiff1d(classwise.fit, rest)
    return Split(fit, classwise.select, rest, number, fractions, classwise.names, data.labels)


if __name__ == "__main__":
    main()
