"""The report of a model that was measured, not trained just now."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from lookalike.training.data import DataSet
from lookalike.training.judging.table import judge

from .page import Findings, write_report

if TYPE_CHECKING:
    from lookalike.training.judging.evaluating import Evaluation, Robustness

__all__ = ["write_evaluation"]

_UNKNOWN = "Careful: the model may have been trained on these classes; its split is unknown."


def write_evaluation(
    file: Path,
    data: DataSet,
    found: Evaluation,
    *,
    robustness: Robustness | None = None,
    split_known: bool = True,
) -> None:
    """Write the page of a model's figures on the report classes of a data set.

    Args:
        file: of the page; replaced if it is there.
        data: what was measured on, as given to :func:`evaluate`.
        found: what that gave.
        robustness: what :func:`evaluate_robustness` gave, to be shown as well.
        split_known: that the model has not seen the report classes is sure; else it is said.

    Raises:
        OSError: the disk is full or may not be written.
    """
    report = [int(number) for number in found.split.report]
    write_report(
        file,
        Findings(
            title=found.model,
            sentences=[
                f"Measured on {data.describe()}, its report classes.",
                *([] if split_known else [_UNKNOWN]),
            ],
            table=found.table,
            verdict=judge(found.table),
            vectors=found.vectors,
            labels=found.table.classes,
            paths=[data.samples[number].path for number in report],
            parts=found.split.describe(),
            robustness=robustness,
            trained_now=False,
        ),
    )
