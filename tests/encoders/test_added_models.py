"""Models that the user adds: found by name, refused when damaged or when the name is taken."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from lookalike.encoders import add_model, load_encoder, model_card, model_cards, remove_model
from lookalike.errors import ModelFileError, ModelNotFoundError, UsageError


@pytest.fixture
def own(tmp_path: Path) -> Path:
    """Return a folder with a model that differs from the shipped one by its name."""
    folder = tmp_path / "own.model"
    shutil.copytree(model_card().folder, folder)
    card = json.loads((folder / "card.json").read_text(encoding="utf-8")) | {"name": "own"}
    (folder / "card.json").write_text(json.dumps(card), encoding="utf-8")
    (folder / "checkpoint.pt").write_bytes(b"not part of a model")
    return folder


def test_an_added_model_is_found_by_name_without_its_first_folder(own: Path) -> None:
    card = add_model(own)
    shutil.rmtree(own)
    assert card.name == "own"
    assert [found.name for found in model_cards()][-1] == "own"
    assert not (card.folder / "checkpoint.pt").exists()
    pixels = np.zeros((1, card.input_size, card.input_size, 3), np.uint8)
    expected = load_encoder().encode(pixels).vectors
    np.testing.assert_array_equal(load_encoder("own").encode(pixels).vectors, expected)
    assert model_card("own").label_names == model_card().label_names


def test_a_name_given_replaces_that_of_the_card(own: Path) -> None:
    assert add_model(own, name="shoes-2").name == "shoes-2"
    assert model_card("shoes-2").name == "shoes-2"


def test_a_removed_model_is_gone_and_may_be_added_again(own: Path) -> None:
    add_model(own)
    remove_model("own")
    with pytest.raises(ModelNotFoundError, match="own"):
        model_card("own")
    add_model(own)
    assert model_card("own").name == "own"


@pytest.mark.parametrize("name", ["efficientnet-lite0", "../x", ".hidden", "a b", "a/b"])
def test_names_that_ship_or_are_none_are_refused(own: Path, name: str) -> None:
    with pytest.raises(UsageError):
        add_model(own, name=name)
    assert len(model_cards()) == 1


def test_a_name_that_is_taken_is_refused_and_the_model_stays(own: Path) -> None:
    before = add_model(own)
    with pytest.raises(UsageError, match="already"):
        add_model(own)
    assert model_card("own") == before


def test_a_damaged_model_is_refused_and_leaves_nothing(own: Path) -> None:
    graph = bytearray((own / "model.onnx").read_bytes())
    graph[len(graph) // 2] ^= 255
    (own / "model.onnx").write_bytes(graph)
    with pytest.raises(ModelFileError, match="damaged"):
        add_model(own)
    assert [card.name for card in model_cards()] == ["efficientnet-lite0"]


def test_a_folder_without_a_model_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelNotFoundError, match="holds no model"):
        add_model(tmp_path)


@pytest.mark.parametrize("name", ["efficientnet-lite0", "..", ".", "nothing"])
def test_only_added_models_can_be_removed(name: str) -> None:
    with pytest.raises(ModelNotFoundError):
        remove_model(name)
    assert model_card().model_path.is_file()
