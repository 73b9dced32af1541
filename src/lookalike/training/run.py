"""One run on its pictures: network, features, parts of the data, stages and what comes of them."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from lookalike.results import Progress

from .data import DataSet, Split
from .export import export_model, fit_scores
from .features import View, cached_features, pixels_of, view_of
from .judging.table import Table, Verdict, colour_floor, measure
from .networks import build_embedder
from .recipe import Recipe
from .reporting import Findings
from .steps.checkpoint import read_checkpoint, write_checkpoint
from .steps.flow import PictureFlow
from .steps.loop import Run, run_stage
from .steps.precision import forget_probe, takes_bfloat16
from .steps.processes import is_first, wait_for_all
from .steps.stages import StagePictures, head_stage, picture_stage
from .whitening import Affine, choose_whitening, fit_whitening, normalised

__all__ = ["Prepared"]

_START = "start"
_COMPARED = 16
_FLOOR_SIDE = 64
_REPORTED_VIEW = 1000

Floats = NDArray[np.float32]


class Prepared:
    """One run: its network, its features and its parts of the data."""

    def __init__(
        self,
        data: DataSet,
        split: Split,
        recipe: Recipe,
        folder: Path,
        cache: Path,
        progress: Callable[[Progress], None] | None,
    ) -> None:
        self._data, self._split, self._recipe = data, split, recipe
        self._folder, self._cache, self._progress = folder, cache, progress
        self._paths = [sample.path for sample in data.samples]
        self._labels = np.asarray(data.labels)
        folder.mkdir(parents=True, exist_ok=True)
        self.embedder = build_embedder(
            recipe.backbone,
            pooling=recipe.pooling,
            input_size=recipe.input_size,
            capacity=recipe.capacity,
            greyscale=recipe.greyscale,
            seed=recipe.seed,
        )
        self._start = folder / _START
        if is_first():
            recipe.write(folder / "recipe.toml")
            self.embedder.save(self._start)
        wait_for_all()
        self._plain = self._features(self._start)
        self._whitening = fit_whitening(normalised(self._plain[split.fit]))
        self._put_head_on()

    def _features(self, folder: Path, number: int | None = None) -> Floats:
        # The views are the same for every seed of a recipe, so that runs share the cache.
        recipe = self._recipe
        view = View(self.embedder.input_size, number, recipe.augmentation, recipe.strength)
        return cached_features(
            folder, self._paths, cache=self._cache, view=view, progress=self._progress
        )

    def _put_head_on(self) -> None:
        recipe, fit, select = self._recipe, self._split.fit, self._split.select
        features = normalised(self._plain)
        if recipe.start == "identity":
            width = features.shape[1]
            affine = Affine(np.zeros(width, np.float32), np.eye(width, dtype=np.float32))
        elif recipe.start == "whitening" or self._data.kind == "unlabelled":
            affine = self._whitening
        else:
            affine, _ = choose_whitening(
                features[fit],
                self._labels[fit],
                features[select],
                self._labels[select],
                start=self._whitening,
            )
        self.embedder.set_head(recipe.head, affine, dimensions=recipe.dimensions, seed=recipe.seed)

    def run(self, *, resume: bool, say: Callable[[str], None]) -> list[dict[str, Any]]:
        """Run the stages that are not done yet and return the history."""
        fingerprint = f"{self._recipe.fingerprint}-{self._data.fingerprint}"
        run = Run(self._folder, fingerprint, self._recipe, self._progress)
        saved = read_checkpoint(run.checkpoint, fingerprint) if resume else None
        if not resume:
            forget_probe(self._folder)
        if saved is not None:
            run.stages_done, run.history = saved["stages_done"], saved["history"]
            say(f"Going on from {run.checkpoint}.")
            if "position" not in saved:
                self.embedder.load_state_dict(saved["embedder"])
        with _scalars(self._folder) as run.write_scalar:
            for number, name in enumerate(self._recipe.stages):
                if number < run.stages_done:
                    continue
                self._run_stage(name, run, saved if saved and "position" in saved else None, say)
                saved = None
                run.stages_done = number + 1
                if is_first():
                    state = {
                        "fingerprint": fingerprint,
                        "stages_done": run.stages_done,
                        "history": run.history,
                        "embedder": self.embedder.state_dict(),
                    }
                    write_checkpoint(run.checkpoint, state)
                wait_for_all()
        self.embedder.eval()
        if is_first():
            self.embedder.save(self._folder)
        wait_for_all()
        return run.history

    def _run_stage(
        self, name: str, run: Run, saved: dict[str, Any] | None, say: Callable[[str], None]
    ) -> None:
        recipe, fit, select = self._recipe, self._split.fit, self._split.select
        numbers = np.unique(self._labels[fit], return_inverse=True)[1].astype(np.int64)
        if name == "head":
            views = [self._plain] + [
                self._features(self._start, view) for view in range(int(recipe.views))
            ]
            judged = [self._plain[select]]
            if self._data.kind == "unlabelled":  # a picture has to find another view of itself
                judged.append(views[-1][select])
            stage = head_stage(
                self.embedder,
                recipe,
                [view[fit] for view in views],
                numbers,
                np.concatenate(judged),
                self._names(select) * len(judged),
            )
            run_stage(stage, run, saved)
            return
        with PictureFlow(
            self._paths,
            side=self.embedder.input_size,
            preset=recipe.augmentation,
            strength=recipe.strength,
            seed=recipe.seed,
        ) as flow:
            stage = picture_stage(
                self.embedder,
                recipe,
                name,
                StagePictures(flow, fit, numbers, select, self._names(select)),
                bfloat16=takes_bfloat16(recipe, self.embedder, self._folder, say=say),
            )
            run_stage(stage, run, saved)

    def _names(self, numbers: NDArray[np.int64]) -> list[str]:
        return [str(label) for label in self._labels[numbers]]

    def table(self) -> Table:
        """Return the rows of the report classes.

        Without labels a picture has to find another view of itself among all.
        """
        report = self._split.report
        views = [None] if self._data.kind != "unlabelled" else [None, _REPORTED_VIEW]
        labels = self._names(report) * len(views)
        plain = normalised(
            np.concatenate([self._features(self._start, view)[report] for view in views])
        )
        random = np.random.default_rng(0).normal(size=(len(labels), 64))
        vectors = {
            "random": normalised(random),
            "colour histogram": np.concatenate([self._floor(report, view) for view in views]),
            "frozen backbone": plain,
            "frozen + whitening": self._whitening.apply(plain),
            "trained": np.concatenate([self._trained(report, view) for view in views]),
        }
        rows = [measure(name, found, labels) for name, found in vectors.items()]
        return Table(tuple(rows), tuple(labels))

    def _floor(self, numbers: NDArray[np.int64], view: int | None) -> Floats:
        recipe = self._recipe
        pictures = (
            pixels_of(self._paths[number], _FLOOR_SIDE)
            if view is None
            else view_of(
                self._paths[number],
                _FLOOR_SIDE,
                preset=recipe.augmentation,
                strength=recipe.strength,
                seed=(recipe.seed, view, int(number)),
            )
            for number in numbers
        )
        return np.stack([colour_floor(pixels) for pixels in pictures])

    def _trained(self, numbers: NDArray[np.int64], view: int | None = None) -> Floats:
        moved = any(stage != "head" for stage in self._recipe.stages)
        features = self._features(self._folder if moved else self._start, view)
        with torch.no_grad():
            found: Floats = self.embedder.head(torch.from_numpy(features[numbers])).numpy()
        return found

    def findings(
        self,
        table: Table,
        verdict: Verdict,
        history: Sequence[dict[str, Any]],
        sentences: Sequence[str],
    ) -> Findings:
        """Return what the report shows."""
        report = self._split.report
        return Findings(
            title=self._folder.absolute().name,
            sentences=[f"Learned from {self._data.describe()}.", *sentences],
            table=table,
            verdict=verdict,
            vectors=self._trained(report),
            labels=self._names(report),
            paths=[self._paths[number] for number in report],
            parts=self._split.describe(),
            history=history,
        )

    def export(self, table: Table, verdict: Verdict) -> None:
        """Write the model as a graph with its card, its scores calibrated on the select part."""
        select = self._split.select
        chosen = select[:_COMPARED]
        export_model(
            self.embedder,
            self._folder,
            name=self._folder.absolute().name,
            pictures=np.stack(
                [pixels_of(self._paths[number], self.embedder.input_size) for number in chosen]
            ),
            calibration=fit_scores(self._trained(select), self._names(select)),
            training_data=f"{self._data.describe()}, of which {len(self._split.fit)} pictures to "
            f"fit on; SHA-256 of names and labels {self._data.fingerprint[:16]}",
            quality={"report": table.to_dict(), "verdict": verdict.to_dict()},
        )


@contextlib.contextmanager
def _scalars(folder: Path) -> Iterator[Callable[[str, float, int], None] | None]:
    """Give what writes scalars for TensorBoard, or None where its package is missing."""
    try:
        from tensorboardX import SummaryWriter
    except ImportError:
        yield None
        return
    if not is_first():
        yield None
        return
    with SummaryWriter(os.fspath(folder / "tensorboard")) as writer:
        yield writer.add_scalar
