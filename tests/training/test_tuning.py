"""A study: what it may look at, what it keeps, and how it goes on."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

torch = pytest.importorskip("torch")
optuna = pytest.importorskip("optuna")

from lookalike.errors import CheckpointError, TrainingError, UsageError
from lookalike.training import preset, read_data, read_recipe, split_classes, tune
from lookalike.training.tuning.alone import alone
from lookalike.training.tuning.runs import Runs
from lookalike.training.tuning.space import Range, changed_by, default_space, read_range

SMALL = preset("head").changed(
    backbone="compact", capacity=0.25, input_size=32, views=0, epochs=2, classes_per_batch=4
)


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    """Return a folder of ten classes of four pictures, each class of one colour."""
    random = np.random.default_rng(0)
    for number in range(10):
        place = tmp_path / "pictures" / f"class-{number}"
        place.mkdir(parents=True)
        colour = random.integers(0, 256, 3)
        for which in range(4):
            noise = random.integers(-40, 40, (32, 32, 3))
            pixels = np.clip(colour + noise, 0, 255).astype(np.uint8)
            Image.fromarray(pixels).save(place / f"{which}.png")
    return tmp_path / "pictures"


def test_the_report_pictures_are_not_even_read(pictures: Path, tmp_path: Path) -> None:
    data = read_data([pictures])
    split = split_classes(data, fractions=SMALL.fractions, seed=0)
    for number in split.report:
        data.samples[int(number)].path.unlink()
    found = tune(data, out=tmp_path / "study", recipe=SMALL, split=split, trials=1)
    assert len(found.trials) == 1


def test_the_first_trial_is_the_recipe_and_the_rest_is_kept(pictures: Path, tmp_path: Path) -> None:
    found = tune([pictures], out=tmp_path / "study", recipe=SMALL, trials=3)
    assert [trial.given for trial in sorted(found.trials, key=lambda t: t.number)].index(True) == 0
    scores = [trial.score for trial in found.trials]
    assert scores == sorted(scores, reverse=True)
    lines = (tmp_path / "study" / "trials.csv").read_text().splitlines()
    assert len(lines) == 4
    assert lines[0].startswith("rank,trial,selection_map_at_r")
    best = read_recipe(tmp_path / "study" / "best.toml")
    assert best.fingerprint == found.best.fingerprint
    assert not list((tmp_path / "study" / "trials").glob("*/checkpoints"))
    again = tune([pictures], out=tmp_path / "study", recipe=SMALL, trials=3)
    assert again.to_dict() == found.to_dict()
    more = tune([pictures], out=tmp_path / "study", recipe=SMALL, trials=4)
    before = {trial.number: dict(trial.settings) for trial in found.trials}
    after = {trial.number: dict(trial.settings) for trial in more.trials}
    assert {number: after[number] for number in before} == before
    assert len({tuple(sorted(one.items())) for one in after.values()}) == 4


def test_a_trial_that_was_killed_is_made_again(
    pictures: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    score = Runs.score
    asked = []

    def dies(self: object, recipe: object, name: str) -> tuple[float, int]:
        asked.append(recipe)
        raise SystemExit  # told as failed on the way out

    monkeypatch.setattr(Runs, "score", dies)
    with pytest.raises(SystemExit):
        tune([pictures], out=tmp_path / "study", recipe=SMALL, trials=1)
    storage = f"sqlite:///{tmp_path / 'study' / 'study.db'}"
    study = optuna.load_study(study_name="lookalike", storage=storage)
    study.ask()  # as one that was killed leaves it
    monkeypatch.setattr(Runs, "score", score)
    found = tune([pictures], out=tmp_path / "study", recipe=SMALL, trials=1)
    assert found.trials[0].given
    states = [trial.state.name for trial in study.get_trials()]
    assert "RUNNING" not in states


def test_another_study_in_the_same_folder_is_refused(pictures: Path, tmp_path: Path) -> None:
    tune([pictures], out=tmp_path / "study", recipe=SMALL, trials=1)
    with pytest.raises(CheckpointError, match="another recipe"):
        tune([pictures], out=tmp_path / "study", recipe=SMALL.changed(epochs=3), trials=1)


def test_two_processes_do_not_tune_in_one_folder(pictures: Path, tmp_path: Path) -> None:
    with (
        alone(tmp_path / "study"),
        pytest.raises(TrainingError, match="Another process"),
    ):
        tune([pictures], out=tmp_path / "study", recipe=SMALL, trials=1)


def test_a_file_in_the_place_of_the_folder_is_said(pictures: Path, tmp_path: Path) -> None:
    (tmp_path / "study").write_text("")
    with pytest.raises(TrainingError, match="cannot be written"):
        tune([pictures], out=tmp_path / "study", recipe=SMALL, trials=1)


def test_a_loss_that_is_no_number_is_a_trial_without_a_score(
    pictures: Path, tmp_path: Path
) -> None:
    wild = SMALL.changed(rate=1e30, clip=1e30)
    found = tune([pictures], out=tmp_path / "study", recipe=wild, trials=1)
    assert found.trials[0].score is None
    assert "no number" in found.describe()


@pytest.mark.parametrize(
    ("text", "name", "wanted"),
    [
        ("rate=1e-4..1e-2", "rate", Range(1e-4, 1e-2, log=True)),
        ("temperature=0.1..0.3", "temperature", Range(0.1, 0.3)),
        ("dimensions=64,128", "dimensions", Range(choices=(64, 128))),
        ("head=residual,mlp", "head", Range(choices=("residual", "mlp"))),
        ("images_per_class=2..8", "images_per_class", Range(2, 8, whole=True)),
    ],
)
def test_ranges_are_read(text: str, name: str, wanted: Range) -> None:
    assert read_range(text, SMALL) == (name, wanted)


@pytest.mark.parametrize(
    "text", ["rate", "rate=", "speed=1..2", "seed=1,2", "rate=2..1", "rate=a..b", "margin=0.1..1"]
)
def test_ranges_that_make_no_sense_are_refused(text: str) -> None:
    with pytest.raises(UsageError):
        read_range(text, SMALL)


def test_the_space_holds_the_recipe_and_changes_it() -> None:
    space = default_space(SMALL, classes=5)
    assert "temperature" in space
    assert "strength" not in space  # no augmented view is used
    changed = changed_by(SMALL, {"temperature": 0.31, "rate": 0.5})
    assert changed.loss_parameters["temperature"] == 0.31
    assert changed.rate == 0.5
    assert "strength" in default_space(preset("finetune"), classes=5)
    with pytest.raises(UsageError, match="trials"):
        tune([Path()], out=Path("x"), trials=0)
