"""Losses with something learned for each class, against loops written from their formulas."""

import math
from collections.abc import Callable

import pytest

torch = pytest.importorskip("torch")

import torch.nn.functional as F

from lookalike.training.losses import LOSSES, build_loss

torch.set_num_threads(1)
Tensor = torch.Tensor
PROXIES = ["proxy_anchor", "arcface", "classification"]


def _slow_proxy_anchor(e: Tensor, y: Tensor, proxies: Tensor) -> Tensor:
    near, far = [], []
    for c in range(len(proxies)):
        proxy = proxies[c] / proxies[c].norm()
        scores = [e[i] @ proxy for i in range(len(y))]
        mates = [torch.exp(-32 * (s - 0.1)) for s, k in zip(scores, y, strict=True) if k == c]
        others = [torch.exp(32 * (s + 0.1)) for s, k in zip(scores, y, strict=True) if k != c]
        if mates:
            near.append(torch.log(1 + torch.stack(mates).sum()))
        far.append(torch.log(1 + torch.stack(others).sum()))
    return torch.stack(near).mean() + torch.stack(far).mean()


def _slow_arcface(e: Tensor, y: Tensor, weight: Tensor) -> Tensor:
    losses = []
    for i in range(len(y)):
        logits = []
        for c in range(len(weight)):
            angle = torch.acos(e[i] @ weight[c] / weight[c].norm())
            if y[i] == c:
                angle = torch.clamp(angle + math.radians(20), max=math.pi)
            logits.append(32 * torch.cos(angle))
        losses.append(torch.stack(logits).exp().sum().log() - logits[int(y[i])])
    return torch.stack(losses).mean()


def _slow_classification(e: Tensor, y: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    losses = []
    for i in range(len(y)):
        logits = [16 * e[i] @ weight[c] + bias[c] for c in range(len(weight))]
        losses.append(torch.stack(logits).exp().sum().log() - logits[int(y[i])])
    return torch.stack(losses).mean()


@pytest.mark.parametrize(
    ("name", "slow"),
    [
        ("proxy_anchor", _slow_proxy_anchor),
        ("arcface", _slow_arcface),
        ("classification", _slow_classification),
    ],
)
@pytest.mark.parametrize("classes", [4, 6], ids=["every class present", "two classes absent"])
def test_a_loss_and_the_gradients_of_its_proxies_are_what_its_formula_says(
    name: str, slow: Callable[..., Tensor], classes: int
) -> None:
    for seed in range(3):
        torch.manual_seed(seed)
        rows = torch.randn(10, 5, dtype=torch.float64, requires_grad=True)
        labels = torch.arange(10) % 4
        loss = build_loss(name, classes=classes, dimensions=5).double()
        learned = [rows, *loss.parameters()]
        expected = slow(F.normalize(rows, dim=1), labels, *loss.parameters())
        found = loss(F.normalize(rows, dim=1), labels)
        torch.testing.assert_close(found, expected, atol=1e-10, rtol=1e-10)
        for ours, theirs in zip(
            torch.autograd.grad(found, learned), torch.autograd.grad(expected, learned), strict=True
        ):
            torch.testing.assert_close(ours, theirs, atol=1e-9, rtol=1e-9)


@pytest.mark.parametrize("name", LOSSES)
@pytest.mark.parametrize("kind", [torch.float16, torch.bfloat16], ids=str)
def test_embeddings_of_half_precision_are_compared_in_single(name: str, kind: torch.dtype) -> None:
    torch.manual_seed(0)
    loss = build_loss(name, classes=4, dimensions=5)
    short = F.normalize(torch.randn(12, 5), dim=1).to(kind)
    labels = torch.arange(12) % 4
    found = loss(short, labels)
    assert found.dtype == torch.float32
    torch.testing.assert_close(found, loss(short.float(), labels))


@pytest.mark.parametrize("name", PROXIES)
@pytest.mark.parametrize("kind", [torch.float16, torch.bfloat16, torch.float32], ids=str)
def test_an_embedding_upon_its_proxy_has_a_finite_gradient(name: str, kind: torch.dtype) -> None:
    torch.manual_seed(0)
    loss = build_loss(name, classes=4, dimensions=5)
    upon = F.normalize(next(loss.parameters()).detach(), dim=1).to(kind).requires_grad_()
    loss(upon, torch.arange(4)).backward()
    for value in (upon, *loss.parameters()):
        assert value.grad is not None
        assert torch.isfinite(value.grad).all()
