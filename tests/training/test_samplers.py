"""Samplers: what batches hold."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lookalike.errors import UsageError
from lookalike.training.steps.samplers import BalancedSampler, ClassSampler, UniformSampler, share


@given(
    st.lists(st.integers(0, 6), min_size=1, max_size=60),
    st.integers(1, 4),
    st.integers(1, 5),
    st.integers(0, 3),
)
def test_batches_hold_classes_times_images(
    labels: list[int], classes: int, images: int, epoch: int
) -> None:
    classes = min(classes, len(set(labels)))
    sampler = ClassSampler(labels, classes_per_batch=classes, images_per_class=images, seed=1)
    batches = sampler.batches(epoch)
    seen = set()
    for batch in batches:
        found, counts = np.unique(np.asarray(labels)[batch], return_counts=True)
        assert len(found) == classes
        assert (counts == images).all()
        seen |= set(found.tolist())
    assert seen == set(labels)
    again = ClassSampler(labels, classes_per_batch=classes, images_per_class=images, seed=1)
    for one, two in zip(batches, again.batches(epoch), strict=True):
        np.testing.assert_array_equal(one, two)


def test_another_epoch_or_seed_gives_other_batches() -> None:
    labels = np.arange(100) % 10
    sampler = ClassSampler(labels, classes_per_batch=5, images_per_class=2, seed=0)
    other = ClassSampler(labels, classes_per_batch=5, images_per_class=2, seed=1)
    assert not np.array_equal(sampler.batches(0)[0], sampler.batches(1)[0])
    assert not np.array_equal(sampler.batches(0)[0], other.batches(0)[0])


def test_a_class_is_used_up_before_a_picture_comes_again() -> None:
    sampler = ClassSampler([0] * 6 + [1] * 6, classes_per_batch=2, images_per_class=3, seed=0)
    drawn = np.concatenate(sampler.batches(0))
    assert sorted(drawn.tolist()) == list(range(12))


def test_more_classes_than_there_are_is_refused() -> None:
    with pytest.raises(UsageError, match="2 classes"):
        ClassSampler([0, 1], classes_per_batch=3, images_per_class=1)


def test_uniform_batches_hold_every_picture_once() -> None:
    batches = UniformSampler(10, batch=4, seed=0).batches(3)
    assert [len(batch) for batch in batches] == [4, 4, 2]
    assert sorted(np.concatenate(batches).tolist()) == list(range(10))


def test_balanced_batches_draw_rare_classes_as_often() -> None:
    labels = np.array([0] * 950 + [1] * 50)
    sampler = BalancedSampler(labels, batch=100, seed=0)
    drawn = np.concatenate([np.concatenate(sampler.batches(epoch)) for epoch in range(5)])
    assert 0.4 < labels[drawn].mean() < 0.6


@given(st.integers(0, 30), st.integers(1, 5))
def test_processes_share_a_batch_without_loss(count: int, world: int) -> None:
    batch = np.arange(count)
    parts = [share(batch, rank=rank, world=world) for rank in range(world)]
    np.testing.assert_array_equal(np.concatenate(parts), batch)
    assert max(map(len, parts)) - min(map(len, parts)) <= 1
