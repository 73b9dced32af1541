"""Cards of other models, features without the head, and threads."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from lookalike.encoders import DEFAULT_MODEL, load_encoder, model_card
from lookalike.encoders.card import read_card
from lookalike.encoders.onnx_encoder import OnnxEncoder
from lookalike.errors import ModelFileError, UsageError

CARD = json.loads((model_card(DEFAULT_MODEL).folder / "card.json").read_text(encoding="utf-8"))


def written(folder: Path, **changes: object) -> Path:
    (folder / "card.json").write_text(json.dumps(CARD | changes), encoding="utf-8")
    return folder


def test_a_model_is_found_by_its_folder(tmp_path: Path) -> None:
    assert model_card(str(written(tmp_path, name="mine"))).name == "mine"


@pytest.mark.parametrize(("fraction", "side"), [(1.0, 224), (0.9, 249), (0.875, 256)])
def test_what_is_cropped_needs_a_larger_decode(tmp_path: Path, fraction: float, side: int) -> None:
    assert read_card(written(tmp_path, crop_fraction=fraction)).decode_side == side


@pytest.mark.parametrize(
    "change",
    [
        {"dimensions": 0},
        {"input_size": "large"},
        {"fit": "stretch"},
        {"crop_fraction": 0.0},
        {"calibration": None},
    ],
)
def test_a_card_that_makes_no_sense_is_told(tmp_path: Path, change: dict[str, object]) -> None:
    with pytest.raises(ModelFileError, match="makes no sense"):
        read_card(written(tmp_path, **change))


def test_a_card_that_is_no_json_is_told(tmp_path: Path) -> None:
    (tmp_path / "card.json").write_text("{", encoding="utf-8")
    with pytest.raises(ModelFileError, match="cannot be read"):
        read_card(tmp_path)


def test_missing_files_are_told(tmp_path: Path) -> None:
    written(tmp_path)
    with pytest.raises(ModelFileError, match="model file"):
        load_encoder(str(tmp_path))
    with pytest.raises(ModelFileError, match="names of the classes"):
        _ = read_card(tmp_path).label_names


def test_a_model_without_labels_has_no_names(tmp_path: Path) -> None:
    assert read_card(written(tmp_path, labels=None)).label_names == ()


def test_probability_survives_extreme_scores(tmp_path: Path) -> None:
    steep = read_card(written(tmp_path, calibration={"slope": 1e9, "intercept": 0.0}))
    assert steep.probability(-1.0) == pytest.approx(0.0)
    assert steep.probability(1.0) == 1.0
    assert steep.probability(np.array([-1.0, 0.0, 1.0])).tolist() == pytest.approx([0, 0.5, 1])


def test_features_are_what_the_classifier_sees() -> None:
    encoder = OnnxEncoder(model_card(DEFAULT_MODEL), threads=1)
    pictures = np.zeros((18, 224, 224, 3), np.uint8)
    pictures[1:] = 200
    features = encoder.features(pictures)
    assert features.shape == (18, 1280)
    assert features.dtype == np.float32
    assert (features >= 0).all()
    np.testing.assert_allclose(features[1:], features[17:].repeat(17, axis=0), atol=1e-4)
    assert np.abs(features[0] - features[1]).max() > 0.1


def test_threads_below_one_are_refused() -> None:
    with pytest.raises(UsageError, match="threads"):
        load_encoder(threads=0)
