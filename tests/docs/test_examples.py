"""The examples in the other pages of docs/ run and print what they say."""

import doctest
from pathlib import Path

import pytest

PAGES = Path(__file__).parents[2] / "docs"


@pytest.mark.parametrize(
    "page", sorted(path.name for path in PAGES.glob("*.md") if path.name != "guide.md")
)
def test_examples_run(page: str) -> None:
    failed, _ = doctest.testfile(str(PAGES / page), module_relative=False, encoding="utf-8")
    assert failed == 0
