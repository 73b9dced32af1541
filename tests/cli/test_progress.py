"""Progress: a line now and then where nobody watches, a bar where somebody does."""

from __future__ import annotations

import pytest

from lookalike.cli.progress import Lines, describe
from lookalike.results import Progress


@pytest.mark.parametrize(
    ("progress", "seconds", "line"),
    [
        (Progress(50, 200, stage="index"), 5.0, "Indexing: 50 of 200, 10 a second, 15 s left"),
        (Progress(1_000, None, stage="index"), 2.0, "Indexing: 1,000, 500 a second"),
        (Progress(0, 10, stage="index"), 1.0, "Indexing: 0 of 10"),
        (
            Progress(1, 7_200, 1, "index"),
            1.0,
            "Indexing: 1 of 7,200, 1 a second, 1 h 59 min left, 1 failed",
        ),
        (
            Progress(5, 5, stage="building the index"),
            1.0,
            "Building the index: 5 of 5, 5 a second",
        ),
    ],
)
def test_a_line_says_count_rate_and_time_left(
    progress: Progress, seconds: float, line: str
) -> None:
    assert describe(progress, seconds) == line


def test_lines_come_seldom(capsys: pytest.CaptureFixture[str]) -> None:
    now = 0.0
    lines = Lines(clock=lambda: now)
    for now in range(0, 26):
        lines(Progress(now, 100, stage="index"))
    assert [line.split(",")[0] for line in capsys.readouterr().err.splitlines()] == [
        "Indexing: 3 of 100",
        "Indexing: 13 of 100",
        "Indexing: 23 of 100",
    ]


def test_waiting_is_said_at_once(capsys: pytest.CaptureFixture[str]) -> None:
    lines = Lines(clock=lambda: 0.0)
    lines(Progress(0, None, stage="waiting: Process 7 is writing"))
    lines(Progress(0, None, stage="waiting: Process 7 is writing"))
    assert capsys.readouterr().err == "Waiting: Process 7 is writing\n"
