"""The worker process: bytes to vectors, one batch at a time.

A worker holds no state but the model, so it may be killed at any moment: a picture that
crashes or hangs a decoder takes down one worker and nothing else.
"""

from __future__ import annotations

import contextlib
import os
import signal
from multiprocessing.connection import Connection
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from lookalike.errors import ImageTooLargeError, LookalikeError
from lookalike.images import colour_shares, content_hash, decode, perceptual_hash
from lookalike.sources import read_file

from .messages import Done, Encoded, Failed, Job, Outcome, Ready, Same, WorkerOptions
from .note import ProgressNote
from .parts import part_inputs, parts_of

if TYPE_CHECKING:
    from lookalike.catalog.records import StoredParts
    from lookalike.encoders import Encoder

__all__ = ["main"]


def main(descriptor: int, note: int) -> None:
    """Serve batches of jobs over the given file descriptor until the other end closes.

    ``note`` is the descriptor of the note that says which picture is in hand.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    connection = Connection(descriptor)
    # When the parent is gone, so is whoever wanted the answer.
    with contextlib.suppress(EOFError, ConnectionError):
        _serve(connection, ProgressNote(note))
    os._exit(0)


def _serve(connection: Connection, note: ProgressNote) -> None:
    from lookalike.encoders import load_encoder

    options: WorkerOptions = connection.recv()
    encoder = load_encoder(options.model, threads=1)
    _limit_memory(options.memory_limit)
    connection.send(Ready())
    while True:
        batch: tuple[Job, ...] = connection.recv()
        connection.send(Done(tuple(_process(batch, encoder, options, note))))


def _process(
    batch: tuple[Job, ...], encoder: Encoder, options: WorkerOptions, note: ProgressNote
) -> list[Outcome]:
    outcomes: list[Outcome] = []
    found: list[tuple[Job, int, bytes, int, int, int, str]] = []
    colours: list[np.ndarray] = []
    inputs: list[np.ndarray] = []
    cuts: list[list[np.ndarray]] = []
    for job in batch:
        note.write(job.number)
        try:
            data = job.data
            if data is None:
                data = read_file(Path(job.path or job.uri), limits=options.limits)
            digest = content_hash(data)
            if digest in job.known:
                outcomes.append(Same(job.number, len(data), digest))
                continue
            picture = decode(data, shortest_side=encoder.card.decode_side, limits=options.limits)
            parts = part_inputs(data, picture, encoder, options.limits) if options.parts else []
            inputs.append(encoder.prepare(picture.pixels))
            cuts.append(parts)
            colours.append(colour_shares(picture.pixels))
            found.append(
                (
                    job,
                    len(data),
                    digest,
                    perceptual_hash(picture.pixels),
                    picture.width,
                    picture.height,
                    picture.format,
                )
            )
        except LookalikeError as error:
            outcomes.append(Failed(job.number, type(error).__name__, str(error)))
        except MemoryError:
            outcomes.append(
                Failed(
                    job.number,
                    ImageTooLargeError.__name__,
                    "The picture needs more memory than one picture may take.",
                )
            )
    if found:
        note.write(None)
        encoding = encoder.encode(np.stack(inputs))
        vectors = encoding.vectors.astype(np.float16)
        parts_stored = _parts(cuts, found, encoder) if options.parts else [None] * len(found)
        for row, (job, size, digest, phash, width, height, kind) in enumerate(found):
            labels: tuple[tuple[int, float], ...] = ()
            if encoding.probabilities is not None:
                labels = _top_labels(encoding.probabilities[row], options.label_count)
            outcomes.append(
                Encoded(
                    job.number,
                    size,
                    digest,
                    phash,
                    width,
                    height,
                    kind,
                    vectors[row],
                    labels,
                    colours[row],
                    parts_stored[row],
                )
            )
    return outcomes


def _parts(
    cuts: list[list[np.ndarray]],
    found: list[tuple[Job, int, bytes, int, int, int, str]],
    encoder: Encoder,
) -> list[StoredParts | None]:
    stored: list[StoredParts | None] = []
    for parts, (*_, width, height, _) in zip(cuts, found, strict=True):
        vectors = encoder.encode(np.stack(parts)).vectors if parts else np.zeros((0, 0))
        stored.append(parts_of(width, height, vectors))
    return stored


def _top_labels(probabilities: np.ndarray, k: int) -> tuple[tuple[int, float], ...]:
    best = np.argpartition(-probabilities, k)[:k]
    best = best[np.argsort(-probabilities[best], kind="stable")]
    return tuple((int(index), float(probabilities[index])) for index in best)


def _limit_memory(limit: int) -> None:
    try:
        import resource
    except ImportError:  # not a POSIX system: the limit on declared pixels must do
        return
    _, hard = resource.getrlimit(resource.RLIMIT_DATA)
    if hard != resource.RLIM_INFINITY:
        limit = min(limit, hard)
    resource.setrlimit(resource.RLIMIT_DATA, (limit, hard))
