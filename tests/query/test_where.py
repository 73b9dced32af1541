"""What filters may say, what they may not, and that hostile ones end in a sentence."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lookalike.errors import UsageError
from lookalike.filters.where import (
    And,
    Compare,
    Condition,
    Like,
    Missing,
    Name,
    Not,
    OneOf,
    Or,
    parse_name,
    parse_where,
)


def bare(condition: Condition) -> object:
    """Return a condition as plain tuples, without the places of its names."""
    if isinstance(condition, And | Or):
        return (type(condition).__name__, *(bare(part) for part in condition.parts))
    if isinstance(condition, Not):
        return ("Not", bare(condition.part))
    name = condition.name.parts
    if isinstance(condition, Compare):
        value = condition.value
        return (name, condition.operator, value.parts if isinstance(value, Name) else value)
    if isinstance(condition, OneOf):
        return (name, "in", condition.values)
    if isinstance(condition, Like):
        return (name, "ilike" if condition.ignore_case else "like", condition.pattern)
    return (name, "is null")


A, B, C = ((("a",), "=", 1), (("b",), "=", 2), (("c",), "=", 3))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("price < 50", (("price",), "<", 50)),
        ("price<=-1.5", (("price",), "<=", -1.5)),
        ("50 > price", (("price",), "<", 50)),
        ("1 = a", A),
        ("a == 1", A),
        ("a <> 1", (("a",), "!=", 1)),
        ("(a) = (1)", A),
        ("a = 'it''s'", (("a",), "=", "it's")),
        ("a = ''", (("a",), "=", "")),
        ("a = 1e3", (("a",), "=", 1000.0)),
        ("a = 12345678901234567890", (("a",), "=", 12345678901234567890.0)),
        ("a = true", (("a",), "=", True)),
        ("FALSE != a", (("a",), "!=", False)),
        ("a=1 and b=2 and c=3", ("And", A, B, C)),
        ("a=1 or b=2 AND c=3", ("Or", A, ("And", B, C))),
        ("(a=1 or b=2) and c=3", ("And", ("Or", A, B), C)),
        ("not a = 1", ("Not", A)),
        ("not a=1 and b=2", ("And", ("Not", A), B)),
        ("a in (1, -2, 'x', true)", (("a",), "in", (1, -2, "x", True))),
        ("a not in (1)", ("Not", (("a",), "in", (1,)))),
        ("a between 1 and 2", ("And", (("a",), ">=", 1), (("a",), "<=", 2))),
        ("a is null", (("a",), "is null")),
        ("a is not null", ("Not", (("a",), "is null"))),
        ("a like 'x%'", (("a",), "like", "x%")),
        ("a not like 'x'", ("Not", (("a",), "like", "x"))),
        ("a not between 1 and 2", ("Not", ("And", (("a",), ">=", 1), (("a",), "<=", 2)))),
        ("a not ilike '_x'", ("Not", (("a",), "ilike", "_x"))),
        ("width > height", (("width",), ">", ("height",))),
        ("metadata.size = 'S'", (("metadata", "size"), "=", "S")),
        ('"list price" < 5', (("list price",), "<", 5)),
        ('m."a.b" = 1', (("m", "a.b"), "=", 1)),
        ('"a""b" = 1', (('a"b',), "=", 1)),
        ("größe = '42'", (("größe",), "=", "42")),
        ("名字 = '鞋'", (("名字",), "=", "鞋")),
        ("case = 1 and if = 2", ("And", (("case",), "=", 1), (("if",), "=", 2))),
        ("select = 1", (("select",), "=", 1)),
        ("date = '2024-01-01'", (("date",), "=", "2024-01-01")),
        ("(" * 19 + "a=1" + ")" * 19, A),
        ("a = '; drop table images; --'", (("a",), "=", "; drop table images; --")),
        ("a\n=\n1", A),
    ],
)
def test_filters_are_read(text: str, expected: object) -> None:
    assert bare(parse_where(text)) == expected


REFUSED = [
    *("", " ", "\n", "a", "5", "'a'", "-5", "true", "null", "a b", "a,b", "a=1,b=2", "*", "()"),
    *("a = 'b", '"a = 1', "a = \"b'", "a=1 and", "and", "a = ", "= 1", "a=1)", "(a=1", "a = = 1"),
    *("a=1; drop table images", "a=1;", "a=1 -- b", "a=1 --", "a=1 /* b */", "/* b */ a=1"),
    *("{# b #} a=1", "a=1 {# b #}", "{{ a }} = 1", "a=1 # b", "a = `b`", "a = $$b$$", "a = {b}"),
    *("(select 1)", "a in (select id from images)", "a = (select 1)", "exists (select 1)"),
    *("a=1 union select 1", "a=1 limit 1", "a=1 order by b", "a=1 group by b", "select 1"),
    *("f(a) = 1", "load_extension('x') = 1", "lower(a) = 'b'", "a = abs(1)", "a = random()"),
    *("a(1)", '"f"(1) = 1', "count(*) > 1", "cast(a as int) = 1", "a::int = 1", "a->>'b' = 1"),
    *("a + 1 = 2", "a = 1 + 1", "a || 'b' = 'c'", "a % 2 = 0", "a * 2 = 4", "~a = 1", "a & 1 = 1"),
    *("a = null", "null = a", "a in (null)", "a is true", "a is not true", "a is 1", "a like null"),
    *(
        "a in ()",
        "a in 1",
        "a in b",
        "a in (b)",
        "a in ((1, 2))",
        "a between 1",
        "a between 1 or 2",
    ),
    *("a between symmetric 1 and 2", "a like 'b' escape 'c'", "a like 5", "a collate nocase = 'b'"),
    *("a = ?", "a = :b", "a = @b", "a = %s", "a[1] = 1", "a = [1]", "a = x'00'", "a = N'b'"),
    *("a = 0x1F", "a = 1_000", "a = 1e999", "a = -'b'", "a = -true", "a = date '2024-01-01'"),
    *("1 = 1", "'a' = 'b'", "a = b = c", "a = 'b' 'c'", "a is null is null", "!a", "a !in (1)"),
    *("case when a then b end = 1", "a = interval '1' day", "a at time zone 'x' = 1"),
    *("a = any(1)", "a.b.c.d.e = 1", '"" = 1', "a. = 1", ".a = 1", "a.* = 1", "not", "not not"),
    *("a = 'x\0y'", "a = '\udce9'", "(" * 21 + "a=1" + ")" * 21, "not " * 21 + "a=1"),
    *("(" * 50_000, "not " * 20_000 + "a", "a=" + "-" * 90_000 + "1", "(" * 900 + ")" * 900),
    *(" or ".join(["a=1"] * 201), f"a in ({','.join('1' * 10_001)})", "a" * 1_000_000),
    *("a = '" + "b" * 1_000_000 + "'", "'" * 99_999, '"' * 99_999, "a." * 40_000 + "b = 1"),
    *("a=1 and " * 150, "a like " * 150, "a is not " * 150 + "null", "a = 1 " * 100),
]


@pytest.mark.parametrize("text", REFUSED, ids=lambda text: repr(text[:30]))
def test_everything_else_is_refused_with_a_sentence(text: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse_where(text)
    sentence = str(caught.value)
    assert sentence.endswith(".")
    assert len(sentence) < 600


@pytest.mark.parametrize(
    ("text", "column"),
    [
        ("price < 50 and f(x) = 1", 16),
        ("price < 50; drop table x", 11),
        ("a = 1 and name = 'open", 18),
        ("a = 1 and ((b = 2)", 11),
        ("a = 1) and b = 2", 6),
        ("a = 1 and b in ()", 11),
        ("a = 1 and b", 11),
    ],
)
def test_a_refusal_says_where(text: str, column: int) -> None:
    with pytest.raises(UsageError, match=rf"\(column {column} of the filter\)\. A filter is made"):
        parse_where(text)


def test_only_texts_are_filters() -> None:
    with pytest.raises(UsageError, match="A filter is a text, not int"):
        parse_where(5)  # type: ignore[arg-type]


def test_many_values_are_allowed() -> None:
    condition = parse_where(f"sku in ({', '.join(str(number) for number in range(9_000))})")
    assert isinstance(condition, OneOf)
    assert condition.values == tuple(range(9_000))


def test_names_are_read_as_in_filters() -> None:
    assert parse_name('metadata."list price"').parts == ("metadata", "list price")
    for text in ("a = 1", "", "a b", "f(x)", "'a'", "5"):
        with pytest.raises(UsageError):
            parse_name(text)


WORDS = [
    *("a", "b.c", '"d e"', "1", "-2.5", "'x'", "'", '"', "(", ")", ",", ".", "-", "--", "/*", ";"),
    *("and", "or", "not", "in", "is", "null", "like", "ilike", "between", "true", "=", "<", ">="),
    *("select", "from", "case", "when", "end", "cast", "as", "union", "exists", "f(", "{#", "#}"),
]


@given(st.lists(st.sampled_from(WORDS), max_size=12))
def test_any_row_of_words_is_a_filter_or_a_sentence(words: list[str]) -> None:
    try:
        condition = parse_where(" ".join(words))
    except UsageError:
        return
    assert isinstance(condition, Compare | OneOf | Like | Missing | Not | And | Or)


@given(st.text(max_size=60))
def test_any_text_is_a_filter_or_a_sentence(text: str) -> None:
    try:
        parse_where(text)
    except UsageError as error:
        assert str(error)
