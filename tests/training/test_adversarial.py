"""Fine-tuning against attacks: what the recipe asks for is what the batches get."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from lookalike.errors import UsageError
from lookalike.training import Recipe, preset
from lookalike.training.networks import build_embedder
from lookalike.training.steps.stages import StagePictures, picture_stage

torch.set_num_threads(1)

RECIPE = preset("scratch").changed(
    input_size=32, capacity=0.25, classes_per_batch=4, images_per_class=2
)
LABELS = np.repeat(np.arange(4), 2)
NUMBERS = np.arange(8)


class Flow:
    """Gives the same eight pictures for every batch."""

    pictures = np.random.default_rng(0).integers(0, 256, (8, 32, 32, 3)).astype(np.uint8)

    def batches(self, epoch: int, batches: Sequence[Any]) -> Iterator[Any]:
        return (self.pictures[batch] for batch in batches)


def embeddings(recipe: Recipe, epoch: int = 0) -> Any:
    embedder = build_embedder("compact", input_size=32, capacity=0.25)
    names = [str(label) for label in LABELS]
    flow: Any = Flow()
    pictures = StagePictures(flow, NUMBERS, LABELS, NUMBERS, names)
    stage = picture_stage(embedder, recipe, "all", pictures)
    found, labels = next(iter(stage.embed(epoch, [NUMBERS])))
    assert labels.tolist() == LABELS.tolist()
    found.sum().backward()
    assert all(parameter.grad is not None for parameter in embedder.backbone.parameters())
    return found.detach()


def test_every_second_picture_is_attacked_and_the_same_way_again() -> None:
    clean, attacked = embeddings(RECIPE), embeddings(RECIPE.changed(adversarial=8))
    apart = 1.0 - (clean * attacked).sum(dim=1)
    assert bool((apart[::2] > 1e-4).all())
    torch.testing.assert_close(attacked, embeddings(RECIPE.changed(adversarial=8)))
    assert not torch.equal(attacked, embeddings(RECIPE.changed(adversarial=8), epoch=1))


def test_a_head_alone_cannot_be_trained_against_attacks() -> None:
    with pytest.raises(UsageError, match="adversarial needs a stage"):
        preset("head").changed(adversarial=4)
    with pytest.raises(UsageError, match="0 to 255"):
        RECIPE.changed(adversarial=300)


def test_the_setting_is_part_of_the_fingerprint() -> None:
    assert RECIPE.changed(adversarial=4).fingerprint != RECIPE.fingerprint
