"""Which texts are sums, what their terms are, and how pictures are added up."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lookalike.errors import UsageError
from lookalike.query.sums.asked import Sum, asked_for, direction, sum_of, sum_of_lists


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Work in a folder in which there are some files."""
    monkeypatch.chdir(tmp_path)
    for name in ("a.jpg", "a - b.jpg", "plain", "2*3.jpg"):
        (tmp_path / name).write_bytes(b"")
    return tmp_path


def parts(asked: Sum | None) -> list[tuple[object, float, bool]]:
    assert asked is not None
    return [(part.query, part.weight, part.words) for part in asked.parts]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a.jpg + 0.5*c.jpg", [("a.jpg", 1.0, False), ("c.jpg", 0.5, False)]),
        ("a.jpg - 'some people'", [("a.jpg", 1.0, False), ("some people", -1.0, True)]),
        ("plain + 'a - b.jpg'", [("plain", 1.0, False), ("a - b.jpg", 1.0, False)]),
        ("'dog' - 'cat'", [("dog", 1.0, True), ("cat", -1.0, True)]),
        ("2*'dog'", [("dog", 2.0, True)]),
        ("1*a.jpg", [("a.jpg", 1.0, False)]),
        ("'plain' + 'lost.jpg'", [("plain", 1.0, False), ("lost.jpg", 1.0, False)]),
        ("'AC/DC' + 'HTTPS://x.org/1'", [("AC/DC", 1.0, True), ("HTTPS://x.org/1", 1.0, False)]),
        ("http://x.org/a?b=1 + 'dog'", [("http://x.org/a?b=1", 1.0, False), ("dog", 1.0, True)]),
    ],
)
def test_a_sum_is_recognised(text: str, expected: list[tuple[str, float, bool]]) -> None:
    assert parts(sum_of(text)) == expected


@pytest.mark.parametrize(
    "text",
    [
        *("a.jpg", "lost.jpg", "a red car", "rock 'n' roll", "'dog'", "", "  ", "-", "+ -"),
        *("a - b.jpg", "2*3.jpg", "Tom - the cat", "2*4 timber", "node.js - logo", "'tis - so"),
    ],
)
def test_files_and_words_are_no_sums(text: str) -> None:
    assert sum_of(text) is None


@pytest.mark.parametrize("text", [True, False])
def test_what_is_said_to_be_words_or_a_picture_is_no_sum(text: bool) -> None:
    assert sum_of("a.jpg + c.jpg", text=text) is None


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a.jpg + people", "at character 9: 'people' is no file"),
        ("'dog' + 2*people", "at character 9: 'people' is no file"),
        ("a.jpg + ", "at character 9: a term is missing"),
        ("a.jpg - 'dog", "at character 9: the quote ' is not closed"),
        ("- a.jpg", "at least one term that is added"),
        ("2*'dog' - 2*'dog'", "cancel out"),
    ],
)
def test_a_broken_sum_is_told(text: str, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        sum_of(text)


def test_equal_words_are_one_term() -> None:
    asked = sum_of("'dog' + 2*'dog' + 'cat' - 'cat'")
    assert asked is not None
    assert asked.words == {"dog": 3.0}


def test_lists_make_a_sum() -> None:
    pixels = np.zeros((8, 8, 3), np.uint8)
    asked = sum_of_lists([("a.jpg", 2), "a red car"], [Path("c.jpg"), (pixels, 0.5)])
    assert parts(asked)[:3] == [
        ("a.jpg", 2.0, False),
        ("a red car", 1.0, True),
        (Path("c.jpg"), -1.0, False),
    ]
    assert asked.parts[3].query is pixels
    assert asked.name == "2*a.jpg + 'a red car' - c.jpg - 0.5*ndarray"
    assert parts(sum_of_lists(["plain"], [], text=True)) == [("plain", 1.0, True)]


@pytest.mark.parametrize(
    ("positive", "negative", "message"),
    [
        ([], ["a.jpg"], "at least one term that is added"),
        ("a.jpg", [], "positive is a list"),
        (["a.jpg"], np.zeros((8, 8)), "negative is a list"),
        ([("a.jpg", 0)], [], "above 0"),
        ([("a.jpg", -1.0)], [], "above 0"),
        ([("a.jpg", float("nan"))], [], "above 0"),
        ([("a.jpg", True)], [], "a query and its weight"),
        ([("a.jpg", 1, 2)], [], "a query and its weight"),
        (["a.jpg"] * 51, [], "at most 50"),
    ],
)
def test_lists_that_make_no_sum_are_told(positive: list, negative: list, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        sum_of_lists(positive, negative)


def test_a_query_or_lists_but_not_both() -> None:
    assert asked_for("a.jpg", [], []) == "a.jpg"
    with pytest.raises(UsageError, match="not both"):
        asked_for("a.jpg", ["a.jpg"], [])
    with pytest.raises(UsageError, match="nothing to search for"):
        asked_for(None, [], [])


def test_the_direction_is_that_of_the_weighted_sum() -> None:
    units = np.array([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]], np.float32)
    found = direction(units, np.array([3.0, -4.0]))
    np.testing.assert_allclose(found, [0.6, -0.8, 0.0], atol=1e-7)


@given(st.floats(min_value=1e-3, max_value=1e3))
def test_only_the_ratio_of_weights_counts(scale: float) -> None:
    units = np.array([[1.0, 0.0], [0.6, 0.8]], np.float32)
    weights = np.array([1.0, -0.25])
    np.testing.assert_allclose(
        direction(units, scale * weights), direction(units, weights), atol=1e-6
    )


def test_pictures_that_cancel_out_are_told() -> None:
    units = np.array([[0.6, 0.8], [0.6, 0.8]], np.float32)
    with pytest.raises(UsageError, match="cancel out"):
        direction(units, np.array([1.0, -1.0]))
