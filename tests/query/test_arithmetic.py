"""Sums as text: what is read, what is refused and where, and that what is written reads back."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from lookalike.errors import UsageError
from lookalike.query.sums.written import MOST_TERMS, BrokenSumError, Term, read_sum, write_sum

WEIGHTS = st.floats(min_value=1e-6, max_value=1e6) | st.just(1.0)
TERMS = st.builds(
    Term,
    text=st.text(min_size=1, max_size=20).filter(lambda text: text.strip() != ""),
    weight=st.builds(lambda weight, sign: weight * sign, WEIGHTS, st.sampled_from([1, -1])),
    quoted=st.just(True),
)


def plain(terms: tuple[Term, ...]) -> list[tuple[str, float, bool]]:
    return [(term.text, term.weight, term.quoted) for term in terms]


@pytest.mark.parametrize(
    ("text", "terms"),
    [
        ("a.jpg", [("a.jpg", 1.0, False)]),
        ("  2*a.jpg ", [("a.jpg", 2.0, False)]),
        (".5 * a.jpg", [("a.jpg", 0.5, False)]),
        ("a.jpg + b.jpg", [("a.jpg", 1.0, False), ("b.jpg", 1.0, False)]),
        ("- 'x'\t+\n b.jpg", [("x", -1.0, True), ("b.jpg", 1.0, False)]),
        (
            "my beach-day+1.jpg - b.jpg",
            [("my beach-day+1.jpg", 1.0, False), ("b.jpg", -1.0, False)],
        ),
        ("'it''s' - 0.25*\"a - b\"", [("it's", 1.0, True), ("a - b", -0.25, True)]),
        ("c:/it's.jpg + 'x'", [("c:/it's.jpg", 1.0, False), ("x", 1.0, True)]),
    ],
)
def test_a_sum_is_read(text: str, terms: list[tuple[str, float, bool]]) -> None:
    assert plain(read_sum(text)) == terms


def test_each_term_knows_its_place() -> None:
    assert [term.position for term in read_sum("a.jpg  +  0.5*'b' - c")] == [1, 11, 21]


@pytest.mark.parametrize(
    ("text", "place", "why"),
    [
        ("", 1, "a term is missing"),
        ("a.jpg +", 8, "a term is missing"),
        ("a.jpg + - b.jpg", 9, "a term is missing"),
        ("a.jpg + 0.5*", 13, "a term is missing"),
        ("a.jpg - 0*b.jpg", 9, "the weight 0 is not a number above 0"),
        (f"{'9' * 400}*b.jpg", 1, "is not a number above 0"),
        ("a.jpg - 'people", 9, "the quote ' is not closed"),
        ("a.jpg - 'people' too", 17, "+ or - is missing"),
        ("a.jpg - ''", 9, "a term is empty"),
        (" + ".join(["a.jpg"] * (MOST_TERMS + 1)), 8 * MOST_TERMS + 1, "more than 50 terms"),
    ],
)
def test_a_broken_sum_says_where(text: str, place: int, why: str) -> None:
    with pytest.raises(UsageError, match=f"at character {place}: .*") as caught:
        read_sum(text)
    assert why in str(caught.value)


def test_what_was_read_before_it_broke_is_told() -> None:
    with pytest.raises(BrokenSumError) as caught:
        read_sum("a.jpg + 'b' + 'c")
    assert plain(caught.value.before) == [("a.jpg", 1.0, False), ("b", 1.0, True)]


@given(st.lists(TERMS, min_size=1, max_size=6))
def test_what_is_written_reads_back(terms: list[Term]) -> None:
    assert plain(read_sum(write_sum(tuple(terms)))) == plain(tuple(terms))


@given(st.text(alphabet="ab'\"+-* .0129\t", max_size=30))
@example("1*0*")
@example("2*3*a + 4*'5*b'")
def test_what_is_read_writes_and_reads_the_same(text: str) -> None:
    try:
        terms = read_sum(text)
    except BrokenSumError:
        return
    assert plain(read_sum(write_sum(terms))) == plain(terms)
