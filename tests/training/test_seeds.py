"""Several models on the same report classes, and what they come to together."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from typer.testing import CliRunner

from lookalike.cli.app import app
from lookalike.encoders import DEFAULT_MODEL, model_card
from lookalike.errors import UsageError
from lookalike.evaluation import bootstrap_interval
from lookalike.training import DataSet, Table, read_data, split_classes
from lookalike.training.data import Split
from lookalike.training.judging.evaluating import evaluate
from lookalike.training.judging.seeds import Seeds, evaluate_seeds, shared_split
from lookalike.training.judging.table import METRICS, Row


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder of six classes of two pictures: noise around a colour of their own."""
    folder = tmp_path_factory.mktemp("pictures")
    random = np.random.default_rng(0)
    for number in range(6):
        (folder / f"class-{number}").mkdir()
        colour = random.integers(40, 200, 3)
        for picture in range(2):
            pixels = np.clip(colour + random.integers(-40, 40, (40, 40, 3)), 0, 255)
            path = folder / f"class-{number}" / f"{picture}.png"
            Image.fromarray(pixels.astype(np.uint8)).save(path)
    return folder


def model(folder: Path, split: Split) -> str:
    """Put a copy of the model that ships into a folder, with a split as training writes it."""
    shutil.copytree(model_card(DEFAULT_MODEL).folder, folder)
    split.save(folder / "split.json")
    return str(folder)


def rows(values: dict[str, list[float]]) -> tuple[Row, ...]:
    return tuple(
        Row(name, {metric: np.array(found) for metric in METRICS}, {"uAP": 0.5})
        for name, found in values.items()
    )


def test_mean_spread_and_difference_are_those_of_the_formulas(pictures: Path) -> None:
    base, first, second = [0.5, 0.0, 1.0, 0.25], [1.0, 0.5, 1.0, 0.5], [0.5, 0.5, 1.0, 0.0]
    table = Table(rows({"frozen + whitening": base, "a": first, "b": second}), ("x", "x", "y", "y"))
    found = Seeds(("a", "b"), split_classes(read_data([pictures])), table)
    assert found.means("MAP@R") == (0.75, 0.5)
    assert found.deviation("MAP@R") == pytest.approx(0.25 / np.sqrt(2))
    apart = [0.25, 0.5, 0.0, 0.0]
    mean, classes, queries = found.difference("MAP@R")
    assert mean == pytest.approx(0.1875)
    assert classes == bootstrap_interval(apart, classes=["x", "x", "y", "y"])
    assert queries == bootstrap_interval(apart)
    together = json.loads(json.dumps(found.to_dict()))["together"]["recall@1"]
    assert (together["least"], together["largest"], together["mean"]) == (0.5, 0.75, 0.625)
    assert "| mean (least to largest) | 62.5 (50.0 to 75.0) |" in found.markdown()
    assert "over classes | +18.8 [" in found.markdown()


def test_models_of_one_division_are_measured_on_its_report_classes(
    pictures: Path, tmp_path: Path
) -> None:
    data = read_data([pictures])
    split = split_classes(data, seed=5)
    names = [model(tmp_path / name, split) for name in ("a", "b")]
    command = ["evaluate", str(pictures), "--model", names[0], "--model", names[1]]
    ran = CliRunner().invoke(app, [*command, "--json"], catch_exceptions=False)
    assert ran.exit_code == 0
    found = json.loads(ran.stdout)
    assert found["queries"] == len(split.report)
    alone = evaluate(data, model=names[0]).table.to_dict()["rows"]
    for name in names:
        assert found["rows"][name] == alone["trained"]
    assert found["rows"]["frozen + whitening"] == alone["frozen + whitening"]
    assert found["together"]["MAP@R"]["standard_deviation"] == 0.0
    refused = CliRunner().invoke(app, [*command, "--robustness"])
    assert refused.exit_code == 2
    assert "one model" in refused.stderr
    refused = CliRunner().invoke(app, ["evaluate", *names])
    assert refused.exit_code == 2
    assert "--model" in refused.stderr


def test_models_of_other_divisions_are_not_compared(pictures: Path, tmp_path: Path) -> None:
    data = read_data([pictures])
    names = [model(tmp_path / str(seed), split_classes(data, seed=seed)) for seed in range(2)]
    with pytest.raises(UsageError, match="--split"):
        shared_split(data, names)
    with pytest.raises(UsageError, match="two models"):
        evaluate_seeds(data, names[:1])
    with pytest.raises(UsageError, match="each once"):
        evaluate_seeds(data, [names[0], names[0]])


def test_a_division_is_known_when_pictures_were_named_otherwise(
    pictures: Path, tmp_path: Path
) -> None:
    data = read_data([pictures])
    renamed = DataSet(
        [type(s)(s.path, s.label, name=f"set/{s.name}") for s in data.samples], "labelled"
    )
    split = split_classes(renamed, seed=7)
    name = model(tmp_path / "a", split)
    for models in ([name], [name, DEFAULT_MODEL], [DEFAULT_MODEL, name]):
        assert shared_split(data, models).report.tolist() == split.report.tolist()
