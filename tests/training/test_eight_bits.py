"""Models in 8 bits: what becomes 8-bit, what that costs, and what is written."""

import json
from pathlib import Path

import numpy as np
import onnx
import pytest
from PIL import Image
from typer.testing import CliRunner

torch = pytest.importorskip("torch")

from lookalike.cli.app import app
from lookalike.encoders import DEFAULT_MODEL, load_encoder, model_card
from lookalike.errors import ModelFileError, ModelNotFoundError, UsageError
from lookalike.training import EightBits, Table, TrainingResult, preset, quantise_model, train
from lookalike.training.judging.table import METRICS, Row
from lookalike.training.shipping.eight_bits import KEPT_FILE
from lookalike.training.shipping.quantisation import in_eight_bits, quantise_graph

torch.set_num_threads(1)

RECIPE = preset("head").changed(
    backbone="compact",
    capacity=0.25,
    input_size=32,
    views=0,
    epochs=1,
    classes_per_batch=4,
    images_per_class=2,
)


@pytest.fixture(scope="module")
def patterns(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder of nine classes of four pictures: noise around a colour of their own."""
    folder = tmp_path_factory.mktemp("patterns")
    random = np.random.default_rng(0)
    for number in range(9):
        (folder / f"class-{number}").mkdir()
        colour = random.integers(40, 200, 3)
        for picture in range(4):
            pixels = np.clip(colour + random.integers(-40, 40, (40, 40, 3)), 0, 255)
            path = folder / f"class-{number}" / f"{picture}.png"
            Image.fromarray(pixels.astype(np.uint8)).save(path)
    return folder


@pytest.fixture(scope="module")
def result(patterns: Path, tmp_path_factory: pytest.TempPathFactory) -> TrainingResult:
    out = tmp_path_factory.mktemp("model")
    return train([patterns], out=out, recipe=RECIPE, eight_bit=True)


def table(before: list[float], after: list[float]) -> Table:
    """Return a table of two rows, each query of a class of its own."""
    rows = tuple(
        Row(name, {metric: np.array(values) for metric in METRICS}, {})
        for name, values in (("32 bits", before), ("8 bits", after))
    )
    return Table(rows, tuple(str(number) for number in range(len(before))))


def test_the_model_in_use_is_in_8_bits_and_the_other_is_kept(result: TrainingResult) -> None:
    kept = (result.folder / KEPT_FILE).read_bytes()
    used = (result.folder / "model.onnx").read_bytes()
    assert in_eight_bits(used)
    assert not in_eight_bits(kept)
    assert result.eight_bits is not None
    assert result.eight_bits.size == (len(kept), len(used))
    assert result.eight_bits.calibration_pictures == len(result.split.fit)


def test_the_head_stays_in_32_bits(result: TrainingResult) -> None:
    graph = onnx.load(result.folder / "model.onnx").graph
    projection = next(node for node in graph.node if node.op_type == "MatMul")
    fixed = {tensor.name: tensor.data_type for tensor in graph.initializer}
    assert fixed[projection.input[1]] == onnx.TensorProto.FLOAT
    maker = {output: node for node in graph.node for output in node.output}
    for node in graph.node:
        if node.op_type == "Conv":
            weight = maker[node.input[1]]
            assert weight.op_type == "DequantizeLinear"
            scales = next(t for t in graph.initializer if t.name == weight.input[1])
            values = next(t for t in graph.initializer if t.name == weight.input[0])
            assert list(scales.dims) == [values.dims[0]]  # one for each output channel
            assert values.data_type == onnx.TensorProto.INT8


def test_the_loss_is_that_between_the_two_files(result: TrainingResult, tmp_path: Path) -> None:
    assert result.eight_bits is not None
    exact = tmp_path / "exact"
    exact.mkdir()
    card = json.loads((result.folder / "card.json").read_text())
    found = card["quality"]["eight_bits"]
    card["sha256"] = found["sha256_of_32_bits"]
    (exact / "card.json").write_text(json.dumps(card))
    (exact / "model.onnx").write_bytes((result.folder / KEPT_FILE).read_bytes())
    encoders = [load_encoder(str(folder)) for folder in (exact, result.folder)]
    pictures = [
        encoders[0].prepare(np.asarray(Image.open(result.data.samples[number].path)))
        for number in result.split.report
    ]
    a, b = (encoder.encode(np.stack(pictures)).vectors for encoder in encoders)
    cosines = (a * b).sum(axis=1)
    np.testing.assert_allclose(found["cosine"]["mean"], cosines.mean(), atol=1e-4)
    np.testing.assert_allclose(found["cosine"]["least"], cosines.min(), atol=1e-4)
    assert cosines.min() > 0.9
    assert found["MAP@R"]["before"] == pytest.approx(result.table["trained"].mean("MAP@R"), abs=0.1)
    assert found == json.loads(json.dumps(result.eight_bits.to_dict())) | {
        "sha256_of_32_bits": found["sha256_of_32_bits"]
    }


def test_a_model_is_put_into_8_bits_afterwards_by_the_command_too(
    patterns: Path, result: TrainingResult, tmp_path: Path
) -> None:
    out = tmp_path / "model"
    train([patterns], out=out, recipe=RECIPE, cache=result.folder / "cache")
    before = (out / "model.onnx").read_bytes()
    assert load_encoder(str(out)).card.quality.get("eight_bits") is None
    for _ in range(2):  # again gives the same from the kept graph
        command = ["models", "quantise", str(out), str(patterns), "--json"]
        ran = CliRunner().invoke(app, command, catch_exceptions=False)
        assert ran.exit_code == 0
        printed = json.loads(ran.stdout)
        assert printed["size_ratio"] < 1.0
        assert (out / KEPT_FILE).read_bytes() == before
        assert load_encoder(str(out)).card.quality["eight_bits"]["bytes"] == printed["bytes"]
    used = (out / "model.onnx").read_bytes()
    assert used == (result.folder / "model.onnx").read_bytes()


def test_a_big_loss_is_said_and_a_small_one_is_not() -> None:
    random = np.random.default_rng(0)
    before = random.uniform(0.5, 1.0, 200)
    big = table(list(before), list(before - 0.05))
    small = table(list(before), list(before - 0.005))
    for rows, much in ((big, True), (small, False)):
        found = EightBits(Path("a"), rows, 0.99, 0.98, 10, (100, 40), 2.0)
        assert found.loses_much is much
        assert ("Careful" in found.describe()) is much
        assert found.difference("MAP@R")[0] == pytest.approx(-0.05 if much else -0.005)


def test_what_cannot_be_put_into_8_bits_is_said(result: TrainingResult, tmp_path: Path) -> None:
    with pytest.raises(ModelNotFoundError, match=r"no card\.json"):
        quantise_model(tmp_path, result.data)
    with pytest.raises(UsageError, match="8 bits already"):
        quantise_model(model_card(DEFAULT_MODEL).folder, result.data)
    with pytest.raises(ModelFileError, match="no ONNX graph"):
        quantise_graph(b"no graph", np.zeros((1, 32, 32, 3), np.uint8))
