"""Whether the network is trained in bfloat16, where the processor gains by it.

In bfloat16 the products of the backbone have 8 significant bits and the range of float32
(Kalamkar et al., A Study of BFLOAT16 for Deep Learning Training, 2019). Weights, statistics of
batch normalisation, pooling, head, losses and the judging on the select classes stay in float32.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from copy import deepcopy
from pathlib import Path

import torch

from lookalike.errors import CheckpointError
from lookalike.training.networks import Embedder
from lookalike.training.recipe import Recipe

from .in_parts import embed_in_parts
from .processes import from_first, is_first

__all__ = ["PROBE_FILE", "forget_probe", "seconds_a_step", "takes_bfloat16"]

PROBE_FILE = "precision.json"
"""What ``precision = "auto"`` came to in a run's folder, so that a run goes on as it began."""

_GAIN = 1.1
_ROUNDS = 3
_PICTURES = 16
_HOPELESS = 3.0


def forget_probe(folder: Path) -> None:
    """Remove what was found out before, for a run that begins anew."""
    if is_first():
        (folder / PROBE_FILE).unlink(missing_ok=True)


def takes_bfloat16(
    recipe: Recipe,
    embedder: Embedder,
    folder: Path,
    *,
    seconds: Callable[[Embedder, bool], float] | None = None,
    say: Callable[[str], None] | None = None,
) -> bool:
    """Tell whether a run's pictures go through the network in bfloat16.

    For "auto" a few steps are measured the first time, in the first process, and the result is
    kept in the folder: bfloat16 is taken when a step is at least 1.1 times as fast.

    Args:
        recipe: its ``precision`` decides.
        embedder: the network, which is not changed.
        folder: of the run.
        seconds: gives the time of one step, with bfloat16 or without; None measures it.
        say: called with a sentence when it was measured.

    Raises:
        CheckpointError: what was found out before cannot be read.
    """
    if recipe.precision != "auto":
        return recipe.precision == "bfloat16"
    return from_first(lambda: _probed(embedder, folder, seconds or seconds_a_step, say)) > 0


def _probed(
    embedder: Embedder,
    folder: Path,
    seconds: Callable[[Embedder, bool], float],
    say: Callable[[str], None] | None,
) -> bool:
    file = folder / PROBE_FILE
    if file.exists():
        try:
            return str(json.loads(file.read_text("utf-8"))["precision"]) == "bfloat16"
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise CheckpointError(
                f"{file} cannot be read: {error}. Begin anew with --fresh."
            ) from error
    single, half = [seconds(embedder, False)], [seconds(embedder, True)]
    for _ in range(_ROUNDS if half[0] < _HOPELESS * single[0] else 0):  # the first warm up
        single.append(seconds(embedder, False))
        half.append(seconds(embedder, True))
    gain = min(single) / min(half)
    found = "bfloat16" if gain >= _GAIN else "float32"
    values = {"precision": found, "seconds": {"float32": min(single), "bfloat16": min(half)}}
    temporary = file.with_suffix(".tmp")
    temporary.write_text(json.dumps(values, indent=2) + "\n", encoding="utf-8")
    temporary.replace(file)
    if say is not None:
        say(f"Training in {found}: a step in bfloat16 is {gain:.1f} times as fast here.")
    return found == "bfloat16"


def seconds_a_step(embedder: Embedder, bfloat16: bool) -> float:
    """Return how long a copy of the network takes for 16 pictures, forward and back."""
    copy = deepcopy(embedder).train()
    if embedder.description["backbone"] != "compact":  # as the stages do
        copy.backbone.eval()
    side = embedder.input_size
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        pixels = torch.rand(_PICTURES, 3, side, side)
        start = time.perf_counter()
        total = embed_in_parts(copy, pixels, bfloat16=bfloat16).sum()
        total.backward()  # type: ignore[no-untyped-call]
        return time.perf_counter() - start
