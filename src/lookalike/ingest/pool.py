"""A pool of worker processes that survives what pictures do to decoders."""

from __future__ import annotations

import os
import queue
import socket
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, replace
from multiprocessing.connection import Connection
from pathlib import Path
from types import TracebackType

from lookalike.errors import BrokenImageError, ImageTimeoutError, LookalikeError

from .messages import Done, Failed, Job, Outcome, Ready, WorkerOptions
from .note import ProgressNote

__all__ = ["WorkerPool"]

_BATCH = 16
_ATTEMPTS = 2
_STARTS = 3
_START_LIMIT = 120.0
_ENCODE_LIMIT = 300.0
_START = (
    "import sys; sys.path.append(sys.argv[1]); "
    "from lookalike.ingest.worker import main; main(int(sys.argv[2]), int(sys.argv[3]))"
)


class WorkerPool:
    """Worker processes that turn jobs into outcomes, each watched by one thread.

    A picture that takes longer than ``time_limit`` seconds, or that twice brings its
    process down, becomes a ``Failed`` outcome; its neighbours in the batch are done again
    by a fresh process.

    Raises:
        LookalikeError: a worker cannot be started at all.
    """

    def __init__(self, options: WorkerOptions, *, workers: int, time_limit: float) -> None:
        self._batches: queue.SimpleQueue[tuple[Job, ...] | None] = queue.SimpleQueue()
        self._results: queue.SimpleQueue[tuple[Outcome, ...] | BaseException] = queue.SimpleQueue()
        self._workers = workers
        self._keepers = [
            _Keeper(options, time_limit, self._batches, self._results) for _ in range(workers)
        ]
        self._started = False

    def __enter__(self) -> WorkerPool:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for keeper in self._keepers:
            keeper.stop()
        for _ in self._keepers:
            self._batches.put(None)
        if self._started:
            for keeper in self._keepers:
                keeper.thread.join()

    def run(self, jobs: Iterator[Job | None]) -> Iterator[tuple[Outcome, ...]]:
        """Yield the outcomes of all jobs, batch by batch, in no certain order.

        ``jobs`` is read lazily, a few batches ahead; a None in it means that nothing is
        ready just now. An empty tuple is yielded now and then so that the caller can show
        progress.
        """
        in_flight = 0
        exhausted = False
        waiting: list[Job] = []
        while True:
            while not exhausted and in_flight < 3 * self._workers:
                job = next(jobs, _END)
                if job is _END:
                    exhausted = True
                elif job is not None:
                    waiting.append(job)  # type: ignore[arg-type]
                if waiting and (exhausted or job is None or len(waiting) == _BATCH):
                    self._submit(tuple(waiting))
                    in_flight += 1
                    waiting.clear()
                if job is None:
                    break
            if exhausted and in_flight == 0:
                return
            try:
                result = self._results.get(timeout=0.2 if exhausted or in_flight else 0.01)
            except queue.Empty:
                yield ()
                continue
            if isinstance(result, BaseException):
                raise result
            in_flight -= 1
            yield result

    def _submit(self, batch: tuple[Job, ...]) -> None:
        if not self._started:
            self._started = True
            for keeper in self._keepers:
                keeper.thread.start()
        self._batches.put(batch)


_END = object()


@dataclass(slots=True)
class _Crash(Exception):
    """The worker died or was killed; ``timed_out`` says which."""

    number: int | None
    timed_out: bool


