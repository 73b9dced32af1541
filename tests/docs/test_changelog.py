"""CHANGELOG.md begins with the version that this is, and its tables are right."""

from __future__ import annotations

import re
from importlib.util import find_spec
from pathlib import Path

import pytest

import lookalike

CHANGELOG = (Path(__file__).parents[2] / "CHANGELOG.md").read_text(encoding="utf-8")
HEADINGS = re.findall(r"^## (.+)$", CHANGELOG, re.M)
MOVES = re.findall(r"^\| `(lookalike\.[\w.]+)` \| (.+) \|$", CHANGELOG, re.M)


def is_module(name: str) -> bool:
    """Return whether there is a module of a dotted name."""
    try:
        return find_spec(name) is not None
    except ModuleNotFoundError:
        return False


def test_the_first_entry_is_the_version_at_hand() -> None:
    assert HEADINGS[0].split()[0] == lookalike.__version__


def test_each_entry_has_a_version_and_a_day() -> None:
    for heading in HEADINGS:
        assert re.fullmatch(r"\d+\.\d+\.\d+ \((unreleased|\d{4}-\d\d-\d\d)\)", heading), heading
    versions = [tuple(map(int, heading.split()[0].split("."))) for heading in HEADINGS]
    assert versions == sorted(set(versions), reverse=True)


@pytest.mark.parametrize(("before", "now"), MOVES)
def test_a_module_that_moved_is_where_the_table_says(before: str, now: str) -> None:
    assert not is_module(before)
    for name in re.findall(r"`(.+?)`", now):
        assert is_module(name), name


def test_public_names_that_went_are_gone() -> None:
    table = CHANGELOG.split("Names in Python:")[1].split("Filters and output:")[0]
    renamed = re.findall(r"^\| `([A-Z]\w+)` \| `([A-Z]\w+)` \|$", table, re.M)
    assert len(renamed) == 4
    for before, now in renamed:
        assert before not in lookalike.__all__
        assert now in lookalike.__all__
