"""The examples of the sources part and of its page run, and its names are what they should be."""

from __future__ import annotations

import doctest
import pkgutil
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

import lookalike.sources as part

MODULES = [f"{part.__name__}.{found.name}" for found in pkgutil.iter_modules(part.__path__)]


@pytest.mark.parametrize("name", MODULES)
def test_examples_in_docstrings_run(name: str) -> None:
    assert doctest.testmod(import_module(name)).failed == 0


def test_examples_of_the_page_run() -> None:
    page = Path(__file__).parents[2] / "docs" / "sources.md"
    result = doctest.testfile(str(page), module_relative=False, encoding="utf-8")
    assert result.attempted > 5
    assert result.failed == 0


def test_all_is_sorted_and_every_name_is_there() -> None:
    assert part.__all__ == sorted(part.__all__)
    assert all(hasattr(part, name) for name in part.__all__)


def test_importing_the_part_loads_no_heavy_library() -> None:
    heavy = ["PIL", "numpy", "httpcore", "ssl", "arro3"]
    code = f"import sys, {part.__name__}; print([name for name in {heavy} if name in sys.modules])"
    output = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True)
    assert output.stdout.strip() == b"[]"
