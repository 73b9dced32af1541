"""Losses against slow loops written from their formulas, and against another library."""

import math
import warnings
from collections.abc import Callable

import pytest

torch = pytest.importorskip("torch")

import torch.nn.functional as F

from lookalike.errors import UsageError
from lookalike.training.losses import (
    LOSSES,
    ArcFace,
    ProxyAnchor,
    build_loss,
    contrastive,
    info_nce,
    koleo,
    multi_similarity,
    supervised_contrastive,
    triplet,
)

torch.set_num_threads(1)
Tensor = torch.Tensor


def _batch(seed: int = 0, n: int = 12, classes: int = 4) -> tuple[Tensor, Tensor]:
    generator = torch.Generator().manual_seed(seed)
    rows = torch.randn(n, 5, generator=generator, dtype=torch.float64)
    labels = torch.arange(n) % classes
    return F.normalize(rows, dim=1).requires_grad_(), labels


def _slow_contrastive(e: Tensor, y: Tensor) -> Tensor:
    near, far = [], []
    for i in range(len(y)):
        for j in range(len(y)):
            distance = (e[i] - e[j]).norm()
            if i != j and y[i] == y[j]:
                near.append(distance**2)
            elif y[i] != y[j]:
                far.append(torch.clamp(0.8 - distance, min=0) ** 2)
    return torch.stack(near).mean() + torch.stack(far).mean()


def _slow_triplet(e: Tensor, y: Tensor) -> Tensor:
    losses = []
    for i in range(len(y)):
        for j in range(len(y)):
            if i == j or y[i] != y[j]:
                continue
            mate = (e[i] - e[j]).square().sum()
            strangers = [(e[i] - e[k]).square().sum() for k in range(len(y)) if y[k] != y[i]]
            beyond = [d for d in strangers if d > mate]
            chosen = min(beyond) if beyond else max(strangers)
            loss = mate - chosen + 0.2
            if loss > 0:
                losses.append(loss)
    return torch.stack(losses).mean()


def _slow_triplet_hard(e: Tensor, y: Tensor) -> Tensor:
    losses = []
    for i in range(len(y)):
        d = (e[i] - e).square().sum(dim=1)
        mates = [d[j] for j in range(len(y)) if j != i and y[j] == y[i]]
        strangers = [d[j] for j in range(len(y)) if y[j] != y[i]]
        loss = max(mates) - min(strangers) + 0.2
        if loss > 0:
            losses.append(loss)
    return torch.stack(losses).mean()


def _slow_info_nce(e: Tensor, y: Tensor) -> Tensor:
    losses = []
    for i in range(len(y)):
        against = sum(math.e ** (e[i] @ e[k] / 0.1) for k in range(len(y)) if y[k] != y[i])
        for j in range(len(y)):
            if i != j and y[i] == y[j]:
                own = torch.exp(e[i] @ e[j] / 0.1)
                losses.append(-torch.log(own / (own + against)))
    return torch.stack(losses).mean()


def _slow_supervised(e: Tensor, y: Tensor) -> Tensor:
    losses = []
    for i in range(len(y)):
        everything = sum(torch.exp(e[i] @ e[k] / 0.1) for k in range(len(y)) if k != i)
        mates = [j for j in range(len(y)) if j != i and y[j] == y[i]]
        if mates:
            terms = [-torch.log(torch.exp(e[i] @ e[j] / 0.1) / everything) for j in mates]
            losses.append(torch.stack(terms).mean())
    return torch.stack(losses).mean()


def _slow_koleo(e: Tensor, y: Tensor) -> Tensor:
    logs = []
    for i in range(len(e)):
        distances = [(e[i] - e[j]).norm() for j in range(len(e)) if j != i]
        logs.append(torch.log(min(distances) + 1e-8))
    return -torch.stack(logs).mean()


@pytest.mark.parametrize(
    ("fast", "slow"),
    [
        (contrastive, _slow_contrastive),
        (triplet, _slow_triplet),
        (lambda e, y: triplet(e, y, mining="hard"), _slow_triplet_hard),
        (info_nce, _slow_info_nce),
        (supervised_contrastive, _slow_supervised),
        (lambda e, y: koleo(e), _slow_koleo),
    ],
    ids=["contrastive", "triplet", "triplet hard", "info_nce", "supervised", "koleo"],
)
def test_a_loss_is_what_its_formula_says(
    fast: Callable[..., Tensor], slow: Callable[..., Tensor]
) -> None:
    for seed in range(3):
        rows, labels = _batch(seed)
        expected = slow(F.normalize(rows, dim=1), labels)  # on the sphere, where all losses live
        (gradient,) = torch.autograd.grad(expected, rows)
        found = fast(F.normalize(rows, dim=1), labels)
        (found_gradient,) = torch.autograd.grad(found, rows)
        torch.testing.assert_close(found, expected, atol=1e-10, rtol=1e-10)
        torch.testing.assert_close(found_gradient, gradient, atol=1e-9, rtol=1e-9)


