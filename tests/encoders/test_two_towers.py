"""Models of two towers, from a folder in the layout of a hub's ONNX exports."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from lookalike.errors import ModelFileError, ModelNotFoundError

onnx = pytest.importorskip("onnx")
tokenizers = pytest.importorskip("tokenizers")

SIDE, TOKENS = 4, 6


def graph(inputs: list[Any], nodes: list[Any], output: str, weights: dict[str, Any]) -> bytes:
    from onnx import TensorProto, helper, numpy_helper

    made = helper.make_graph(
        nodes,
        "tower",
        inputs,
        [helper.make_tensor_value_info(output, TensorProto.FLOAT, ["n", None])],
        [numpy_helper.from_array(value, name) for name, value in weights.items()],
    )
    model = helper.make_model(made, opset_imports=[helper.make_opsetid("", 17)])
    model.ir_version = 8
    return bytes(model.SerializeToString())


@pytest.fixture(params=["clip", "siglip"])
def folder(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """Return a model whose text vectors count the tokens, and whose pictures are their mean."""
    from onnx import TensorProto, helper
    from tokenizers import Tokenizer, models, pre_tokenizers

    clip = request.param == "clip"
    words = {"<pad>": 0, "</s>": 1, "red": 2, "green": 3, "blue": 4, "<unk>": 5}
    tokenizer = Tokenizer(models.WordLevel(words, unk_token="<unk>"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer.save(str(tmp_path / "tokenizer.json"))
    counts = np.zeros((6, 3), np.float32)
    counts[2:5] = np.eye(3)
    counts[1] = 0.0 if clip else 0.01  # SigLIP reads its padding
    names = ["input_ids", "attention_mask"] if clip else ["input_ids"]
    nodes = [helper.make_node("Gather", ["table", "input_ids"], ["looked"])]
    last = "looked"
    weights = {"table": counts}
    if clip:
        nodes += [
            helper.make_node("Cast", ["attention_mask"], ["mask"], to=TensorProto.FLOAT),
            helper.make_node("Unsqueeze", ["mask", "axis"], ["column"]),
            helper.make_node("Mul", ["looked", "column"], ["masked"]),
        ]
        last, weights = "masked", weights | {"axis": np.array([2])}
    text = "text_embeds" if clip else "pooler_output"
    nodes.append(helper.make_node("ReduceMean", [last], [text], axes=[1], keepdims=0))
    ids = [helper.make_tensor_value_info(name, TensorProto.INT64, ["n", "t"]) for name in names]
    (tmp_path / "onnx").mkdir()
    (tmp_path / "onnx" / "text_model.onnx").write_bytes(graph(ids, nodes, text, weights))
    pixels = helper.make_tensor_value_info("pixel_values", TensorProto.FLOAT, ["n", 3, SIDE, SIDE])
    vision = "image_embeds" if clip else "pooler_output"
    mean = helper.make_node("ReduceMean", ["pixel_values"], [vision], axes=[2, 3], keepdims=0)
    path = tmp_path / "onnx" / ("vision_model.onnx" if clip else "vision_model_quantized.onnx")
    path.write_bytes(graph([pixels], [mean], vision, {}))
    if clip:
        size: dict[str, Any] = {
            "size": {"shortest_edge": 8},
            "do_center_crop": True,
            "crop_size": {"height": SIDE, "width": SIDE},
            "do_normalize": False,
        }
    else:
        size = {
            "size": {"height": SIDE, "width": SIDE},
            "image_mean": [0.0] * 3,
            "image_std": [1] * 3,
        }
    write(tmp_path / "preprocessor_config.json", size)
    pad = {"content": "</s>"} if clip else "</s>"
    write(tmp_path / "tokenizer_config.json", {"model_max_length": TOKENS, "pad_token": pad})
    write(tmp_path / "config.json", {"model_type": request.param})
    return tmp_path


def write(path: Path, values: Any) -> None:
    path.write_text(json.dumps(values), encoding="utf-8")


def test_words_find_the_picture_they_describe(folder: Path) -> None:
    from lookalike.encoders.texts.two_tower import TwoTowers

    towers = TwoTowers(folder, threads=1)
    assert towers.dimensions == 3
    paints = 255 * np.eye(3, dtype=np.uint8)
    pictures = towers.encode_pictures([np.full((9, 12, 3), paint, np.uint8) for paint in paints])
    texts = towers.encode(["red", "green", "blue", "red red blue red red blue green green"])
    np.testing.assert_allclose(np.linalg.norm(texts, axis=1), 1, rtol=1e-5)
    assert (texts[:3] @ pictures.T).argmax(axis=1).tolist() == [0, 1, 2]
    long = texts[3] @ pictures.T  # cut after six tokens: no green is left
    np.testing.assert_allclose(long, np.array([4, 0, 2]) / 20**0.5, atol=1e-4)


def test_the_middle_is_cut_out_where_the_model_was_trained_so(folder: Path) -> None:
    from lookalike.encoders.texts.two_tower import TwoTowers

    pixels = np.zeros((8, 24, 3), np.uint8)
    pixels[2:6, 10:14, 0] = 255
    pixels[:, :8, 2] = 255
    (vector,) = TwoTowers(folder, threads=1).encode_pictures([pixels])
    cropped = json.loads((folder / "preprocessor_config.json").read_text()).get("do_center_crop")
    assert bool(vector[2] < 0.05) is bool(cropped)


@pytest.mark.parametrize("name", ["preprocessor_config.json", "tokenizer.json", "onnx"])
def test_a_missing_file_is_named(folder: Path, name: str) -> None:
    from lookalike.encoders.texts.two_tower import TwoTowers

    (folder / name).rename(folder / "elsewhere")
    with pytest.raises(ModelNotFoundError, match="is missing"):
        TwoTowers(folder)


@pytest.mark.parametrize("name", ["preprocessor_config.json", "tokenizer.json"])
def test_a_damaged_file_is_told(folder: Path, name: str) -> None:
    from lookalike.encoders.texts.two_tower import TwoTowers

    (folder / name).write_text("[]")
    with pytest.raises(ModelFileError):
        TwoTowers(folder)


def test_siglip_texts_are_put_in_small_letters(folder: Path) -> None:
    from lookalike.encoders.texts.two_tower import TwoTowers

    towers = TwoTowers(folder, threads=1)
    same = float(towers.encode(["RED"])[0] @ towers.encode(["red"])[0])
    model = json.loads((folder / "config.json").read_text())["model_type"]
    assert (same > 0.99) is (model == "siglip")


def test_a_library_of_two_towers_is_searched_by_words(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from PIL import Image

    import lookalike
    from lookalike.encoders import add_model, load_encoder

    monkeypatch.setenv("LOOKALIKE_MODELS", str(tmp_path / "models"))
    card = add_model(folder, name="tiny-towers")
    assert (card.dimensions, card.input_size) == (3, SIDE)
    assert card.model_path.is_file()
    pictures = tmp_path / "pictures"
    pictures.mkdir()
    for number in range(3):
        paint = [40, 40, 40]
        paint[number] = 220
        pixels = np.full((12, 12, 3), paint, np.uint8)
        Image.fromarray(pixels).save(pictures / f"{number}.png")
    settings = lookalike.Settings(model="tiny-towers")
    with lookalike.open(tmp_path / "library", settings=settings) as library:
        library.add(pictures, workers=1)
        for number, word in enumerate(["red", "green", "blue"]):
            hits = library.search(word)
            assert Path(hits[0].uri).stem == str(number)
            assert hits[0].score > hits[1].score
        assert Path(library.search(pictures / "1.png")[0].uri).stem == "1"
        assert Path(library.search("rot")[0].uri).stem == "0"  # its English is asked too
    floats = np.full((1, SIDE, SIDE, 3), 0.5)
    encoder = load_encoder("tiny-towers")
    bytes_ = encoder.encode(np.full((1, SIDE, SIDE, 3), 128, np.uint8)).vectors
    np.testing.assert_allclose(encoder.encode(floats).vectors, bytes_, atol=1e-6)
