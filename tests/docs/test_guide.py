"""Every command and every line of Python in docs/guide.md, run in its order."""

from __future__ import annotations

import doctest
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from lookalike.cli.app import app

GUIDE = Path(__file__).parents[2] / "docs" / "guide.md"
_BLOCK = re.compile(r"^```(console|python)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def blocks() -> list[tuple[str, str, int]]:
    """Return the kind, the text and the line number of each block of the guide."""
    text = GUIDE.read_text(encoding="utf-8")
    return [
        (match[1], match[2], text.count("\n", 0, match.start(2)) + 1)
        for match in _BLOCK.finditer(text)
    ]


def run_line(line: str) -> str:
    """Run one line of a console block and return what it printed; it must end with 0."""
    arguments = shlex.split(line)
    if arguments[0] == "lookalike" and not re.search(r"[|<>$;&]", line):
        result = CliRunner().invoke(app, arguments[1:])
        assert result.exit_code == 0, f"{line}\n{result.output}"
        return result.output
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        ["bash", "-c", line],
        env=os.environ | {"PATH": path},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert done.returncode == 0, f"{line}\n{done.stdout}"
    return done.stdout


def run_python(text: str, names: dict[str, Any], line_number: int) -> None:
    """Run a block of examples; what each prints must be what the guide says."""
    examples = doctest.DocTestParser().get_doctest(text, names, "guide.md", "guide.md", line_number)
    messages: list[str] = []
    failed, _ = doctest.DocTestRunner().run(examples, out=messages.append, clear_globs=False)
    assert failed == 0, "".join(messages)
    names.update(examples.globs)


def test_the_guide_runs_from_top_to_bottom(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("skimage", reason="the guide needs the extra 'demo': test not run")
    monkeypatch.chdir(tmp_path)
    names: dict[str, Any] = {}
    printed = ""
    for kind, text, line_number in blocks():
        if kind == "python":
            run_python(text, names, line_number)
            continue
        for line in text.splitlines():
            if line.startswith("$ export "):
                name, _, value = line.removeprefix("$ export ").partition("=")
                monkeypatch.setenv(name, value)
            elif line.startswith("$ "):
                printed += f"{line}\n{run_line(line.removeprefix('$ '))}"
    assert printed.count("exit code 1") == 2
    assert "1 renamed" in printed
    assert "1 removed" in printed
    assert "broken.jpg: This is not a picture" in printed
    assert '"page_url": "https://example.org/cup"' in printed
    assert '"price": 3' in printed
