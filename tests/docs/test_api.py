"""docs/api.md names all that is public, and nothing else."""

from __future__ import annotations

import builtins
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

import lookalike
from lookalike import training

PAGE = (Path(__file__).parents[2] / "docs" / "api.md").read_text(encoding="utf-8")
LISTS = ("Functions", "Values", "Errors")
"""The sections that together list what can be imported from lookalike."""


def rows(heading: str) -> list[tuple[str, str, str]]:
    """Return the name, the builtin and the meaning of each row of a section."""
    section = re.search(rf"^## {re.escape(heading)}\n(.*?)(?=^## |\Z)", PAGE, re.M | re.S)
    assert section is not None, f"docs/api.md has no section '## {heading}'"
    return re.findall(r"^\| `(\w+)`(?: \(`(\w+)`\))? \| (.+) \|$", section[1], re.M)


def names(*headings: str) -> list[str]:
    """Return the names of some sections."""
    return [name for heading in headings for name, _, _ in rows(heading)]


@pytest.fixture
def library(tmp_path: Path) -> Iterator[lookalike.Library]:
    with lookalike.open(tmp_path / "some.lookalike") as opened:
        yield opened


def public(value: object) -> list[str]:
    """Return the public members of an object, in alphabetical order."""
    return sorted(name for name in dir(value) if not name.startswith("_"))


def test_all_that_can_be_imported_is_named() -> None:
    assert sorted(names(*LISTS)) == lookalike.__all__


def test_errors_are_named_apart_with_the_builtin_they_are() -> None:
    assert set(names("Errors")) == {name for name in lookalike.__all__ if name.endswith("Error")}
    for name, builtin, _ in rows("Errors"):
        error = getattr(lookalike, name)
        ours = issubclass(error, lookalike.LookalikeError)
        parents = [one for one in error.__mro__ if one.__module__ == "builtins"]
        assert ours, name
        if builtin:
            assert getattr(builtins, builtin) in parents, name
        else:
            assert parents == [Exception, BaseException, object], name


def test_all_members_of_a_library_are_named(library: lookalike.Library) -> None:
    assert names("Library") == public(library)


@pytest.mark.parametrize("facet", ["labels", "events", "recommend"])
def test_all_members_of_a_facet_are_named(library: lookalike.Library, facet: str) -> None:
    assert names(f"library.{facet}") == public(getattr(library, facet))


def test_all_of_training_is_named() -> None:
    assert sorted(names("lookalike.training")) == sorted(training.__all__)


@pytest.mark.parametrize("heading", [*LISTS, "Library", "lookalike.training"])
def test_each_row_is_a_sentence_and_they_are_in_order(heading: str) -> None:
    found = rows(heading)
    assert found == sorted(found)
    assert all(meaning.endswith(".") for _, _, meaning in found)


def test_the_example_runs(scenes: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.copy(scenes / "scene-3.jpg", scenes.parent / "query.jpg")
    monkeypatch.chdir(scenes.parent)
    (code,) = re.findall(r"^```python\n(.*?)^```$", PAGE, re.M | re.S)
    said: dict[str, lookalike.Hits] = {}
    exec(compile(code, "api.md", "exec"), said)
    assert [hit.rank for hit in said["hits"]] == [1, 2, 3]
