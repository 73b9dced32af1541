"""Which images pass a filter, judged by looking at each in plain Python."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lookalike.catalog import Catalog
from lookalike.errors import UsageError
from lookalike.filters import Filters
from lookalike.filters.where import parse_where

from .conftest import CATEGORIES, NAMES, PRICES
from .slow_filters import passes


def expected(catalog: Catalog, text: str) -> list[int]:
    """Return the ids of the images that pass, found slowly."""
    condition = parse_where(text)
    rows = catalog.iterate(limit=1000)
    return [row.image_id for row in rows if passes(row, condition, NAMES) is True]


def found(catalog: Catalog, text: str) -> list[int]:
    return Filters(catalog, lambda: NAMES).allowed(text).tolist()


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("price < 50 and category = 'shoe'", None),
        ("price = 19.9", 10),  # the number and the text "19.90"
        ("price = '19.90'", 5),  # the text alone
        ("price = 7", None),
        ("price != 5", None),
        ("not price = 5", None),
        ("price is null", None),
        ("price is not null", None),
        ("price = 1", None),
        ("price in (5, '007', true)", None),
        ("price between 0 and 20", None),
        ("category like '%e'", None),
        ("category like 's%'", None),
        ("category ilike 'S%'", None),
        ("category ilike 'GRÖSSE'", None),
        ("category ilike 'GRÖßE'", None),
        ("category like '%*%' or category like '[x]' or category like 'a_b'", None),
        ("category = 'it''s'", None),
        ("category > 'm'", None),
        ("taken >= '2024-01-01'", None),
        ("taken < '2024'", None),
        ("size > 20000", None),
        ("size is null", 6),
        ("metadata.size = 'S'", None),
        ("meta.size = 'S'", 20),
        ('"list price" <= 10', None),
        ("camera.iso >= 300 and camera.lens.mm = 1", None),
        ("camera like '%iso%'", None),
        ("tags like '%\"red\"%'", None),
        ("tags = '[]'", None),
        ("sold = true", None),
        ("sold != true", None),
        ("width > height", None),
        ("width = height", None),
        ('price < metadata."list price"', None),
        ("folder = '/photos'", 40),
        ("folder = '/photos/'", 40),
        ("folder != '/photos/deep'", 40),
        ("folder in ('/photos/deep', '/photos2')", 40),
        ("name = '3.jpg'", 1),
        ("name like '_.jpg'", 10),
        ("uri like '/photos2/%'", 20),
        ("page_url is null", 30),
        ("format = 'jpg' or format = 'JPEG'", None),
        ("format ilike 'p%'", 30),
        ("modified = '2024-03'", 5),
        ("modified > '2024-03'", 45),
        ("modified >= '2024-03'", 50),
        ("modified <= '2024-03'", 15),
        ("modified < '2024-03'", 10),
        ("modified between '2024-03' and '2024-04'", 10),
        ("modified != '2024'", 0),
        ("modified in ('2024-01', '2024-02')", 10),
        ("added > '2020-01-01'", 60),
        ("label = 'Tiger Cat'", None),
        ("label != 'tiger cat'", None),
        ("label like '%cat'", None),
        ("label in ('coffee mug', 'running shoe')", None),
        ("label = 'tiger cat' and label = 'egyptian cat'", None),
        ("label is null", 20),
        ("label_probability >= 0.5", 40),
    ],
)
def test_images_that_pass(catalog: Catalog, text: str, count: int | None) -> None:
    slow = expected(catalog, text.replace("meta.", "metadata.").replace("'jpg'", "'JPEG'"))
    assert found(catalog, text) == slow
    if count is not None:
        assert len(slow) == count


def quoted(value: Any) -> str:
    """Return a value as a filter writes it."""
    if isinstance(value, bool):
        return str(value).lower()
    return "'" + value.replace("'", "''") + "'" if isinstance(value, str) else repr(value)


VALUES = [one for one in (*PRICES, *CATEGORIES) if isinstance(one, str | int | float)]
COLUMNS = ["price", "category", "taken", "metadata.size", '"list price"', "camera.iso", "tags"]
COLUMNS += ['"quo""te\\"', "sold"]
NUMBERS = ["width", "height", "size", "label_probability"]
TEXTS = ["name", "uri", "url", "page_url"]
OPERATORS = st.sampled_from(["=", "!=", "<>", "<", "<=", ">", ">="])
values = st.one_of(st.sampled_from(VALUES), st.integers(-10, 200), st.sampled_from([0.5, 2.5]))
numbers = st.integers(0, 60_000)
texts = st.sampled_from(["/photos", "3.jpg", "https://example.org/4", "S", "shoe", ""])
patterns = st.text("%_asho/.19", max_size=5)
columns = st.sampled_from(COLUMNS)


def comparisons() -> st.SearchStrategy[str]:
    """Return single comparisons that make sense."""
    equal = st.sampled_from(["=", "!="])
    return st.one_of(
        st.builds("{} {} {}".format, columns, OPERATORS, values.filter(_no_truth).map(quoted)),
        st.builds("{} {} {}".format, columns, equal, st.booleans().map(quoted)),
        st.builds(
            "{} in ({})".format,
            columns,
            st.lists(values.map(quoted), min_size=1, max_size=4).map(", ".join),
        ),
        st.builds("{} like {}".format, columns, patterns.map(quoted)),
        st.builds("{} ilike {}".format, columns, patterns.map(quoted)),
        st.builds("{} is null".format, st.sampled_from(COLUMNS + NUMBERS + TEXTS)),
        st.builds("{} {} {}".format, st.sampled_from(NUMBERS), OPERATORS, numbers),
        st.builds("{} {} {}".format, st.sampled_from(TEXTS), OPERATORS, texts.map(quoted)),
        st.builds("{} {} {}".format, columns, OPERATORS, st.sampled_from(NUMBERS)),
        st.builds("label {} {}".format, equal, st.sampled_from(NAMES).map(quoted)),
        st.builds("label like {}".format, patterns.map(quoted)),
        st.builds("folder {} {}".format, equal, st.sampled_from(["'/photos'", "'/photos/deep'"])),
        st.builds(
            "modified {} '2024-{:02d}'".format,
            st.sampled_from(["=", "!=", "<", "<=", ">", ">="]),
            st.integers(1, 12),
        ),
    )


def _no_truth(value: object) -> bool:
    return not isinstance(value, bool)


def trees() -> st.SearchStrategy[str]:
    """Return comparisons joined and turned round."""
    return st.recursive(
        comparisons(),
        lambda part: st.one_of(
            st.builds("({} and {})".format, part, part),
            st.builds("({} or {})".format, part, part),
            st.builds("not ({})".format, part),
        ),
        max_leaves=5,
    )


@given(trees())
def test_any_filter_lets_pass_what_the_slow_one_does(catalog: Catalog, text: str) -> None:
    assert found(catalog, text) == expected(catalog, text)


@pytest.mark.parametrize("column", ["category", "name", "uri", "format"])
@pytest.mark.parametrize("operator", ["=", "!=", "<", "like", "ilike"])
@pytest.mark.parametrize(
    "value",
    [
        "x' or 1=1 --",
        "'; drop table images; --",
        "x') or 1=1 or ('",
        '$."price"',
        ":id_1 ?1 %s %(x)s",
        "\\' or 1=1 --",
    ],
)
def test_no_text_gets_out_of_its_quotes(
    catalog: Catalog, column: str, operator: str, value: str
) -> None:
    text = f"{column} {operator} {quoted(value)}"
    assert found(catalog, text) == expected(catalog, text)
    assert catalog.count() == 60


@pytest.mark.parametrize(
    "name", ['"x"" or 1=1 --"', '"$.price"', '"a\' or 1=1 --"', '"price"") or 1"', '"[0]"', '"#-1"']
)
def test_no_name_gets_out_of_its_quotes(catalog: Catalog, name: str) -> None:
    with pytest.raises(UsageError, match="The library has no field"):
        found(catalog, f"{name} = 1")


def test_an_unknown_field_names_near_ones_and_all_there_are(catalog: Catalog) -> None:
    with pytest.raises(UsageError) as caught:
        found(catalog, "width > 5 and prise < 3")
    text = str(caught.value)
    assert "no field 'prise'" in text
    assert "Did you mean price" in text
    assert '"list price"' in text
    assert "metadata.size" in text
    assert "label_probability" in text


def test_the_case_of_names_may_differ(catalog: Catalog) -> None:
    assert found(catalog, "Price < 10 and WIDTH > 100") == found(
        catalog, "price < 10 and width > 100"
    )


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("width = '5'", "width .* is a number"),
        ("width like '5'", "width .* is a number"),
        ("width = true", "width .* is a number"),
        ("uri = 5", "uri .* is a text"),
        ("format in (1)", "format .* is a text"),
        ("added = 5", "added .* is a date"),
        ("added like '2024%'", "added .* is a date"),
        ("added = 'yesterday'", "added .* is a date"),
        ("added = '2024-02-30'", "There is no date '2024-02-30'"),
        ("added > '9999'", "There is no date '9999'"),
        ("folder < '/a'", "folder .* is a folder"),
        ("folder = ''", "folder .* is a folder"),
        ("label = 'tigercat'", "no such label. Did you mean 'tiger cat'"),
        ("label = 'cat'", "Did you mean 'tiger cat'"),
        ("label > 'a'", "label .* is a name"),
        ("label = 5", "label .* is a name"),
        ("sold > true", "true or false"),
        ("uri = width", "uri .* is no number"),
        ("category = shoe", "no field 'shoe'"),
    ],
)
def test_what_makes_no_sense_is_said(catalog: Catalog, text: str, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        found(catalog, text)


def test_a_filter_at_its_limits_still_runs(catalog: Catalog) -> None:
    many = " or ".join(["price = 5", "label = 'tiger cat'", "folder = '/photos/deep'"] * 60)
    assert found(catalog, many) == found(
        catalog, "price = 5 or label = 'tiger cat' or folder = '/photos/deep'"
    )
    ids = ", ".join(str(number) for number in range(9_999))
    assert found(catalog, f"size in ({ids})") == found(catalog, "size < 9999")
    deep = "not (" * 9 + "price = 5" + ")" * 9
    assert found(catalog, deep) == found(catalog, "not price = 5")
    dates = ", ".join(["'2024-01'"] * 100)
    assert len(found(catalog, f"modified in ({dates})")) == 5
    with pytest.raises(UsageError, match="at most 100 values"):
        found(catalog, f"modified in ({dates}, '2024')")