class _Keeper:
    """One thread that feeds one worker process, and replaces it when it dies."""

    def __init__(
        self,
        options: WorkerOptions,
        time_limit: float,
        batches: queue.SimpleQueue[tuple[Job, ...] | None],
        results: queue.SimpleQueue[tuple[Outcome, ...] | BaseException],
    ) -> None:
        self._options = options
        self._time_limit = time_limit
        self._batches = batches
        self._results = results
        self._process: subprocess.Popen[bytes] | None = None
        self._connection: Connection | None = None
        self._lock = threading.Lock()
        self._stopped = False
        self._note: ProgressNote
        self.thread = threading.Thread(target=self._loop, name="lookalike-keeper", daemon=True)

    def stop(self) -> None:
        """End the worker process at once; its thread then sees the closed connection."""
        with self._lock:
            self._stopped = True
            if self._process is not None:
                self._process.kill()

    def _loop(self) -> None:
        try:
            with ProgressNote.create() as self._note:
                while (batch := self._batches.get()) is not None and not self._stopped:
                    self._results.put(self._work_off(batch))
        except BaseException as error:  # noqa: BLE001 - handed to the thread that waits
            if not self._stopped:
                self._results.put(error)
        finally:
            self._drop()

    def _work_off(self, batch: tuple[Job, ...]) -> tuple[Outcome, ...]:
        """Return one outcome for each job, however often the worker has to be replaced."""
        outcomes: list[Outcome] = []
        groups = deque([batch])
        while groups:
            group = groups.popleft()
            try:
                outcomes += self._ask(group)
            except _Crash as crash:
                if self._stopped:
                    raise
                rest = [job for job in group if job.number != crash.number]
                blamed = [job for job in group if job.number == crash.number]
                if crash.number is None:  # while encoding: find the culprit one by one
                    rest, blamed = [], list(group)
                if rest:
                    groups.append(tuple(rest))
                for job in blamed:
                    again = replace(job, attempts=job.attempts + 1)
                    if crash.timed_out and crash.number is not None:
                        outcomes.append(self._timed_out(job))
                    elif again.attempts < _ATTEMPTS:
                        groups.append((again,))
                    else:
                        outcomes.append(
                            Failed(
                                job.number,
                                BrokenImageError.__name__,
                                "Decoding the picture brought its process down.",
                            )
                        )
        return tuple(outcomes)

    def _timed_out(self, job: Job) -> Failed:
        return Failed(
            job.number,
            ImageTimeoutError.__name__,
            f"Reading and decoding took longer than {self._time_limit:g} s.",
        )

    def _ask(self, batch: tuple[Job, ...]) -> tuple[Outcome, ...]:
        connection = self._connect()
        self._note.write(batch[0].number)
        left = self._time_limit
        try:
            connection.send(batch)
            while not connection.poll(left):
                number, elapsed = self._note.read()
                left = (_ENCODE_LIMIT if number is None else self._time_limit) - elapsed
                if left <= 0:
                    self._drop()
                    raise _Crash(number, timed_out=True)
            done: Done = connection.recv()
            return done.outcomes
        except (EOFError, OSError) as error:
            self._drop()
            raise _Crash(self._note.read()[0], timed_out=False) from error

    def _connect(self) -> Connection:
        """Return the connection to the worker, starting one where there is none."""
        for _ in range(_STARTS):
            if self._connection is not None:
                return self._connection
            words = self._start()
        if self._connection is not None:
            return self._connection
        raise LookalikeError(f"A worker process could not start. {words}".strip())

    def _start(self) -> str:
        """Start a worker and return its last words, should it end before it is ready."""
        ours, theirs = socket.socketpair()
        with theirs:
            connection = Connection(ours.detach())
            with self._lock:
                if self._stopped:
                    connection.close()
                    raise _Crash(None, timed_out=False)
                self._process = subprocess.Popen(
                    [
                        sys.executable,
                        "-P",
                        "-c",
                        _START,
                        str(Path(__file__).parents[2]),
                        str(theirs.fileno()),
                        str(self._note.descriptor),
                    ],
                    stdin=subprocess.DEVNULL,
                    stderr=subprocess.PIPE,
                    pass_fds=(theirs.fileno(), self._note.descriptor),
                    start_new_session=True,
                    env=os.environ | {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"},
                )
                self._connection = connection
        errors = _LastWords(self._process)
        try:
            connection.send(self._options)
            started = connection.poll(_START_LIMIT) and isinstance(connection.recv(), Ready)
        except (EOFError, OSError):
            started = False
        if started:
            return ""
        self._drop()
        return errors.text()

    def _drop(self) -> None:
        """End the process and forget the connection; only this keeper's thread does so."""
        with self._lock:
            process, self._process = self._process, None
        if process is not None:
            process.kill()
            process.wait()
        if self._connection is not None:
            self._connection.close()
            self._connection = None


class _LastWords:
    """Keeps the end of what a process writes to its standard error, and lets nothing block."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self._lines: deque[bytes] = deque(maxlen=5)
        self._process = process
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def _read(self) -> None:
        stream = self._process.stderr
        if stream is not None:
            with stream:
                for line in stream:
                    self._lines.append(line[:500])

    def text(self) -> str:
        self._thread.join(timeout=1.0)
        return b" ".join(line.strip() for line in self._lines).decode("utf-8", "replace")
