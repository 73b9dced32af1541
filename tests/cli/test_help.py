"""Help teaches, fits a terminal and costs little."""

from __future__ import annotations

import subprocess
import sys

import pytest
import typer

import lookalike
from lookalike.cli.app import app

from .conftest import Run

COMMANDS = sorted(typer.main.get_command(app).commands)  # type: ignore[attr-defined]


def test_help_names_every_command_in_full_sentences(run: Run) -> None:
    ran = run("--help")
    assert ran.code == 0
    for name in COMMANDS:
        assert f"\n  {name} " in ran.out
    assert "..." not in ran.out.replace("[ARGS]...", "")
    assert max(map(len, ran.out.splitlines())) <= 80


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_shows_an_example(run: Run, name: str) -> None:
    ran = run(name, "--help")
    assert ran.code == 0
    assert f"\n    lookalike {name}" in ran.out
    assert "--json" in ran.out


def test_version(run: Run) -> None:
    assert run("--version").out == f"lookalike {lookalike.__version__}\n"


def test_help_loads_nothing_heavy() -> None:
    heavy = ("numpy", "PIL", "sqlalchemy", "onnxruntime", "faiss", "rich", "arro3", "httpcore")
    code = (
        "import sys\nfrom lookalike.cli.app import app\n"
        "try:\n    app(['--help'])\nexcept SystemExit:\n    pass\n"
        f"print([name for name in {heavy!r} if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"
