"""Show how far long work has come: a bar in a terminal, a line now and then elsewhere."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from lookalike.results import Progress

from .console import clean, console, is_terminal, note

if TYPE_CHECKING:
    from rich.progress import Progress as Bar
    from rich.progress import Task, TaskID
    from rich.text import Text

__all__ = ["Lines", "describe", "show_progress"]

_FIRST_LINE = 3.0
_LINE_EVERY = 10.0


@contextmanager
def show_progress() -> Iterator[Callable[[Progress], None]]:
    """Yield the function to hand to a method of ``Library`` as its ``progress``."""
    if is_terminal(sys.stderr):
        with _bar() as bar:
            yield _Bars(bar)
    else:
        yield Lines()


class Lines:
    """Prints a line at first soon, then every ten seconds."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._began = clock()
        self._next = self._began + _FIRST_LINE
        self._stage = ""

    def __call__(self, progress: Progress) -> None:
        now = self._clock()
        if progress.stage != self._stage:
            self._stage = progress.stage
            self._began = now
            self._next = now + _FIRST_LINE
            if progress.stage.startswith("waiting"):
                note(_sentence(progress.stage))
        elif now >= self._next:
            self._next = now + _LINE_EVERY
            note(describe(progress, now - self._began))


def describe(progress: Progress, seconds: float) -> str:
    """Return one line that says how far the work is, how fast it goes and how long it takes."""
    text = f"{_sentence(progress.stage)}: " if progress.stage else ""
    text += f"{progress.done:,}"
    if progress.total is not None:
        text += f" of {progress.total:,}"
    rate = progress.done / seconds if seconds > 0 else 0.0
    if rate > 0:
        text += f", {rate:,.0f} a second"
        if progress.total is not None and progress.total > progress.done:
            text += f", {_span((progress.total - progress.done) / rate)} left"
    if progress.failed:
        text += f", {progress.failed:,} failed"
    return text


class _Bars:
    """Drives Rich's bar, one for each stage."""

    def __init__(self, bar: Bar) -> None:
        self._bar = bar
        self._task: TaskID | None = None
        self._stage: str | None = None

    def __call__(self, progress: Progress) -> None:
        if self._task is None or progress.stage != self._stage:
            if self._task is not None:
                self._bar.remove_task(self._task)
            self._stage = progress.stage
            self._task = self._bar.add_task(_sentence(progress.stage), total=progress.total)
        self._bar.update(
            self._task, completed=progress.done, total=progress.total, failed=progress.failed
        )


def _bar() -> Bar:
    from rich import progress as rich_progress
    from rich.text import Text

    class Pace(rich_progress.ProgressColumn):
        def render(self, task: Task) -> Text:
            parts = []
            if task.speed:
                parts.append(f"{task.speed:,.0f}/s")
            if task.time_remaining:
                parts.append(f"{_span(task.time_remaining)} left")
            if task.fields.get("failed"):
                parts.append(f"{task.fields['failed']:,} failed")
            return Text(", ".join(parts))

    return rich_progress.Progress(
        rich_progress.TextColumn("{task.description}", markup=False),
        rich_progress.BarColumn(bar_width=30),
        rich_progress.MofNCompleteColumn(),
        Pace(),
        console=console(sys.stderr),
        refresh_per_second=5,
        transient=True,
    )


def _sentence(stage: str) -> str:
    stage = clean(stage)
    return {"index": "Indexing"}.get(stage, stage[:1].upper() + stage[1:])


def _span(seconds: float) -> str:
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"
