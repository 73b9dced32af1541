"""The worker pool: every job has one outcome, whatever happens to the workers."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image

from lookalike.encoders import DEFAULT_MODEL
from lookalike.images import Limits
from lookalike.ingest.messages import Encoded, Failed, Job, Outcome, Same, WorkerOptions
from lookalike.ingest.pool import WorkerPool

OPTIONS = WorkerOptions(model=DEFAULT_MODEL, limits=Limits())


def run(jobs: list[Job], *, workers: int = 2, time_limit: float = 30.0) -> dict[int, Outcome]:
    outcomes: dict[int, Outcome] = {}
    with WorkerPool(OPTIONS, workers=workers, time_limit=time_limit) as pool:
        for batch in pool.run(iter(jobs)):
            for outcome in batch:
                assert outcome.number not in outcomes
                outcomes[outcome.number] = outcome
    return outcomes


@pytest.fixture
def jobs(tmp_path: Path, make_scene: Callable[..., Image.Image]) -> list[Job]:
    found = []
    for number in range(50):
        path = tmp_path / f"{number}.png"
        make_scene(number).save(path)
        found.append(Job(number, str(path), str(path)))
    return found


def test_every_job_has_one_outcome(jobs: list[Job], tmp_path: Path) -> None:
    (tmp_path / "3.png").write_bytes(b"text")
    (tmp_path / "4.png").unlink()
    outcomes = run(jobs)
    assert sorted(outcomes) == list(range(50))
    assert isinstance(outcomes[3], Failed)
    assert outcomes[3].kind == "NotAnImageError"
    assert isinstance(outcomes[4], Failed)
    assert outcomes[4].kind == "SourceNotFoundError"
    assert sum(isinstance(outcome, Encoded) for outcome in outcomes.values()) == 48


def test_known_content_is_not_decoded(jobs: list[Job]) -> None:
    first = run(jobs[:1])[0]
    assert isinstance(first, Encoded)
    job = Job(0, jobs[0].uri, jobs[0].path, known=(first.content_hash,))
    assert isinstance(run([job])[0], Same)


def test_killed_workers_are_replaced_and_nothing_is_lost(jobs: list[Job]) -> None:
    many = [Job(job.number + 50 * turn, job.uri, job.path) for turn in range(8) for job in jobs]
    outcomes: list[Outcome] = []
    batches = 0
    with WorkerPool(OPTIONS, workers=2, time_limit=30.0) as pool:
        for batch in pool.run(iter(many)):
            outcomes += batch
            batches += bool(batch)
            if batch and batches in (2, 6, 10):
                for child in _children():
                    os.kill(child, signal.SIGKILL)
    assert sorted(outcome.number for outcome in outcomes) == list(range(400))
    # One picture is blamed only when it brings a worker down twice.
    assert sum(isinstance(outcome, Encoded) for outcome in outcomes) >= 398


def test_a_picture_that_takes_too_long_is_given_up(jobs: list[Job]) -> None:
    began = time.monotonic()
    outcomes = run(jobs[:2], workers=1, time_limit=0.0001)
    assert time.monotonic() - began < 30
    assert {type(outcome) for outcome in outcomes.values()} <= {Failed, Encoded}
    kinds = {outcome.kind for outcome in outcomes.values() if isinstance(outcome, Failed)}
    assert kinds == {"ImageTimeoutError"}


def test_no_jobs_start_no_process() -> None:
    assert run([]) == {}


def _children() -> list[int]:
    path = Path(f"/proc/{os.getpid()}/task")
    found: list[int] = []
    for task in path.iterdir():
        found += [int(pid) for pid in (task / "children").read_text().split()]
    return found
