"""Training runs from pictures to a model folder, and what may go wrong on the way."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageDraw

torch = pytest.importorskip("torch")

from lookalike.encoders import load_encoder
from lookalike.errors import CheckpointError, DivergedError, TrainingError, UsageError
from lookalike.training import Recipe, TrainingResult, preset, read_data, read_recipe, train
from lookalike.training.steps import loop as loop_module
from lookalike.training.steps.checkpoint import read_checkpoint, write_checkpoint

torch.set_num_threads(1)

SMALL = preset("head").changed(
    backbone="compact",
    capacity=0.25,
    input_size=32,
    views=1,
    epochs=4,
    patience=4,
    classes_per_batch=4,
    images_per_class=2,
    seed=3,
)
WHOLE = SMALL.changed(stages=["all"], head="linear", dimensions=8, views=0, ema=0.5)


@pytest.fixture(scope="module")
def shapes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder of twelve classes of six pictures: shapes of one form, at any place."""
    folder = tmp_path_factory.mktemp("shapes")
    random = np.random.default_rng(0)
    for number in range(12):
        place = folder / f"class-{number:02}"
        place.mkdir()
        for picture in range(6):
            image = Image.fromarray(random.integers(0, 90, (48, 48, 3)).astype(np.uint8))
            draw = ImageDraw.Draw(image)
            x, y = (int(value) for value in random.integers(8, 24, 2))
            sides = 3 + number % 6
            colour = (255, 200, 90) if number < 6 else (90, 180, 255)
            draw.regular_polygon((x + 6, y + 6, 9), sides, fill=colour)
            image.save(place / f"{picture}.png")
    return folder


@pytest.fixture(scope="module")
def result(shapes: Path, tmp_path_factory: pytest.TempPathFactory) -> TrainingResult:
    return train([shapes], out=tmp_path_factory.mktemp("model"), recipe=SMALL)


def test_a_run_reports_all_rows_on_classes_that_it_has_not_seen(result: TrainingResult) -> None:
    assert [row.name for row in result.table.rows] == [
        "random",
        "colour histogram",
        "frozen backbone",
        "frozen + whitening",
        "trained",
    ]
    labels = np.asarray(result.data.labels)
    parts = [set(labels[part]) for part in (result.split.fit, result.split.select)]
    assert set(result.table.classes).isdisjoint(parts[0] | parts[1])
    assert parts[0].isdisjoint(parts[1])
    assert result.verdict.sentence.startswith(("Promoted", "Not promoted"))
    values = json.loads((result.folder / "metrics.json").read_text())
    assert set(values["rows"]) == {row.name for row in result.table.rows}


def test_the_model_is_used_by_an_encoder_at_once(result: TrainingResult, shapes: Path) -> None:
    encoder = load_encoder(str(result.folder), threads=1)
    pixels = np.asarray(Image.open(shapes / "class-00" / "0.png").convert("RGB"))
    vectors = encoder.encode(encoder.prepare(pixels)[None]).vectors
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1.0, atol=1e-5)
    parity = encoder.card.quality["parity"]
    assert parity["largest_difference"] < 1e-4
    assert parity["least_cosine"] > 0.9999
    assert encoder.card.probability(1.0) > encoder.card.probability(-1.0)
    assert "nearest hit is of the same class" in encoder.card.quality["match"]


def test_a_finished_run_is_not_done_again(result: TrainingResult, shapes: Path) -> None:
    said: list[str] = []
    again = train([shapes], out=result.folder, recipe=SMALL, say=said.append)
    assert any("Going on from" in sentence for sentence in said)
    assert again.history == result.history
    assert again.table.to_dict() == result.table.to_dict()


def test_another_recipe_does_not_go_on_from_a_foreign_checkpoint(
    result: TrainingResult, shapes: Path
) -> None:
    with pytest.raises(CheckpointError, match="another recipe"):
        train([shapes], out=result.folder, recipe=SMALL.changed(rate=0.5))


def test_the_log_holds_every_epoch(result: TrainingResult) -> None:
    lines = (result.folder / "log.jsonl").read_text().splitlines()
    assert [json.loads(line) for line in lines] == list(result.history)
    assert result.history[0]["loss"] is None
    assert all(np.isfinite(entry["loss"]) for entry in result.history[1:])


KILLED = """
import sys
import torch
from pathlib import Path
from lookalike.training import read_recipe, train
from lookalike.training.steps import loop

torch.set_num_threads(1)
loop._SECONDS = 0.0
if __name__ == "__main__":
    recipe = read_recipe(Path(sys.argv[3]))
    train([sys.argv[1]], out=sys.argv[2], recipe=recipe, cache=sys.argv[4])
"""


def _losses(folder: Path) -> list[Any]:
    return [json.loads(line) for line in (folder / "log.jsonl").read_text().splitlines()]


