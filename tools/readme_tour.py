"""Run the commands of the README's tour on the demo's pictures, and put what they print into it.

    python tools/readme_tour.py

Replaces the console block of the tour in both READMEs. Run it again when the model changes,
and `tools/readme_picture.py` too.
"""

from __future__ import annotations

import re
import tempfile
from pathlib import Path

from typer.testing import CliRunner

from lookalike.cli.app import app
from lookalike.cli.demo import make_demo_folder

_PROJECT = Path(__file__).parents[1]
_HOME = "/home/me/Pictures"
_BLOCK = re.compile(r"(^## (?:The tour|一览)\n\n)```console\n.*?^```$", re.MULTILINE | re.DOTALL)


def main() -> None:
    """Run, and rewrite the READMEs."""
    with tempfile.TemporaryDirectory() as temporary:
        folder = make_demo_folder(Path(temporary))
        cat, cup, *_ = folder.queries
        library = ["--library", str(folder.library)]
        session = [
            ("lookalike index ~/Pictures", ["index", str(folder.pictures), *library]),
            ("lookalike search cup.jpg -k 3", ["search", str(cup), "-k", "3", *library]),
            ("lookalike recognize cat.jpg -k 3", ["recognize", str(cat), "-k", "3"]),
        ]
        shown = "\n\n".join(f"$ {typed}\n{_run(arguments)}" for typed, arguments in session)
        shown = shown.replace(f"{folder.pictures}/edited", _HOME)
        shown = shown.replace(str(folder.pictures), _HOME).replace(f" {' '.join(library)}", "")
    for name in ("README.md", "README.zh-CN.md"):
        path = _PROJECT / name
        text = path.read_text(encoding="utf-8")
        text, count = _BLOCK.subn(lambda match: f"{match[1]}```console\n{shown}\n```", text)
        if count != 1:
            raise SystemExit(f"{name} has no console block below the heading of the tour.")
        path.write_text(text, encoding="utf-8")
    print(shown)


def _run(arguments: list[str]) -> str:
    result = CliRunner().invoke(app, arguments)
    if result.exit_code:
        raise SystemExit(result.output)
    lines = (result.stdout + result.stderr).splitlines()
    return "\n".join(line for line in lines if not re.match(r"Indexing: ", line))


if __name__ == "__main__":
    main()
