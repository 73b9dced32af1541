"""Pages cut out of a ranking, and images in the order of a field."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lookalike.catalog import Catalog
from lookalike.errors import UsageError
from lookalike.filters import Filters
from lookalike.index import Neighbours
from lookalike.query.ranking.pages import pages_by_score

from .conftest import NAMES


class Careless:
    """A search over images scored by their ids, that misses some unless it goes deeper."""

    def __init__(self, count: int, missed: dict[int, int]) -> None:
        self.count = count
        self.missed = missed  # image id to the depth from which it is found
        self.depths: list[int] = []

    def __call__(self, depth: int) -> list[Neighbours]:
        self.depths.append(depth)
        ids = [one for one in range(self.count) if self.missed.get(one, 0) <= depth][:depth]
        scores = 1.0 - np.array(ids, dtype=np.float32) / 1000
        return [Neighbours(np.array(ids, dtype=np.int64), scores)]


@given(
    st.integers(0, 120),
    st.integers(1, 15),
    st.dictionaries(st.integers(0, 119), st.sampled_from([12, 50, 100, 10**6]), max_size=20),
)
def test_pages_of_one_size_repeat_nothing_and_lose_nothing(
    count: int, k: int, missed: dict[int, int]
) -> None:
    seen: list[int] = []
    for offset in range(0, 1000, k):
        (page,) = pages_by_score(Careless(count, missed), k=k, offset=offset)
        if not len(page):
            break
        seen += page.image_ids.tolist()
    assert len(seen) == len(set(seen))
    assert set(seen) >= {one for one in range(count) if one not in missed}


def test_the_first_page_costs_one_search_and_the_last_no_endless_ones() -> None:
    first = Careless(100, {})
    pages_by_score(first, k=10, offset=0)
    assert first.depths == [10]
    last = Careless(100, {})
    (page,) = pages_by_score(last, k=10, offset=10**9)
    assert last.depths == [10, 40, 160]
    assert len(page) == 0


def test_a_careful_search_is_cut_as_it_is() -> None:
    (page,) = pages_by_score(Careless(100, {}), k=7, offset=31)
    assert page.image_ids.tolist() == list(range(31, 38))
    np.testing.assert_allclose(page.scores, 1.0 - np.arange(31, 38) / 1000, atol=1e-6)


def slowly_sorted(catalog: Catalog, field: str) -> list[int]:
    """Return ids by a column of the users': numbers, then texts, then none; ties by id."""
    rows = catalog.iterate(limit=1000)
    values = {row.image_id: row.metadata.get(field.removeprefix("-")) for row in rows}

    def number(value: object) -> float | None:
        try:
            return float(value)  # type: ignore[arg-type]
        except (TypeError, ValueError):
            return None

    def text(value: object) -> str:
        return value if isinstance(value, str) else str(value)

    numbers = [one for one in values if number(values[one]) is not None]
    texts = [one for one in values if values[one] is not None and one not in set(numbers)]
    rest = [one for one in values if values[one] is None]
    down = field.startswith("-")
    return [
        *sorted(numbers, key=lambda one: number(values[one]) or 0.0, reverse=down),
        *sorted(texts, key=lambda one: text(values[one]), reverse=down),
        *rest,
    ]


@pytest.mark.parametrize("field", ["price", "-price", "category", "-category", "taken", "-taken"])
def test_columns_sort_by_number_then_text_then_nothing(catalog: Catalog, field: str) -> None:
    filters = Filters(catalog, lambda: NAMES)
    expected = slowly_sorted(catalog, field)
    assert filters.listed(None, field).tolist() == expected
    assert filters.sorted(sorted(expected), field) == expected


def test_ties_keep_the_order_they_came_in(catalog: Catalog) -> None:
    filters = Filters(catalog, lambda: NAMES)
    ids = list(reversed(range(1, 61)))
    for field in ("height", "-height"):
        assert filters.sorted(ids, field) == ids
    assert filters.sorted(ids, "format") == [*ids[1::2], *ids[::2]]
    assert filters.sorted(ids, "-format") == [*ids[::2], *ids[1::2]]


@pytest.mark.parametrize("field", ["size", "-size", "modified", "name", "-added", "metadata.size"])
def test_both_ways_to_sort_agree(catalog: Catalog, field: str) -> None:
    filters = Filters(catalog, lambda: NAMES)
    listed = filters.listed("width > 102", field).tolist()
    assert listed == filters.sorted(filters.allowed("width > 102").tolist(), field)
    assert sorted(listed) == filters.allowed("width > 102").tolist()


def test_images_that_are_gone_are_left_out(catalog: Catalog) -> None:
    assert Filters(catalog, lambda: NAMES).sorted([999, 2, 1], "width") == [1, 2]


@pytest.mark.parametrize("sort", ["", "-", "prise", "price desc", "price, size", "f(x)", "label"])
def test_what_is_no_field_is_refused(catalog: Catalog, sort: str) -> None:
    for way in (lambda f: f.listed(None, sort), lambda f: f.sorted([1], sort)):
        with pytest.raises(UsageError):
            way(Filters(catalog, lambda: NAMES))
