"""Long work as a progress bar in a terminal, as a line now and then elsewhere."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from lookalike.results import Progress

from .console import clean, err, note

__all__ = ["shown"]

_LINE_SECONDS = 10.0
_TITLES = {"index": "indexing"}


@contextmanager
def shown(*, quiet: bool = False) -> Iterator[Callable[[Progress], None]]:
    """Yield the function that shows progress on standard error."""
    if quiet:
        yield lambda progress: None
    elif err().is_terminal:
        with _bar() as show:
            yield show
    else:
        yield _Lines()


@contextmanager
def _bar() -> Iterator[Callable[[Progress], None]]:
    from rich import progress as bars
    from rich.text import Text

    class Rate(bars.ProgressColumn):
        def render(self, task: bars.Task) -> Text:
            speed = task.finished_speed or task.speed
            return Text("" if speed is None else f"{speed:,.0f}/s")

    bar = bars.Progress(
        bars.TextColumn("{task.description}"),
        bars.BarColumn(),
        bars.MofNCompleteColumn(),
        Rate(),
        bars.TimeRemainingColumn(),
        bars.TextColumn("{task.fields[failed]}", style="yellow"),
        console=err(),
        transient=True,
    )
    tasks: dict[str, bars.TaskID] = {}
    with bar:

        def show(progress: Progress) -> None:
            stage = clean(_TITLES.get(progress.stage, progress.stage))
            if stage not in tasks:
                tasks[stage] = bar.add_task(stage, total=None, failed="")
            failed = f"{progress.failed} failed" if progress.failed else ""
            bar.update(tasks[stage], completed=progress.done, total=progress.total, failed=failed)

        yield show


class _Lines:
    """One line when a stage begins to take long, and one every ten seconds from then on."""

    def __init__(self) -> None:
        self._last = time.monotonic()

    def __call__(self, progress: Progress) -> None:
        now = time.monotonic()
        waiting = progress.stage.startswith("waiting")
        if not waiting and now - self._last < _LINE_SECONDS:
            return
        self._last = now
        if waiting:
            note(progress.stage)
            return
        of = "" if progress.total is None else f" of {progress.total:,}"
        failed = f", {progress.failed} failed" if progress.failed else ""
        note(f"{_TITLES.get(progress.stage, progress.stage)}: {progress.done:,}{of}{failed}")
