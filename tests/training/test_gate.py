"""The gate: a model is promoted for a surely better MAP@R, unless recall@1 is surely worse."""

import numpy as np
import pytest

from lookalike.training.judging.table import METRICS, Row, Table, judge

QUERIES = 200


def table(map_at_r: float, recall: float, *, noise: float = 0.01) -> Table:
    """Return a table whose trained row differs from the baseline by so much, query by query."""
    random = np.random.default_rng(0)
    base = random.uniform(0.3, 0.7, QUERIES)
    apart = {"MAP@R": map_at_r, "recall@1": recall}
    trained = {
        metric: base + apart.get(metric, 0.0) + random.normal(0.0, noise, QUERIES)
        for metric in METRICS
    }
    rows = (
        Row("frozen + whitening", dict.fromkeys(METRICS, base), {}),
        Row("trained", trained, {}),
    )
    return Table(rows, tuple(str(number // 2) for number in range(QUERIES)))


@pytest.mark.parametrize(
    ("map_at_r", "recall", "noise", "promoted", "said"),
    [
        (0.05, 0.05, 0.01, True, "the whole paired interval of MAP@R lies above"),
        (0.05, 0.0, 0.01, True, "recall@1 is not surely worse"),
        (0.05, -0.05, 0.01, False, "recall@1 is surely worse"),
        (0.05, -0.05, 2.0, False, "MAP@R does not lie wholly above"),
        (-0.05, 0.05, 0.01, False, "MAP@R does not lie wholly above"),
    ],
)
def test_the_verdict_and_its_reason(
    map_at_r: float, recall: float, noise: float, promoted: bool, said: str
) -> None:
    verdict = judge(table(map_at_r, recall, noise=noise))
    assert verdict.promoted is promoted
    assert verdict.sentence.startswith("Promoted: " if promoted else "Not promoted: ")
    assert said in verdict.sentence
    assert verdict.differences["MAP@R"]["mean"] == pytest.approx(map_at_r, abs=noise)
