"""Recall after edits and under attack, against cases whose answer is known."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from typer.testing import CliRunner

from lookalike.cli.app import app
from lookalike.encoders import load_encoder
from lookalike.errors import TrainingDataError, UsageError
from lookalike.training import read_data
from lookalike.training.augmentation.edits import EDITS
from lookalike.training.judging.evaluating import evaluate, evaluate_robustness, split_for
from lookalike.training.judging.robustness import (
    Attacks,
    class_recall,
    under_attack,
    under_edits,
)


def test_class_recall_of_angles_worked_out_by_hand() -> None:
    angles = np.deg2rad([0.0, 10.0, 25.0, 90.0])
    gallery = np.stack([np.cos(angles), np.sin(angles)], axis=1).astype(np.float32)
    # 0° and 10° find each other; 25° is nearest to 10°, of another class; "c" is alone.
    found = class_recall(gallery, gallery, ["a", "a", "b", "c"])
    np.testing.assert_array_equal(found, [1.0, 1.0, np.nan, np.nan])
    found = class_recall(gallery, gallery, ["a", "a", "b", "b"])
    np.testing.assert_array_equal(found, [1.0, 1.0, 0.0, 1.0])


def test_a_tie_counts_as_not_found() -> None:
    same = np.ones((3, 1), np.float32)
    np.testing.assert_array_equal(class_recall(same, same, ["a", "a", "b"])[:2], [0.0, 0.0])


def test_every_edit_has_a_row_and_the_unedited_picture_finds_itself(scenes: Path) -> None:
    paths = sorted(scenes.glob("*.jpg"))
    rows = under_edits(paths, ["a", "b"] * 4, load_encoder())
    assert [row.edit for row in rows] == ["none", *EDITS]
    assert rows[0].copy_recall == 1.0
    assert next(row for row in rows if row.edit == "jpeg_20").copy_recall > 0.8


@pytest.fixture
def classes(tmp_path: Path, make_scene: Callable[..., Image.Image]) -> Path:
    """Return twelve classes of three versions of one scene each."""
    for number in range(12):
        folder = tmp_path / "classes" / f"class-{number:02}"
        folder.mkdir(parents=True)
        picture = make_scene(number)
        for version, box in enumerate([(0, 0, 160, 120), (8, 6, 152, 114), (0, 0, 144, 108)]):
            picture.crop(box).save(folder / f"{version}.jpg", quality=90)
    return tmp_path / "classes"


def test_rows_are_ordered_from_chance_to_the_model(classes: Path) -> None:
    data = read_data([classes])
    found = evaluate(data)
    names = [row.name for row in found.table.rows]
    assert names == [
        "random",
        "colour histogram",
        "frozen backbone",
        "frozen + whitening",
        "trained",
    ]
    assert len(found.table.classes) == len(found.split.report)
    assert found.table["trained"].mean("recall@1") > found.table["random"].mean("recall@1")
    tested = evaluate_robustness(data, found.split)
    assert tested.attacks == ()
    assert "| jpeg_20 |" in tested.markdown()


def test_the_figures_of_a_model_are_written_as_a_page(classes: Path, tmp_path: Path) -> None:
    page = tmp_path / "figures.html"
    command = ["evaluate", str(classes), "--json"]
    ran = CliRunner().invoke(app, [*command, "--report", str(page)])
    assert ran.exit_code == 0, ran.output
    assert json.loads(ran.stdout)["queries"] > 0
    text = page.read_text(encoding="utf-8")
    assert "The worst queries" in text
    assert text.count("data:image/jpeg") > 10


@pytest.mark.parametrize("name", ["missing/page.html", "picture.jpg", "folder.html"])
def test_a_page_that_could_not_be_written_is_refused_before_the_work(
    classes: Path, tmp_path: Path, name: str
) -> None:
    (tmp_path / "folder.html").mkdir()
    ran = CliRunner().invoke(app, ["evaluate", str(classes), "--report", str(tmp_path / name)])
    assert ran.exit_code == 2
    assert "cannot be the report" in ran.output


def test_pictures_without_classes_are_refused(scenes: Path) -> None:
    data = read_data([scenes], kind="unlabelled")
    with pytest.raises(TrainingDataError, match="classes"):
        split_for(data, "efficientnet-lite0")


def test_an_attack_stays_in_its_budget_and_moves_the_embedding() -> None:
    torch = pytest.importorskip("torch")
    from lookalike.training.networks import build_embedder
    from lookalike.training.steps.adversarial import feature_shift

    torch.set_num_threads(1)
    embedder = build_embedder("compact", input_size=32).eval()
    levels = torch.randint(0, 256, (4, 3, 32, 32), generator=torch.Generator().manual_seed(0))
    pixels = levels.float() / 255.0
    nothing = feature_shift(embedder, pixels, budget=0, steps=2)
    torch.testing.assert_close(nothing, pixels, rtol=0, atol=1e-7)

    def cosine(changed: torch.Tensor) -> float:
        with torch.no_grad():
            return float((embedder(changed) * embedder(pixels)).sum(dim=1).mean())

    cosines = []
    for budget in (2, 8):
        found = feature_shift(embedder, pixels, budget=budget, steps=5)
        changes = (found - pixels).abs().max() * 255.0
        assert budget - 0.01 < float(changes) < budget + 0.01
        assert 0.0 <= float(found.min()) <= float(found.max()) <= 1.0
        torch.testing.assert_close(found * 255.0, (found * 255.0).round(), rtol=0, atol=1e-4)
        cosines.append(cosine(found))
    assert cosines[1] < cosines[0] < 1.0
    generator = torch.Generator().manual_seed(1)
    noise = (torch.rand(pixels.shape, generator=generator) - 0.5) * 16.0 / 255.0
    random = (pixels + noise).clamp(0, 1)
    assert cosines[1] < cosine(random)


def test_the_least_of_both_attacks_is_never_above_either() -> None:
    torch = pytest.importorskip("torch")
    from lookalike.training.networks import build_embedder

    torch.set_num_threads(1)
    embedder = build_embedder("compact", input_size=32)
    random = np.random.default_rng(0)
    base = random.integers(0, 256, (6, 32, 32, 3))
    pairs = np.repeat(base, 2, axis=0) + random.integers(-6, 7, (12, 32, 32, 3))
    pixels = pairs.clip(0, 255).astype(np.uint8)
    labels = [str(number // 2) for number in range(12)]
    rows = under_attack(pixels, labels, embedder, attacks=Attacks(budgets=(4, 32), steps=5))
    assert [(row.defence, row.budget) for row in rows] == [
        ("model", 4),
        ("model", 32),
        ("greyscale input", 4),
        ("greyscale input", 32),
    ]
    assert not embedder.greyscale
    for row in rows:
        assert row.least <= min(row.transfer, row.adaptive) <= row.clean == 1.0
    assert rows[0].transfer == rows[0].adaptive
    assert rows[1].least < 1.0


def test_attacks_without_a_step_or_out_of_range_are_refused() -> None:
    with pytest.raises(UsageError, match="1 or more"):
        Attacks(steps=0)
    with pytest.raises(UsageError, match="0 to 255"):
        Attacks(budgets=(2, 256))
