"""Several models of one training, such as of other seeds, on the same report classes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from lookalike.encoders import load_encoder
from lookalike.errors import UsageError
from lookalike.evaluation import Interval, bootstrap_interval
from lookalike.results import Progress
from lookalike.training.data import DataSet, Split

from .evaluating import baseline_rows, model_row, saved_split, split_for
from .table import METRICS, Table

__all__ = ["Seeds", "evaluate_seeds", "shared_split"]

_BASELINE = "frozen + whitening"
_COMPARED = ("recall@1", "MAP@R")


@dataclass(frozen=True, slots=True)
class Seeds:
    """The rows of several models beside those they have to beat, on the same queries.

    ``table`` has a row for each of ``models``, by that name.
    """

    models: tuple[str, ...]
    split: Split
    table: Table

    def means(self, metric: str) -> tuple[float, ...]:
        """Return the mean over the queries of each model."""
        return tuple(self.table[model].mean(metric) for model in self.models)

    def deviation(self, metric: str) -> float:
        """Return the sample standard deviation of the models' means."""
        return float(np.std(self.means(metric), ddof=1))

    def difference(self, metric: str) -> tuple[float, Interval, Interval]:
        """Return by how much the models lie above frozen + whitening on average.

        The differences of a query are averaged over the models; then queries are drawn anew, by
        classes and one by one. The intervals are of other pictures, with these models.

        Returns:
            the mean, its interval over classes, and its interval over queries.
        """
        values = np.mean([self.table[model].values[metric] for model in self.models], axis=0)
        apart = values - self.table[_BASELINE].values[metric]
        return (
            float(np.nanmean(apart)),
            bootstrap_interval(apart, classes=self.table.classes),
            bootstrap_interval(apart),
        )

    def markdown(self) -> str:
        """Return all rows as a table, and what the models come to together, in percent."""
        lines = [
            self.table.markdown(),
            f"| {len(self.models)} models | " + " | ".join(_COMPARED) + " |",
            "|" + "---|" * (len(_COMPARED) + 1),
        ]
        cells: dict[str, list[str]] = {"mean": [], "deviation": [], "classes": [], "queries": []}
        for metric in _COMPARED:
            means = [100 * mean for mean in self.means(metric)]
            apart, classes, queries = self.difference(metric)
            cells["mean"].append(f"{np.mean(means):.1f} ({min(means):.1f} to {max(means):.1f})")
            cells["deviation"].append(f"{100 * self.deviation(metric):.2f}")
            for name, (low, high) in (("classes", classes), ("queries", queries)):
                cells[name].append(f"{100 * apart:+.1f} [{100 * low:+.1f}, {100 * high:+.1f}]")
        names = {
            "mean": "mean (least to largest)",
            "deviation": "standard deviation",
            "classes": f"mean less {_BASELINE}, interval over classes",
            "queries": f"mean less {_BASELINE}, interval over queries",
        }
        lines += [f"| {names[key]} | {' | '.join(row)} |" for key, row in cells.items()]
        return "\n".join(lines) + "\n"

    def to_dict(self) -> dict[str, Any]:
        """Return a dictionary that JSON can hold."""
        together = {}
        for metric in METRICS:
            mean, classes, queries = self.difference(metric)
            means = self.means(metric)
            together[metric] = {
                "mean": float(np.mean(means)),
                "standard_deviation": self.deviation(metric),
                "least": min(means),
                "largest": max(means),
                "difference": {"mean": mean, "classes": list(classes), "queries": list(queries)},
            }
        return {"models": list(self.models)} | self.table.to_dict() | {"together": together}


def shared_split(data: DataSet, models: Sequence[str], *, seed: int = 0) -> Split:
    """Return the split that models were trained with, or a new one when that of none is known.

    Raises:
        UsageError: two of them report on other classes, so no class is new to both for sure.
        TrainingDataError: the data has no classes, or too few.
    """
    known = {model: split for model in models if (split := saved_split(data, model)) is not None}
    if not known:
        return split_for(data, models[0], seed=seed)
    first, *others = known
    for model in others:
        if not np.array_equal(known[model].report, known[first].report):
            raise UsageError(
                f"{first} and {model} were trained with other divisions of the classes, so they "
                f"cannot be compared. Train with the same one: lookalike train ... --split {first}"
            )
    return known[first]


def evaluate_seeds(
    data: DataSet,
    models: Sequence[str],
    *,
    split: Split | None = None,
    progress: Callable[[Progress], None] | None = None,
) -> Seeds:
    """Measure several models on the same report classes, and what they come to together.

    Args:
        data: pictures with classes.
        models: names or folders, at least two different ones.
        split: None takes the one they were trained with, see :func:`shared_split`.

    Raises:
        UsageError: fewer than two models, one twice, or such of other divisions.
        TrainingDataError: the data has no classes, too few, or a picture cannot be read.
        ModelNotFoundError: there is no such model.
    """
    if len(models) < 2 or len(set(models)) < len(models):
        raise UsageError("Give two models or more, each once.")
    split = split or shared_split(data, models)
    encoders = {model: load_encoder(model) for model in models}
    rows = list(baseline_rows(data, split, progress=progress))
    for model, encoder in encoders.items():
        rows.append(model_row(data, split, encoder, name=model, progress=progress))
    labels = tuple(data.labels[int(number)] for number in split.report)
    return Seeds(tuple(models), split, Table(tuple(rows), labels))
