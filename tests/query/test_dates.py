"""Dates in filters are stretches of time: what is stored exactly at their ends."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

import numpy as np
import pytest

from lookalike.catalog import Catalog, NewImage
from lookalike.filters.filters import Filters

JUNE = int(datetime(2024, 6, 1).timestamp()) * 10**9
TIMES = {
    "start": int(datetime(2024, 5, 1).timestamp()) * 10**9,
    "last": JUNE - 1000,
    "june": JUNE,
    "after": JUNE + 1000,
}


@pytest.fixture(scope="module")
def catalog(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Catalog]:
    with Catalog.open(tmp_path_factory.mktemp("dates") / "x", create=True) as made:
        generation = made.generation("tiny", space="semantic", dimensions=2, sha256="ab" * 32)
        stored = [
            NewImage(
                uri=f"/{name}.jpg",
                url=f"file:///{name}.jpg",
                page_url=None,
                size=1,
                mtime_ns=time,
                metadata={},
                content_hash=bytes(32),
                perceptual_hash=0,
                width=9,
                height=9,
                format="JPEG",
                vector=np.array([1.0, 0.0], np.float32),
                labels=[],
            )
            for name, time in TIMES.items()
        ]
        made.apply(generation.id, store=stored)
        yield made


@pytest.mark.parametrize(
    ("where", "names"),
    [
        ("modified > '2024-05'", ["june", "after"]),
        ("modified >= '2024-06'", ["june", "after"]),
        ("modified <= '2024-05'", ["start", "last"]),
        ("modified < '2024-06'", ["start", "last"]),
        ("modified = '2024-05'", ["start", "last"]),
        ("modified != '2024-05'", ["june", "after"]),
        ("modified < '2024-05'", []),
        ("modified > '2024-05-31 23:59:59.999999'", ["june", "after"]),
        ("modified = '2024-06-01 00:00:00.000000'", ["june"]),
    ],
)
def test_the_first_instant_after_a_month_is_not_in_it(
    catalog: Catalog, where: str, names: list[str]
) -> None:
    ids = Filters(catalog, tuple).allowed(where).tolist()
    rows = catalog.images(ids)
    assert [rows[one].uri for one in ids] == [f"/{name}.jpg" for name in names]
