"""Pooled features of a frozen network, computed once and kept."""

from __future__ import annotations

import hashlib
import io
import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lookalike.encoders.runtime import import_onnxruntime
from lookalike.errors import TrainingDataError, TrainingError
from lookalike.images import content_hash, decode, fit
from lookalike.results import Progress
from lookalike.settings import cores

from .augmentation import Preset, augmentation

__all__ = ["View", "cached_features", "pixels_of", "view_of"]

_BATCH = 16
_MARGIN = 1.25
_state: dict[str, Any] = {}

Floats = NDArray[np.float32]
Pixels = NDArray[np.uint8]


def pixels_of(path: Path, side: int) -> Pixels:
    """Return a picture as the network is used with it: (side, side, 3), the inner nine tenths.

    Raises:
        TrainingDataError: the picture cannot be read; it was when the data set was.
    """
    try:
        pixels = decode(path.read_bytes(), shortest_side=round(side / 0.9)).pixels
    except (OSError, ValueError) as error:
        raise TrainingDataError(f"{path} cannot be read any more: {error}") from error
    return fit(pixels, side, "squash", 0.9)


def view_of(
    path: Path, side: int, *, preset: Preset, strength: float, seed: Sequence[int]
) -> Pixels:
    """Return an augmented view of a picture, the same one for the same ``seed``."""
    try:
        pixels = decode(path.read_bytes(), shortest_side=round(side * _MARGIN)).pixels
    except (OSError, ValueError) as error:
        raise TrainingDataError(f"{path} cannot be read any more: {error}") from error
    random = np.random.default_rng(list(seed))
    chosen = augmentation(preset, strength=strength)
    return chosen.apply(pixels, side=side, random=random)


@dataclass(frozen=True, slots=True)
class View:
    """How pictures are shown to a network: plain, or as one of their augmented views.

    ``side`` is that of the network's input, ``number`` which augmented view, None for the plain
    picture; preset, strength and seed are those of the augmentation.
    """

    side: int
    number: int | None = None
    preset: Preset = "none"
    strength: float = 1.0
    seed: int = 0

    @property
    def key(self) -> tuple[str, str]:
        """What makes features of this view other than those of another."""
        if self.number is None:
            return repr(self.side), repr(None)
        return repr((self.side, self.preset, self.strength, self.seed)), repr(self.number)

    @property
    def stage(self) -> str:
        """What is being done while this view is computed."""
        return "features" if self.number is None else f"features, view {self.number + 1}"

    def of(self, path: Path, place: int) -> Pixels:
        """Return a picture, the one at this place in the data, in this view."""
        if self.number is None:
            return pixels_of(path, self.side)
        return view_of(
            path,
            self.side,
            preset=self.preset,
            strength=self.strength,
            seed=(self.seed, self.number, place),
        )


def cached_features(
    embedder_folder: Path,
    paths: Sequence[Path],
    *,
    cache: Path,
    view: View,
    workers: int | None = None,
    progress: Callable[[Progress], None] | None = None,
) -> Floats:
    """Return pooled features of pictures, float32 of shape (n, channels), from the cache if there.

    The cache is keyed by the content of the pictures, the weights of the network and the view.

    Args:
        embedder_folder: where :meth:`Embedder.save` wrote the network.
        paths: the pictures.
        cache: folder of the cache.
        view: how the pictures are shown to the network.
        workers: processes that read the pictures; None takes as many as there are cores.

    Raises:
        TrainingDataError: a picture cannot be read.
        TrainingError: the cache cannot be written.
    """
    names = ["backbone", "pooling"]
    parts = [(embedder_folder / "modules" / f"{name}.safetensors").read_bytes() for name in names]
    parts += [(embedder_folder / "modules" / "embedder.json").read_bytes()]
    parts += [part.encode() for part in view.key]
    key = hashlib.sha256(b"|".join(content_hash(part) for part in parts))
    for path in paths:
        key.update(content_hash(path.read_bytes()))
    file = cache / f"{key.hexdigest()[:32]}.npy"
    if file.exists():
        return _loaded(file)
    weights = hashlib.sha256(b"".join(content_hash(part) for part in parts[:3])).hexdigest()
    graph = cache / f"{weights[:32]}.onnx"
    if not graph.exists():
        from .export import features_graph
        from .networks import load_embedder

        with _writing(cache):
            _replace(graph, features_graph(load_embedder(embedder_folder)))
    jobs = [
        (number, [os.fspath(path) for path in paths[number : number + _BATCH]])
        for number in range(0, len(paths), _BATCH)
    ]
    rows = []
    with ProcessPoolExecutor(
        workers or cores(),
        mp_context=get_context("spawn"),
        initializer=_start,
        initargs=(os.fspath(graph), view),
    ) as pool:
        done = 0
        for some in pool.map(_features, jobs):
            rows.append(some)
            done += len(some)
            if progress is not None:
                progress(Progress(done, len(paths), stage=view.stage))
    features = np.concatenate(rows) if rows else np.zeros((0, 0), np.float32)
    stream = io.BytesIO()
    np.save(stream, features.astype(np.float16))
    with _writing(cache):
        _replace(file, stream.getvalue())
    return _loaded(file)


@contextmanager
def _writing(cache: Path) -> Iterator[None]:
    try:
        cache.mkdir(parents=True, exist_ok=True)
        yield
    except OSError as error:
        raise TrainingError(f"The features cannot be kept in {cache}: {error}.") from error


def _replace(file: Path, data: bytes) -> None:
    temporary = file.with_suffix(f".{os.getpid()}.tmp")
    temporary.write_bytes(data)
    temporary.replace(file)


def _loaded(file: Path) -> Floats:
    features: Floats = np.load(file).astype(np.float32)
    return features


def _start(graph: str, view: View) -> None:
    onnxruntime = import_onnxruntime()
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 3
    _state["view"] = view
    _state["session"] = onnxruntime.InferenceSession(
        graph, options, providers=["CPUExecutionProvider"]
    )


def _features(job: tuple[int, list[str]]) -> Floats:
    first, names = job
    view: View = _state["view"]
    pictures = [view.of(Path(name), first + place) for place, name in enumerate(names)]
    result: Floats = _state["session"].run(["features"], {"pixels": np.stack(pictures)})[0]
    return result
