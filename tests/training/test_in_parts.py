"""A batch in parts on threads gives what the whole batch gives."""

from __future__ import annotations

import copy

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from lookalike.training.losses import build_loss
from lookalike.training.networks import build_embedder
from lookalike.training.steps import in_parts


@pytest.fixture(params=[1, 3])
def threads(request: pytest.FixtureRequest):
    before = torch.get_num_threads()
    torch.set_num_threads(request.param)
    yield request.param
    assert torch.get_num_threads() == request.param
    torch.set_num_threads(before)


@pytest.fixture
def small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(in_parts, "_PIXELS", 3 * 32 * 32)


def _network():
    embedder = build_embedder("compact", input_size=32, capacity=0.25, pooling="attention")
    return embedder.double()


def _pixels(count: int = 8):
    values = np.random.default_rng(0).uniform(size=(count, 3, 32, 32))
    return torch.from_numpy(values)


def _gradients(embedder, embed):
    pixels = _pixels().requires_grad_(True)
    loss = build_loss("supervised_contrastive", classes=4, dimensions=embedder.head.dimensions)
    value = loss(embed(pixels), torch.arange(8) // 2)
    value.backward()
    return value.detach(), pixels.grad, [p.grad for p in embedder.parameters()]


def test_loss_and_gradient_are_those_of_the_whole_batch(threads: int, small_parts: None) -> None:
    embedder = _network().eval()
    other = copy.deepcopy(embedder)
    value, to_pixels, to_weights = _gradients(embedder, lambda x: embedder(x))
    got = _gradients(other, lambda x: in_parts.embed_in_parts(other, x))
    torch.testing.assert_close(got[0], value, rtol=0, atol=1e-12)
    torch.testing.assert_close(got[1], to_pixels, rtol=0, atol=1e-12)
    for mine, right in zip(got[2], to_weights, strict=True):
        assert (mine is None) == (right is None)
        if right is not None:
            torch.testing.assert_close(mine, right, rtol=0, atol=1e-12)


def test_frozen_weights_get_no_gradient(small_parts: None) -> None:
    embedder = _network().eval()
    for parameter in embedder.backbone.parameters():
        parameter.requires_grad_(False)
    in_parts.embed_in_parts(embedder, _pixels()).sum().backward()
    assert all(p.grad is None for p in embedder.backbone.parameters())
    assert any(p.grad is not None for p in embedder.pooling.parameters())


def test_the_same_run_gives_the_same_bits(threads: int, small_parts: None) -> None:
    embedder = _network().float().eval()
    found = []
    for _ in range(3):
        embedder.zero_grad()
        in_parts.embed_in_parts(embedder, _pixels().float()).square().sum().backward()
        found.append([p.grad.clone() for p in embedder.backbone.parameters()])
    for again in found[1:]:
        assert all(torch.equal(a, b) for a, b in zip(found[0], again, strict=True))


def test_batch_normalisation_that_learns_sees_the_whole_batch(small_parts: None) -> None:
    embedder = _network().train()
    other = copy.deepcopy(embedder)
    with torch.no_grad():
        right = embedder(_pixels())
        got = in_parts.embed_in_parts(other, _pixels())
    torch.testing.assert_close(got, right, rtol=0, atol=1e-12)


def test_without_gradients_nothing_is_kept(small_parts: None) -> None:
    embedder = _network().eval()
    with torch.no_grad():
        got = in_parts.embed_in_parts(embedder, _pixels(1))
        assert not got.requires_grad
        assert not in_parts.embed_in_parts(embedder, _pixels()).requires_grad


def test_an_error_in_a_part_reaches_the_caller(small_parts: None) -> None:
    embedder = _network().eval()
    with pytest.raises(RuntimeError, match=r"weight|channels"):
        in_parts.features_in_parts(embedder, torch.zeros(8, 5, 32, 32, dtype=torch.float64))
