"""docs/architecture.md says of the code what is so."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from importlib import import_module
from operator import attrgetter
from pathlib import Path
from typing import Any

import pytest
import typer

import lookalike
from lookalike.cli.app import app

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
IMPORTED = sorted(set(re.findall(r"`(lookalike(?:\.\w+)+)`", PAGE)))
METHODS = sorted(set(re.findall(r"`library\.(\w+(?:\.\w+)*)`", PAGE)))


def block(heading: str) -> list[str]:
    """Return the lines of the first block below a heading."""
    found = re.search(rf"^## {heading}\n.*?^```text\n(.*?)^```$", PAGE, re.M | re.S)
    assert found is not None, heading
    return found[1].splitlines()


def tree() -> Iterator[str]:
    """Yield the folders of the tree, as paths from src/lookalike."""
    above: list[str] = []
    for line in block("The tree")[1:]:
        name = line.split()[0]
        depth = (len(line) - len(line.lstrip())) // 2
        above = [*above[: depth - 1], name.removesuffix("/")]
        yield "/".join(above)


def resolved(name: str) -> Any:
    """Return what a dotted name means: a module, or what is in one."""
    parts = name.split(".")
    for count in range(len(parts), 0, -1):
        try:
            value = import_module(".".join(parts[:count]))
        except ModuleNotFoundError as error:
            if not str(error.name).startswith("lookalike"):
                pytest.skip(f"{name} needs an extra: test not run")
            continue
        return attrgetter(".".join(parts[count:]))(value) if count < len(parts) else value
    raise AssertionError(name)


def test_the_tree_names_every_folder() -> None:
    source = ROOT / "src" / "lookalike"
    folders = {
        path.relative_to(source).as_posix()
        for path in source.rglob("*")
        if path.is_dir()
        and "__pycache__" not in path.parts
        and any(file.is_file() and "__pycache__" not in file.parts for file in path.rglob("*"))
    }
    assert sorted(tree()) == sorted(folders)


def test_the_root_holds_only_what_the_page_says() -> None:
    names = {path.name for path in (ROOT / "src" / "lookalike").glob("*.py")}
    said = re.search(r"^In the root stand (.*?)\sand nothing else", PAGE, re.M | re.S)
    assert said is not None
    assert set(re.findall(r"`(\w+\.py)`", said[1])) == names


def test_the_layers_are_those_that_are_held() -> None:
    (layers,) = (
        contract["layers"]
        for contract in PROJECT["tool"]["importlinter"]["contracts"]
        if contract["type"] == "layers"
    )
    assert block("The layers") == layers


@pytest.mark.parametrize("name", IMPORTED)
def test_what_the_page_names_can_be_imported(name: str) -> None:
    if name.startswith("lookalike.training"):
        pytest.importorskip("torch", reason="it needs the extra 'train': test not run")
    assert resolved(name) is not None


@pytest.mark.parametrize("name", METHODS)
def test_the_methods_that_the_page_names_are_there(name: str, tmp_path: Path) -> None:
    with lookalike.open(tmp_path / "some.lookalike") as library:
        assert callable(attrgetter(name)(library))


def test_every_command_has_its_row() -> None:
    table = PAGE.split("\n## Commands and methods\n")[1]
    commands = typer.main.get_command(app).commands  # type: ignore[attr-defined]
    assert sorted(re.findall(r"^\| `([a-z-]+)` \|", table, re.M)) == sorted(commands)
