"""The model that ships: its contract, its golden vectors, and what it says of damaged files."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from lookalike.encoders import DEFAULT_MODEL, Encoder, load_encoder, model_card, model_cards
from lookalike.errors import ModelFileError, ModelNotFoundError, UsageError

GOLDEN = Path(__file__).with_name("golden.npy")
TOLERANCE = 0.97
"""Cosine: processors differ in how their 8-bit kernels round, which moves a vector so far."""


@pytest.fixture(scope="module")
def encoder() -> Encoder:
    return load_encoder(threads=1)


def pictures() -> np.ndarray:
    """Return three pictures made of formulas, uint8 of shape (3, 224, 224, 3)."""
    rows, columns = np.mgrid[0:224, 0:224]
    waves = 127 + 100 * np.sin(rows / 9)[..., None] * np.cos(columns[..., None] / [7, 13, 19])
    rings = np.hypot(rows - 100, columns - 130)[..., None] / [1.0, 1.4, 2.0] % 256
    board = np.where(
        ((rows // 28 + columns // 28) % 2)[..., None] == 0, [230, 40, 60], [30, 90, 200]
    )
    return np.stack([waves, rings, board]).astype(np.uint8)


def test_golden_vectors_hold(encoder: Encoder) -> None:
    vectors = encoder.encode(pictures()).vectors
    golden = np.load(GOLDEN).astype(np.float32)
    assert ((vectors * golden).sum(axis=1) > TOLERANCE).all()


def test_vectors_have_length_one_and_probabilities_sum_to_one(encoder: Encoder) -> None:
    encoding = encoder.encode(pictures())
    card = encoder.card
    assert encoding.vectors.shape == (3, card.dimensions)
    assert encoding.vectors.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(encoding.vectors, axis=1), 1, atol=1e-5)
    assert encoding.probabilities is not None
    assert encoding.probabilities.shape == (3, 1000) == (3, len(card.label_names))
    np.testing.assert_allclose(encoding.probabilities.sum(axis=1), 1, atol=1e-4)


def test_a_picture_has_one_vector_in_every_batch(encoder: Encoder) -> None:
    alone = encoder.encode(pictures()[1:2]).vectors[0]
    among_many = encoder.encode(np.repeat(pictures(), 7, axis=0)).vectors[7]
    np.testing.assert_allclose(alone, among_many, atol=1e-5)


def test_floats_in_unit_range_are_the_same_pixels(encoder: Encoder) -> None:
    floats = pictures().astype(np.float32) / 255
    np.testing.assert_array_equal(
        encoder.encode(floats).vectors, encoder.encode(pictures()).vectors
    )


def test_no_pictures_give_no_vectors(encoder: Encoder) -> None:
    assert encoder.encode(pictures()[:0]).vectors.shape == (0, encoder.card.dimensions)


@pytest.mark.parametrize(
    "wrong",
    [
        np.zeros((2, 100, 100, 3), np.uint8),
        np.zeros((224, 224, 3), np.uint8),
        np.zeros((1, 224, 224, 3), np.int32),
        np.full((1, 224, 224, 3), 1.5, np.float32),
        np.full((1, 224, 224, 3), np.nan, np.float32),
    ],
)
def test_wrong_input_is_refused(encoder: Encoder, wrong: np.ndarray) -> None:
    with pytest.raises(UsageError):
        encoder.encode(wrong)


def test_prepared_pictures_fit_the_network(encoder: Encoder) -> None:
    side = encoder.card.input_size
    for shape in ((50, 300, 3), (1, 1, 3), (1000, 700, 3)):
        assert encoder.prepare(np.zeros(shape, np.uint8)).shape == (side, side, 3)


def test_probability_rises_with_the_score() -> None:
    card = model_card(DEFAULT_MODEL)
    values = card.probability(np.linspace(-1, 1, 21))
    assert (np.diff(values) > 0).all()
    assert 0 <= values[0] < 0.5 < values[-1] <= 1
    assert card.probability(0.3) == pytest.approx(card.probability(np.array([0.3]))[0])


def test_the_card_says_where_the_model_comes_from() -> None:
    (card,) = model_cards()
    assert card.name == DEFAULT_MODEL
    assert card.licence == "Apache-2.0"
    assert len(card.sha256) == 64
    assert card.label_names[281] == "tabby"
    assert len(set(card.label_names)) == 1000


def test_an_unknown_model_is_told() -> None:
    with pytest.raises(ModelNotFoundError, match="nothing-such"):
        model_card("nothing-such")


def test_a_damaged_model_file_is_noticed(tmp_path: Path) -> None:
    folder = tmp_path / "model"
    shutil.copytree(model_card(DEFAULT_MODEL).folder, folder)
    load_encoder(str(folder), threads=1)
    graph = bytearray((folder / "model.onnx").read_bytes())
    graph[len(graph) // 2] ^= 1
    (folder / "model.onnx").write_bytes(graph)
    with pytest.raises(ModelFileError, match="damaged"):
        load_encoder(str(folder))


def test_a_card_that_lacks_something_is_told(tmp_path: Path) -> None:
    (tmp_path / "card.json").write_text("{}")
    with pytest.raises(ModelFileError, match="card"):
        load_encoder(str(tmp_path))


def test_cards_are_read_without_the_runtime() -> None:
    code = (
        "import sys; from lookalike.encoders import model_cards; model_cards(); "
        "print('onnxruntime' in sys.modules)"
    )
    output = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)
    assert output.stdout.strip() == b"False"
