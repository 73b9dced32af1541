"""Events in the catalog: one for each user, image, kind and time; whole or not at all."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest

from lookalike.catalog import Catalog, Generation, NewImage
from lookalike.catalog.events import (
    KINDS,
    NewEvents,
    add_events,
    count_events,
    events_of,
    events_version,
    every_event,
    find_user,
    forget_user,
)
from lookalike.results import EventCounts

MakeImage = Callable[..., NewImage]
VIEW, LIKE = KINDS.index("view"), KINDS.index("like")


@pytest.fixture(autouse=True)
def _three_images(catalog: Catalog, generation: Generation, make_image: MakeImage) -> None:
    catalog.apply(generation.id, store=[make_image(f"/{seed}.jpg", seed) for seed in range(3)])


def new(rows: Sequence[tuple[str, int, int, float, float]]) -> NewEvents:
    users = list(dict.fromkeys(row[0] for row in rows))
    return NewEvents(
        users,
        np.array([users.index(row[0]) for row in rows], np.int64),
        np.array([row[1] for row in rows], np.int64),
        np.array([row[2] for row in rows], np.int64),
        np.array([row[3] for row in rows], np.float64),
        np.array([row[4] for row in rows], np.float64),
    )


def add(catalog: Catalog, *rows: tuple[str, int, int, float, float]) -> int:
    with catalog.writing() as connection:
        return add_events(connection, new(rows))


def test_a_catalog_without_events_answers_empty(catalog: Catalog) -> None:
    with catalog.reading() as connection:
        assert len(every_event(connection)) == 0
        assert count_events(connection) == EventCounts(0, 0, 0, {})
        assert find_user(connection, "ann") is None
        assert events_version(connection) == 0


def test_events_come_back_as_they_were_given(catalog: Catalog) -> None:
    assert add(catalog, ("ann", 1, LIKE, 5.5, np.nan), ("bob\ud800", 2, VIEW, 6.0, 0.25)) == 2
    with catalog.reading() as connection:
        bob = find_user(connection, "bob\ud800")
        assert bob is not None
        found = events_of(connection, bob)
        everything = every_event(connection)
        assert count_events(connection) == EventCounts(2, 2, 2, {"view": 1, "like": 1})
    assert (found.image_ids[0], found.kinds[0], found.times[0], found.weights[0]) == (2, 0, 6, 0.25)
    assert everything.image_ids.tolist() == [1, 2]
    assert np.isnan(everything.weights[0])


def test_the_same_event_twice_is_one_and_the_last_weight_holds(catalog: Catalog) -> None:
    assert add(catalog, ("ann", 1, LIKE, 5.0, 1.0), ("ann", 1, LIKE, 5.0, 2.0)) == 1
    assert add(catalog, ("ann", 1, LIKE, 5.0, 3.0), ("ann", 1, LIKE, 6.0, 1.0)) == 1
    with catalog.reading() as connection:
        found = every_event(connection)
    assert list(zip(found.times, found.weights, strict=True)) == [(5.0, 3.0), (6.0, 1.0)]


def test_events_of_removed_images_are_left_out(catalog: Catalog, generation: Generation) -> None:
    add(catalog, ("ann", 1, LIKE, 5.0, 1.0), ("ann", 2, LIKE, 5.0, 1.0))
    catalog.apply(generation.id, remove=[1])
    with catalog.reading() as connection:
        assert every_event(connection).image_ids.tolist() == [2]
        assert count_events(connection).events == 1
    assert catalog.check() == []


def test_every_change_raises_the_version(catalog: Catalog) -> None:
    versions = []
    for time in (1.0, 2.0):
        add(catalog, ("ann", 1, VIEW, time, np.nan))
        with catalog.reading() as connection:
            versions.append(events_version(connection))
    with catalog.writing() as connection:
        assert forget_user(connection, "nobody") is None
        assert forget_user(connection, "ann") == 2
        versions.append(events_version(connection))
        assert find_user(connection, "ann") is None
    assert versions == sorted(set(versions))


def test_a_write_that_fails_leaves_nothing(catalog: Catalog) -> None:
    def write() -> None:
        with catalog.writing() as connection:
            add_events(connection, new([("ann", 1, LIKE, 5.0, 1.0)]))
            raise RuntimeError

    with pytest.raises(RuntimeError):
        write()
    with catalog.reading() as connection:
        assert len(every_event(connection)) == 0


def test_a_library_that_may_only_be_read_gives_its_events(catalog: Catalog, tmp_path: Path) -> None:
    add(catalog, ("ann", 1, LIKE, 5.0, 1.0))
    with (
        Catalog.open(tmp_path / "library", readonly=True) as opened,
        opened.reading() as connection,
    ):
        assert len(every_event(connection)) == 1
