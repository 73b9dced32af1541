"""Training in bfloat16: when it is taken, what it changes, and that a run goes on in it."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

torch = pytest.importorskip("torch")

from lookalike.errors import CheckpointError, UsageError
from lookalike.training import Recipe, preset, train
from lookalike.training import run as prepared_module
from lookalike.training.networks import build_embedder
from lookalike.training.steps import in_parts as parts_module
from lookalike.training.steps import loop as loop_module
from lookalike.training.steps.precision import (
    PROBE_FILE,
    forget_probe,
    seconds_a_step,
    takes_bfloat16,
)
from lookalike.training.steps.stages import picture_stage

torch.set_num_threads(1)

SMALL = preset("scratch").changed(
    capacity=0.25,
    input_size=32,
    dimensions=8,
    epochs=2,
    classes_per_batch=3,
    images_per_class=2,
    precision="bfloat16",
)
AUTO = SMALL.changed(precision="auto")


def clock(single: float, half: float, asked: list[bool] | None = None) -> Any:
    """Return what stands for the measurement of a step, and notes what was asked for."""

    def seconds(embedder: Any, bfloat16: bool) -> float:
        if asked is not None:
            asked.append(bfloat16)
        return half if bfloat16 else single

    return seconds


@pytest.fixture(scope="module")
def embedder() -> Any:
    return build_embedder("compact", input_size=32, capacity=0.25)


def test_recipes_of_before_keep_their_fingerprint() -> None:
    known = "dabaf12a999cf557"
    assert Recipe().fingerprint.startswith(known)
    assert Recipe(precision="auto").fingerprint != Recipe().fingerprint
    assert SMALL.fingerprint != SMALL.changed(precision="float32").fingerprint


def test_precisions_that_make_no_sense_are_refused() -> None:
    with pytest.raises(UsageError, match="auto, float32, bfloat16"):
        Recipe(precision="half")
    with pytest.raises(UsageError, match="sees pictures"):
        Recipe(precision="bfloat16")


@pytest.mark.parametrize(("half", "taken"), [(0.89, True), (0.92, False), (5.0, False)])
def test_auto_takes_bfloat16_when_it_is_a_tenth_faster(
    half: float, taken: bool, embedder: Any, tmp_path: Path
) -> None:
    said: list[str] = []
    asked: list[bool] = []
    found = takes_bfloat16(
        AUTO, embedder, tmp_path, seconds=clock(1.0, half, asked), say=said.append
    )
    assert found is taken
    assert asked.count(True) == asked.count(False) == (1 if half > 3 else 4)
    assert len(said) == 1
    # What was found stays, whatever a second measurement would say, until it is forgotten.
    assert takes_bfloat16(AUTO, embedder, tmp_path, seconds=clock(half, 1.0)) is taken
    forget_probe(tmp_path)
    assert takes_bfloat16(AUTO, embedder, tmp_path, seconds=clock(2.0, 1.0))


def test_a_precision_that_is_named_is_not_measured(embedder: Any, tmp_path: Path) -> None:
    assert takes_bfloat16(SMALL, embedder, tmp_path)
    assert not takes_bfloat16(SMALL.changed(precision="float32"), embedder, tmp_path)
    assert not (tmp_path / PROBE_FILE).exists()


def test_a_damaged_finding_is_said(embedder: Any, tmp_path: Path) -> None:
    (tmp_path / PROBE_FILE).write_text("{}")
    with pytest.raises(CheckpointError, match="--fresh"):
        takes_bfloat16(AUTO, embedder, tmp_path)


def test_measuring_changes_neither_network_nor_random_numbers(embedder: Any) -> None:
    before = {name: value.clone() for name, value in embedder.state_dict().items()}
    state = torch.get_rng_state()
    assert seconds_a_step(embedder, True) > 0.0
    assert torch.equal(torch.get_rng_state(), state)
    for name, value in embedder.state_dict().items():
        torch.testing.assert_close(value, before[name], rtol=0, atol=0)
    assert all(parameter.grad is None for parameter in embedder.parameters())


def test_only_the_backbone_is_rounded_and_results_are_float32(embedder: Any) -> None:
    pixels = torch.rand(4, 3, 32, 32, generator=torch.Generator().manual_seed(0))
    embedder.eval()
    exact, rounded = embedder(pixels), embedder(pixels, bfloat16=True)
    assert rounded.dtype == torch.float32
    assert not torch.equal(exact, rounded)
    torch.testing.assert_close(exact, rounded, rtol=0, atol=0.02)
    torch.testing.assert_close(rounded.norm(dim=1), torch.ones(4), rtol=0, atol=1e-6)
    rounded.sum().backward()
    assert all(p.grad.dtype == torch.float32 for p in embedder.backbone.parameters())
    embedder.zero_grad(set_to_none=True)


def test_parts_on_threads_give_the_same_gradient_each_time(
    embedder: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parts_module, "_PIXELS", 2 * 32 * 32)
    embedder.eval()
    pixels = torch.rand(8, 3, 32, 32, generator=torch.Generator().manual_seed(0))
    towards = torch.rand(8, embedder.head.dimensions, generator=torch.Generator().manual_seed(1))

    def gradients() -> list[Any]:
        embedder.zero_grad(set_to_none=True)
        found = parts_module.embed_in_parts(embedder, pixels, bfloat16=True)
        (found * towards).sum().backward()
        return [parameter.grad.clone() for parameter in embedder.backbone.parameters()]

    torch.set_num_threads(2)
    try:
        runs = [gradients() for _ in range(4)]
    finally:
        torch.set_num_threads(1)
        embedder.zero_grad(set_to_none=True)
    for run in runs[1:]:
        assert all(torch.equal(a, b) for a, b in zip(run, runs[0], strict=True))


def test_an_interrupted_run_in_bfloat16_goes_on_exactly(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    random = np.random.default_rng(0)
    pictures = tmp_path / "pictures"
    for number in range(9):
        (pictures / f"{number}").mkdir(parents=True)
        colour = random.integers(40, 200, 3)
        for picture in range(3):
            pixels = np.clip(colour + random.integers(-40, 40, (40, 40, 3)), 0, 255)
            Image.fromarray(pixels.astype(np.uint8)).save(pictures / f"{number}/{picture}.png")
    asked: list[bool] = []

    def stage(*arguments: Any, bfloat16: bool) -> Any:
        asked.append(bfloat16)
        return picture_stage(*arguments, bfloat16=bfloat16)

    monkeypatch.setattr(prepared_module, "picture_stage", stage)
    whole = train([pictures], out=tmp_path / "whole", recipe=SMALL)
    cache = tmp_path / "whole" / "cache"
    out = tmp_path / "again"
    out.mkdir()
    (out / PROBE_FILE).write_text(json.dumps({"precision": "bfloat16"}))
    step, steps = loop_module.take_step, 0

    def interrupted(*arguments: Any) -> float:
        nonlocal steps
        steps += 1
        if steps == 2:
            raise KeyboardInterrupt
        return step(*arguments)

    monkeypatch.setattr(loop_module, "take_step", interrupted)
    with pytest.raises(KeyboardInterrupt):
        train([pictures], out=out, recipe=AUTO, cache=cache)
    monkeypatch.setattr(loop_module, "take_step", step)
    again = train([pictures], out=out, recipe=AUTO, cache=cache)
    assert again.history == whole.history
    assert asked == [True, True, True]
