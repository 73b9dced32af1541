"""Networks of timm as backbones, whatever shape their maps have; timm itself is played here.

timm needs a torchvision that fits the installed torch, which is rarely there.
"""

import sys
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

torch = pytest.importorskip("torch")

from lookalike.errors import MissingExtraError, ModelNotFoundError
from lookalike.training.networks import build_backbone, build_embedder

torch.set_num_threads(1)

_MEAN, _DEVIATION = (0.5, 0.25, 0.0), (0.5, 0.25, 1.0)


class _Played(torch.nn.Module):
    """Gives maps of 5 channels at an eighth of the side, in the layout of its name."""

    def __init__(self, layout: str) -> None:
        super().__init__()
        self.layout = layout
        self.stem = torch.nn.Conv2d(3, 4, 1)
        self.last = torch.nn.Conv2d(4, 5, 8, stride=8)
        if layout == "channels_last":
            self.output_fmt = "NHWC"
        self.seen: Any = None

    def forward(self, pixels: Any) -> Any:
        self.seen = pixels
        maps = self.last(self.stem(pixels))
        if self.layout == "tokens":
            return maps.flatten(2).transpose(1, 2)
        return maps.permute(0, 2, 3, 1) if self.layout == "channels_last" else maps


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """Put a played timm in place and return what it is asked for."""
    calls: list[dict[str, Any]] = []

    def create_model(name: str, **options: Any) -> _Played:
        calls.append({"name": name, **options})
        return _Played(name.split(".")[0])

    def resolve_data_config(settings: Any, model: Any) -> dict[str, Any]:
        return {"input_size": (3, 64, 64), "mean": _MEAN, "std": _DEVIATION}

    timm, data = ModuleType("timm"), ModuleType("timm.data")
    layouts = ("channels_first", "channels_last", "tokens")
    timm.is_model, timm.create_model = layouts.__contains__, create_model  # type: ignore
    data.resolve_data_config = resolve_data_config  # type: ignore[attr-defined]
    timm.data = SimpleNamespace(resolve_data_config=resolve_data_config)  # type: ignore
    monkeypatch.setitem(sys.modules, "timm", timm)
    monkeypatch.setitem(sys.modules, "timm.data", data)
    return calls


@pytest.mark.parametrize("layout", ["channels_first", "channels_last", "tokens"])
def test_every_layout_becomes_maps_with_channels_first(
    asked: list[dict[str, Any]], layout: str
) -> None:
    backbone = build_backbone(f"timm:{layout}", weights=False)
    pixels = torch.rand(2, 3, 64, 64, generator=torch.Generator().manual_seed(0))
    maps = backbone(pixels)
    expected = backbone.network.last(backbone.network.stem(backbone.network.seen))
    assert backbone.channels == 5
    torch.testing.assert_close(maps.flatten(2), expected.flatten(2))


def test_pixels_are_shifted_and_scaled_as_the_network_was_trained(
    asked: list[dict[str, Any]],
) -> None:
    backbone = build_backbone("timm:channels_first", weights=False)
    backbone(torch.full((1, 3, 64, 64), 0.5))
    seen = backbone.network.seen[0, :, 0, 0]
    torch.testing.assert_close(seen, torch.tensor([0.0, 1.0, 0.5]))


def test_the_name_and_whether_weights_are_wanted_are_passed_on(
    asked: list[dict[str, Any]],
) -> None:
    build_backbone("timm:tokens.in1k", weights=True)
    expected = {"name": "tokens.in1k", "pretrained": True, "num_classes": 0, "global_pool": ""}
    assert asked == [expected]
    assert build_backbone("timm:tokens", weights=False, input_size=96).input_size == 96


def test_it_stands_in_an_embedder(asked: list[dict[str, Any]]) -> None:
    embedder = build_embedder("timm:channels_last", weights=False)
    vectors = embedder(torch.rand(2, 3, 64, 64))
    torch.testing.assert_close(vectors.norm(dim=1), torch.ones(2))


def test_an_unknown_network_is_named(asked: list[dict[str, Any]]) -> None:
    with pytest.raises(ModelNotFoundError, match="nothing"):
        build_backbone("timm:nothing")


def test_timm_that_cannot_load_says_which_package_it_lacks(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "timm", None)
    with pytest.raises(MissingExtraError, match="torchvision"):
        build_backbone("timm:tokens", weights=False)
