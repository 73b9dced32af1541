"""Training heads on half the classes of four sets, judged on the other half.

    python benchmarks/transfer.py --keep /tmp/transfer
    python benchmarks/transfer.py --keep /tmp/transfer --preset finetune --seeds 1

For each set three divisions of its classes, by groups that resemble each other by their making
(see picture_sets.py): 30 % to fit on, 20 % to choose on, 50 % to report on. For each of them some
seeds. Prints a row for each way to embed, the mean over divisions and seeds, the least and the
largest of the divisions' means, and how often the gate let the trained model pass. The interval
of the difference to frozen + whitening is over classes, of all divisions together.
"""

from __future__ import annotations

import argparse
from collections import defaultdict
from pathlib import Path

import numpy as np

from lookalike.evaluation import bootstrap_interval
from lookalike.training import DataSet, Sample, Split, preset, train
from machine import describe
from picture_sets import Sample as Picture
from picture_sets import default_root, load_set

SETS = ("caltech_half", "grocery_produce", "emoji", "logos")
FRACTIONS = (0.3, 0.2, 0.5)
METRICS = ("recall@1", "MAP@R")
AUGMENTATIONS = {"emoji": "instance", "logos": "instance"}


def main() -> None:
    """Train, judge and print for each set."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=default_root())
    parser.add_argument("--keep", type=Path, required=True, help="folder of models and features")
    parser.add_argument("--sets", nargs="+", choices=SETS, default=list(SETS))
    parser.add_argument("--preset", default="head")
    parser.add_argument("--splits", type=int, default=3)
    parser.add_argument("--seeds", type=int, default=5)
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
    means: dict[str, list[dict[str, float]]] = defaultdict(list)
    apart: dict[str, list[np.ndarray]] = defaultdict(list)
    classes: list[str] = []
    promoted = []
    for number in range(arguments.splits):
        split = divided(pictures, data, number)
        differences: dict[str, list[np.ndarray]] = defaultdict(list)
        rows: dict[str, list[dict[str, float]]] = defaultdict(list)
        for seed in range(arguments.seeds):
            result = train(
                data,
                out=arguments.keep / f"{name}-{arguments.preset}-{number}-{seed}",
                recipe=recipe.changed(seed=seed) if seed else recipe,
                split=split,
                cache=arguments.keep / "cache",
            )
            promoted.append(result.promoted)
            for row in result.table.rows:
                rows[row.name].append({metric: row.mean(metric) for metric in METRICS})
            for metric in METRICS:
                trained = result.table["trained"].values[metric]
                differences[metric].append(
                    trained - result.table["frozen + whitening"].values[metric]
                )
        for row_name, values in rows.items():
            means[row_name].append(
                {metric: float(np.mean([value[metric] for value in values])) for metric in METRICS}
            )
        for metric in METRICS:
            apart[metric].append(np.mean(differences[metric], axis=0))
        classes += [f"{number} {label}" for label in result.table.classes]
    print(
        f"{name}, preset {arguments.preset}: {arguments.splits} divisions × {arguments.seeds} seeds"
    )
    for row_name, values in means.items():
        texts = []
        for metric in METRICS:
            found = [100 * value[metric] for value in values]
            texts.append(f"{metric} {np.mean(found):.1f} ({min(found):.1f}-{max(found):.1f})")
        print(f"  {row_name:20} {', '.join(texts)}")
    for metric in METRICS:
        together = np.concatenate(apart[metric])
        low, high = bootstrap_interval(together, classes=classes)
        print(
            f"  trained - whitening  {metric} {100 * np.nanmean(together):+.1f} "
            f"[{100 * low:+.1f}, {100 * high:+.1f}]"
        )
    print(f"  promoted {sum(promoted)} of {len(promoted)}; {describe('torch', 'onnxruntime')}")


def divided(pictures: tuple[Picture, ...], data: DataSet, number: int) -> Split:
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
        part = max(range(3), key=lambda place: FRACTIONS[place] - filled[place] / total)
        filled[part] += len(labels[group])
        part_of |= dict.fromkeys(labels[group], part)
    parts = np.array([part_of[picture.label] for picture in pictures])
    fit, select, rest = (np.flatnonzero(parts == part) for part in range(3))
    names = tuple(sample.name for sample in data.samples)
    return Split(fit, select, rest, number, FRACTIONS, names, data.labels)


if __name__ == "__main__":
    main()