@pytest.mark.slow
@pytest.mark.parametrize("recipe", [SMALL, WHOLE], ids=["head", "all"])
def test_a_killed_run_goes_on_as_if_nothing_had_happened(
    recipe: Recipe, shapes: Path, tmp_path: Path
) -> None:
    script, settings = tmp_path / "run.py", tmp_path / "recipe.toml"
    script.write_text(KILLED)
    recipe.write(settings)
    assert read_recipe(settings) == recipe
    names = [str(shapes), str(tmp_path / "killed"), str(settings), str(tmp_path / "cache")]
    command = [sys.executable, str(script), *names]
    environment = os.environ | {"OMP_NUM_THREADS": "1"}
    process = subprocess.Popen(command, env=environment)
    checkpoint = tmp_path / "killed" / "checkpoints" / "last.pt"
    deadline = time.monotonic() + 600
    while not checkpoint.exists() and process.poll() is None:
        assert time.monotonic() < deadline
        time.sleep(0.002)
    process.send_signal(signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL
    saved = torch.load(checkpoint, weights_only=True)
    assert "position" in saved  # in the middle of the stage
    subprocess.run(command, env=environment, check=True)
    whole = [*command[:3], str(tmp_path / "whole"), *command[4:]]
    subprocess.run(whole, env=environment, check=True)
    assert _losses(tmp_path / "killed") == _losses(tmp_path / "whole")
    metrics = [json.loads((tmp_path / n / "metrics.json").read_text()) for n in ("killed", "whole")]
    assert metrics[0]["rows"]["trained"] == metrics[1]["rows"]["trained"]


def test_an_interrupted_run_goes_on_as_if_nothing_had_happened(
    result: TrainingResult, shapes: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    steps = 0
    step = loop_module.take_step

    def interrupted(*arguments: Any) -> float:
        nonlocal steps
        steps += 1
        if steps == 4:
            raise KeyboardInterrupt
        return step(*arguments)

    cache = result.folder / "cache"
    monkeypatch.setattr(loop_module, "take_step", interrupted)
    with pytest.raises(KeyboardInterrupt):
        train([shapes], out=tmp_path / "model", recipe=SMALL, cache=cache)
    found = torch.load(tmp_path / "model" / "checkpoints" / "last.pt", weights_only=True)
    assert found["position"]["epoch"] + found["position"]["step"] > 0
    monkeypatch.setattr(loop_module, "take_step", step)
    again = train([shapes], out=tmp_path / "model", recipe=SMALL, cache=cache)
    assert again.history == result.history
    assert again.table.to_dict() == result.table.to_dict()


def test_a_loss_that_is_no_number_ends_the_run(shapes: Path, tmp_path: Path) -> None:
    recipe = SMALL.changed(loss="supervised_contrastive", loss_parameters={"temperature": 1e-300})
    with pytest.raises(DivergedError, match="try a lower rate"):
        train([shapes], out=tmp_path / "model", recipe=recipe)


def test_pictures_without_labels_are_told_from_each_other(shapes: Path, tmp_path: Path) -> None:
    flat = tmp_path / "pictures"
    flat.mkdir()
    for number, path in enumerate(sorted(shapes.glob("*/[01].png"))):
        shutil.copy(path, flat / f"{number}.png")
    data = read_data([flat])
    assert data.kind == "unlabelled"
    found = train(data, out=tmp_path / "model", recipe=SMALL)
    assert found.history[0]["selection_map_at_r"] > 0.0
    assert [row.name for row in found.table.rows][-1] == "trained"


def test_what_one_class_has_to_itself_is_refused(shapes: Path, tmp_path: Path) -> None:
    recipe = SMALL.changed(dimensions=4000)
    with pytest.raises(UsageError, match="dimensions is 4000"):
        train([shapes], out=tmp_path / "model", recipe=recipe)


def test_a_full_disk_keeps_the_last_checkpoint(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "last.pt"
    write_checkpoint(path, {"fingerprint": "a", "step": 1})

    def full(*arguments: Any, **options: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(torch, "save", full)
    with pytest.raises(TrainingError, match=r"No space left.*The last one is kept"):
        write_checkpoint(path, {"fingerprint": "a", "step": 2})
    state = read_checkpoint(path, "a")
    assert state is not None
    assert state["step"] == 1
    assert [file.name for file in tmp_path.iterdir()] == ["last.pt"]


def test_a_damaged_checkpoint_is_said(tmp_path: Path) -> None:
    path = tmp_path / "last.pt"
    assert read_checkpoint(path, "a") is None
    path.write_bytes(b"no checkpoint")
    with pytest.raises(CheckpointError, match="damaged"):
        read_checkpoint(path, "a")


def test_a_recipe_with_a_misspelt_setting_names_the_right_one(tmp_path: Path) -> None:
    path = tmp_path / "recipe.toml"
    path.write_text("epoch = 3\n")
    with pytest.raises(UsageError, match="Did you mean 'epochs'"):
        read_recipe(path)
    with pytest.raises(UsageError, match="stages"):
        Recipe(stages=("tail",))
    with pytest.raises(UsageError, match="head, finetune, scratch"):
        preset("heads")


@pytest.mark.parametrize(("keep", "kept"), [("best", 0), ("last", 3)])
def test_the_best_or_the_last_state_is_kept(tmp_path: Path, keep: str, kept: int) -> None:
    model = torch.nn.Linear(1, 1)
    seen: list[torch.Tensor] = []

    def score() -> float:  # each epoch is worse than the one before
        seen.append(model.weight.detach().clone())
        return -float(len(seen))

    stage = loop_module.Stage(
        name="falling",
        model=model,
        loss=Squares(),
        groups=[{"params": [*model.parameters()], "lr": 0.1}],
        batches=lambda _: [np.arange(2)],
        embed=lambda _, batches: ((model(torch.ones(2, 1)), torch.zeros(2)) for _ in batches),
        score=score,
    )
    recipe = SMALL.changed(keep=keep, epochs=3, patience=3)
    loop_module.run_stage(stage, loop_module.Run(tmp_path, "", recipe), None)
    torch.testing.assert_close(model.weight.detach(), seen[kept])


class Squares(torch.nn.Module):
    """A loss that is not contrastive."""

    def forward(self, embeddings: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
        return (embeddings[:, 0] + 1.0 - labels).square().sum()
