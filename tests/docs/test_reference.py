"""docs/cli.md names every command, every option and every setting, and no others."""

from __future__ import annotations

import re
from dataclasses import fields
from pathlib import Path

import pytest
import typer

from lookalike.cli.app import app
from lookalike.settings import Settings

REFERENCE = (Path(__file__).parents[2] / "docs" / "cli.md").read_text(encoding="utf-8")
GROUP = typer.main.get_command(app)
COMMANDS = GROUP.commands  # type: ignore[attr-defined]
ROW = re.compile(r"^\| (`-.*?) \|", re.MULTILINE)


def section(command: str) -> str:
    """Return the part of the reference below a command's heading."""
    match = re.search(rf"^## {re.escape(command)}\n(.*?)(?=^## |\Z)", REFERENCE, re.M | re.S)
    assert match is not None, f"docs/cli.md has no section '## {command}'"
    return match[1]


def options(command: object) -> set[str]:
    """Return the options of a command, without --help, which all have."""
    return {
        name
        for parameter in command.params  # type: ignore[attr-defined]
        for name in (*parameter.opts, *parameter.secondary_opts)
        if name.startswith("-") and name not in {"--help", "-h"}
    }


def documented(text: str) -> set[str]:
    """Return the options named in the first column of the tables of a text."""
    return {name for row in ROW.findall(text) for name in re.findall(r"`(--?[a-z][a-z-]*)`", row)}


def test_commands_are_those_of_the_reference() -> None:
    headings = set(re.findall(r"^## (\S+)$", REFERENCE, re.MULTILINE)) - {"Settings"}
    assert headings == set(COMMANDS)


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_options_are_those_of_the_reference(name: str) -> None:
    assert documented(section(name)) == options(COMMANDS[name])


def test_options_of_the_program_itself_are_in_the_reference() -> None:
    head = REFERENCE.split("\n## index\n")[0]
    assert documented(head) - {"--help", "-h"} == options(GROUP)


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_arguments_are_in_the_reference(name: str) -> None:
    for parameter in COMMANDS[name].params:
        if parameter.param_type_name == "argument":
            assert (parameter.metavar or parameter.name.upper()) in section(name)


def test_settings_are_those_of_the_reference() -> None:
    rows = re.findall(r"^\| `(\w+)` \| `(LOOKALIKE_\w+)` \|", section("Settings"), re.MULTILINE)
    names = [field.name for field in fields(Settings)]
    assert rows == [(name, f"LOOKALIKE_{name.upper()}") for name in names]
