"""The table that a training run is judged by: five rows, the same queries, paired intervals."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lookalike.evaluation import (
    Interval,
    auroc,
    bootstrap_interval,
    map_at_r,
    micro_average_precision,
    r_precision,
    rank_leave_one_out,
    recall_at_k,
    recall_at_precision,
)

__all__ = ["METRICS", "Row", "Table", "Verdict", "colour_floor", "judge", "measure"]

Floats = NDArray[np.float32]

METRICS = ("recall@1", "recall@5", "MAP@R", "R-precision")
"""What is measured for each query, leave one out; formulas in :mod:`lookalike.evaluation`."""

_PAIRS = 2_000_000


@dataclass(frozen=True, slots=True)
class Row:
    """What one way to embed reaches on the report classes.

    ``values`` holds for each of :data:`METRICS` one number a query, NaN where nothing can be
    found; ``pairs`` the metrics of all pairs at once: "uAP", the micro average precision,
    "recall at 90 % precision", and "AUROC", of the best score of each query, telling queries
    whose class is in the gallery from the same queries without it.
    """

    name: str
    values: Mapping[str, NDArray[np.float64]]
    pairs: Mapping[str, float]

    def mean(self, metric: str) -> float:
        """Return the mean over the queries."""
        return float(np.nanmean(self.values[metric]))


@dataclass(frozen=True, slots=True)
class Table:
    """All rows, with the class of each query."""

    rows: tuple[Row, ...]
    classes: tuple[str, ...]

    def __getitem__(self, name: str) -> Row:
        return next(row for row in self.rows if row.name == name)

    def interval(self, row: str, metric: str) -> Interval:
        """Return the interval of 95 % of a row's mean, classes drawn anew."""
        return bootstrap_interval(self[row].values[metric], classes=self.classes)

    def difference(self, row: str, baseline: str, metric: str) -> tuple[float, Interval, Interval]:
        """Return the mean paired difference, and its intervals over classes and over queries."""
        apart = self[row].values[metric] - self[baseline].values[metric]
        return (
            float(np.nanmean(apart)),
            bootstrap_interval(apart, classes=self.classes),
            bootstrap_interval(apart),
        )

    def markdown(self) -> str:
        """Return the table as Markdown, in percent, with intervals over classes."""
        lines = [
            "| row | " + " | ".join(METRICS) + " | uAP | recall at 90 % precision | AUROC |",
            "|" + "---|" * (len(METRICS) + 4),
        ]
        for row in self.rows:
            cells = []
            for metric in METRICS:
                low, high = self.interval(row.name, metric)
                cells.append(f"{100 * row.mean(metric):.1f} [{100 * low:.1f}, {100 * high:.1f}]")
            cells += [f"{100 * value:.1f}" for value in row.pairs.values()]
            lines.append(f"| {row.name} | " + " | ".join(cells) + " |")
        return "\n".join(lines) + "\n"

    def per_class(self, row: str, metric: str = "MAP@R") -> dict[str, float]:
        """Return the mean of each class, the worst first."""
        values, classes = self[row].values[metric], np.asarray(self.classes)
        means = {
            str(name): float(np.nanmean(values[classes == name]))
            for name in np.unique(classes)
            if np.isfinite(values[classes == name]).any()
        }
        return dict(sorted(means.items(), key=lambda item: item[1]))

    def to_dict(self) -> dict[str, Any]:
        """Return a dictionary that JSON can hold."""
        rows = {}
        for row in self.rows:
            entry: dict[str, Any] = dict(row.pairs)
            for metric in METRICS:
                low, high = self.interval(row.name, metric)
                entry[metric] = {"mean": row.mean(metric), "low": low, "high": high}
            rows[row.name] = entry
        return {"queries": len(self.classes), "classes": len(set(self.classes)), "rows": rows}


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a trained model may take the place of the baseline, and why."""

    promoted: bool
    sentence: str
    differences: Mapping[str, Any]

    def to_dict(self) -> dict[str, Any]:
        """Return a dictionary that JSON can hold."""
        return asdict(self)


def measure(name: str, vectors: Floats, labels: Sequence[str]) -> Row:
    """Return the row of some embeddings, float32 of shape (n, d) and norm 1, leave one out."""
    ranking = rank_leave_one_out(vectors, labels)
    values = {
        "recall@1": recall_at_k(ranking, 1),
        "recall@5": recall_at_k(ranking, min(5, ranking.relevant.shape[1])),
        "MAP@R": map_at_r(ranking),
        "R-precision": r_precision(ranking),
    }
    return Row(name, values, _pair_metrics(vectors, labels))


def _pair_metrics(vectors: Floats, labels: Sequence[str]) -> dict[str, float]:
    """Return the metrics over all pairs, of a fixed draw of pictures when there are too many."""
    codes = np.unique(np.asarray(labels), return_inverse=True)[1]
    most = int(np.sqrt(_PAIRS))
    if len(codes) > most:
        chosen = np.sort(np.random.default_rng(0).permutation(len(codes))[:most])
        vectors, codes = vectors[chosen], codes[chosen]
    scores = vectors @ vectors.T
    same = codes[:, None] == codes[None]
    upper = np.triu_indices(len(codes), 1)
    pairs, relevant = scores[upper], same[upper]
    if not relevant.any() or relevant.all():
        return {"uAP": np.nan, "recall at 90 % precision": np.nan, "AUROC": np.nan}
    np.fill_diagonal(scores, -np.inf)
    inside = np.where(same, scores, -np.inf).max(axis=1)
    outside = np.where(same, -np.inf, scores).max(axis=1)
    known = np.isfinite(inside) & np.isfinite(outside)
    present = np.maximum(inside, outside)[known]
    found = np.concatenate([present, outside[known]])
    truth = np.repeat([True, False], len(present))
    return {
        "uAP": float(micro_average_precision(pairs, relevant)),
        "recall at 90 % precision": float(recall_at_precision(pairs, relevant)),
        "AUROC": float(auroc(found, truth)),
    }


def judge(table: Table, *, row: str = "trained", baseline: str = "frozen + whitening") -> Verdict:
    """Say whether a row beats the baseline on the report classes.

    It does when the whole paired interval of MAP@R, of 95 %, lies above the baseline, over
    classes and over queries, and recall@1 is not surely worse: its paired interval over classes
    does not lie wholly below.
    """
    mean, classes, queries = table.difference(row, baseline, "MAP@R")
    recall, recall_classes, _ = table.difference(row, baseline, "recall@1")
    above = classes.low > 0 and queries.low > 0
    promoted = above and recall_classes.high >= 0
    low, high = min(classes.low, queries.low), max(classes.high, queries.high)
    figures = (
        f"MAP@R {100 * mean:+.1f} points [{100 * low:+.1f}, {100 * high:+.1f}], "
        f"recall@1 {100 * recall:+.1f} [{100 * recall_classes.low:+.1f}, "
        f"{100 * recall_classes.high:+.1f}] against {baseline}"
    )
    if promoted:
        sentence = (
            "Promoted: on classes that it has not seen the whole paired interval of MAP@R lies "
            f"above {baseline}, and recall@1 is not surely worse: {figures}."
        )
    elif above:
        sentence = (
            "Not promoted: on classes that it has not seen recall@1 is surely worse than that of "
            f"{baseline}: {figures}."
        )
    else:
        sentence = (
            "Not promoted: on classes that it has not seen the paired interval of MAP@R does not "
            f"lie wholly above {baseline}: {figures}."
        )
    differences = {
        "MAP@R": {"mean": mean, "classes": list(classes), "queries": list(queries)},
        "recall@1": {"mean": recall, "classes": list(recall_classes)},
    }
    return Verdict(promoted, sentence, differences)


def colour_floor(pixels: NDArray[np.uint8]) -> Floats:
    """Return a floor that knows no shapes beyond 8 × 8: (128 + 64,) numbers of equal weight.

    A centred thumbnail of 8 × 8 pixels beside a colour histogram of 4 × 4 × 4 bins.

    Args:
        pixels: uint8 of shape (side, side, 3).
    """
    from PIL import Image

    small = Image.fromarray(pixels).resize((8, 8), Image.Resampling.BOX)
    thumbnail = np.asarray(small, np.float32).reshape(-1)
    codes = (pixels >> 6).astype(np.int64) @ np.array([16, 4, 1])
    histogram = np.sqrt(np.bincount(codes.reshape(-1), minlength=64).astype(np.float32))
    parts = [thumbnail - thumbnail.mean(), histogram]
    joined = np.concatenate([part / max(float(np.linalg.norm(part)), 1e-12) for part in parts])
    floor: Floats = (joined / np.sqrt(2.0)).astype(np.float32)
    return floor