@pytest.mark.parametrize("seed", range(4))
def test_losses_and_their_gradients_agree_with_another_library(seed: int) -> None:
    torch.manual_seed(seed)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        losses = pytest.importorskip("pytorch_metric_learning.losses")
        miners = pytest.importorskip("pytorch_metric_learning.miners")
        embeddings, labels = _batch(1)
        pairs = {
            "supervised": (
                supervised_contrastive(embeddings, labels),
                losses.SupConLoss(temperature=0.1)(embeddings, labels),
            ),
            "info_nce": (
                info_nce(embeddings, labels),
                losses.NTXentLoss(temperature=0.1)(embeddings, labels),
            ),
            "multi_similarity": (
                multi_similarity(embeddings, labels, epsilon=0.1),
                losses.MultiSimilarityLoss(alpha=2, beta=50, base=0.5)(
                    embeddings, labels, miners.MultiSimilarityMiner(epsilon=0.1)(embeddings, labels)
                ),
            ),
        }
        ours = ProxyAnchor(classes=4, dimensions=5).double()
        theirs = losses.ProxyAnchorLoss(4, 5, margin=0.1, alpha=32)
        theirs.proxies.data = ours.proxies.data
        pairs["proxy_anchor"] = (ours(embeddings, labels), theirs(embeddings, labels))
        arc = ArcFace(classes=4, dimensions=5).double()
        other = losses.ArcFaceLoss(4, 5, margin=20.0, scale=32)
        other.W.data = arc.weight.data.T
        pairs["arcface"] = (arc(embeddings, labels), other(embeddings, labels))
        opposite = ArcFace(classes=4, dimensions=5).double()
        opposite.weight.data = -torch.stack([embeddings[labels == i].mean(0) for i in range(4)])
        apart = losses.ArcFaceLoss(4, 5, margin=20.0, scale=32)
        apart.W.data = opposite.weight.data.T
        pairs["arcface, beyond half a turn"] = (
            opposite(embeddings, labels),
            apart(embeddings, labels),
        )
    for name, (found, expected) in pairs.items():
        (gradient,) = torch.autograd.grad(expected, embeddings)
        (found_gradient,) = torch.autograd.grad(found, embeddings)
        # What is tangent to the sphere moves an embedding; the other library normalises first.
        along = gradient - (gradient * embeddings).sum(dim=1, keepdim=True) * embeddings
        found_along = (
            found_gradient - (found_gradient * embeddings).sum(dim=1, keepdim=True) * embeddings
        )
        torch.testing.assert_close(found, expected, atol=1e-6, rtol=1e-5, msg=name)
        torch.testing.assert_close(found_along, along, atol=1e-6, rtol=1e-5, msg=name)


@pytest.mark.parametrize("name", LOSSES)
def test_a_batch_without_mates_or_strangers_is_no_catastrophe(name: str) -> None:
    for labels in (torch.arange(4), torch.zeros(4, dtype=torch.int64)):
        embeddings, _ = _batch(2, n=4)
        loss = build_loss(name, classes=4, dimensions=5).double()(embeddings, labels)
        loss.backward()
        assert torch.isfinite(loss)
        assert embeddings.grad is not None
        assert torch.isfinite(embeddings.grad).all()


@pytest.mark.parametrize("name", LOSSES)
def test_every_parameter_changes_the_loss(name: str) -> None:
    embeddings, labels = _batch(3)

    def value(**parameters: float) -> float:
        torch.manual_seed(0)
        loss = build_loss(name, classes=4, dimensions=5, **parameters).double()
        return float(loss(embeddings, labels).detach())

    for parameter, entry in LOSSES[name].parameters.items():
        assert value(**{parameter: entry.low}) != value(**{parameter: entry.high}), parameter


@pytest.mark.parametrize("name", LOSSES)
def test_following_a_loss_brings_mates_together(name: str) -> None:
    torch.manual_seed(0)
    labels = torch.arange(12) % 4
    rows = torch.randn(12, 5, requires_grad=True)
    loss = build_loss(name, classes=4, dimensions=5)
    optimiser = torch.optim.Adam([rows, *loss.parameters()], lr=0.05)

    def gap() -> float:
        scores = F.normalize(rows, dim=1) @ F.normalize(rows, dim=1).T
        same = labels[:, None] == labels[None]
        eye = torch.eye(12, dtype=torch.bool)
        return float((scores[same & ~eye].mean() - scores[~same].mean()).detach())

    before = gap()
    for _ in range(60):
        optimiser.zero_grad()
        loss(F.normalize(rows, dim=1), labels).backward()
        optimiser.step()
    assert gap() > before + 0.3


def test_wrong_names_are_told_with_the_right_ones() -> None:
    with pytest.raises(UsageError, match="contrastive, triplet"):
        build_loss("hinge", classes=2, dimensions=2)
    with pytest.raises(UsageError, match="it has margin"):
        build_loss("contrastive", classes=2, dimensions=2, temperature=0.1)
