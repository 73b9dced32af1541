"""The READMEs say the same, their links lead somewhere, and CI runs what they tell to run."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ENGLISH = (ROOT / "README.md").read_text(encoding="utf-8")
CHINESE = (ROOT / "README.zh-CN.md").read_text(encoding="utf-8")
_BLOCK = re.compile(r"^```\w+\n.*?^```$", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"\]\(([^)#]+)(?:#[^)]*)?\)")


def test_both_languages_have_the_same_code_and_sections() -> None:
    assert _BLOCK.findall(ENGLISH) == _BLOCK.findall(CHINESE)
    assert len(re.findall(r"^## ", ENGLISH, re.M)) == len(re.findall(r"^## ", CHINESE, re.M))
    assert len(re.findall(r"^- ", ENGLISH, re.M)) == len(re.findall(r"^- ", CHINESE, re.M))


def test_the_python_of_the_readme_runs(
    scenes: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.copy(scenes / "scene-3.jpg", scenes.parent / "query.jpg")
    monkeypatch.chdir(scenes.parent)
    (code,) = re.findall(r"^```python\n(.*?)^```$", ENGLISH, re.MULTILINE | re.DOTALL)
    exec(compile(code, "README.md", "exec"), {})
    first, _, _, name = capsys.readouterr().out.splitlines()
    assert first.startswith("1 ")
    assert first.endswith((scenes / "scene-3.jpg").as_uri())
    assert name


def test_both_languages_have_the_same_figures() -> None:
    def figures(text: str) -> list[str]:
        prose = re.sub(r"\]\([^)]*\)", "", _BLOCK.sub("", text))
        return sorted(re.findall(r"\d[\d,.]*\d|\d", prose))

    assert figures(ENGLISH) == figures(CHINESE)


@pytest.mark.parametrize(
    "page",
    ["README.md", "README.zh-CN.md", *(f"docs/{path.name}" for path in ROOT.glob("docs/*.md"))],
)
def test_links_lead_to_files_that_are_there(page: str) -> None:
    path = ROOT / page
    for target in _LINK.findall(path.read_text(encoding="utf-8")):
        if not target.startswith(("http://", "https://")):
            assert (path.parent / target).exists(), target


def test_ci_installs_and_tests_as_the_readme_says() -> None:
    install, _, test = "pip install -c constraints.txt -e '.[dev]' && pytest".partition(" && ")
    assert f"{install} && {test}\n" in ENGLISH
    steps = re.findall(r"^step (.*)$", (ROOT / ".ci" / "run").read_text(), re.MULTILINE)
    assert steps[:2] == [install.replace("install ", "install -q "), "scripts/test --cov"]
    assert f'exec {test} "$@"' in (ROOT / "scripts" / "test").read_text()


def test_constraints_pin_every_dependency() -> None:
    pinned = {
        line.partition("==")[0].lower().replace("_", "-")
        for line in (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
        if "==" in line
    }
    project = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    needed = re.findall(r'^\s+"([a-zA-Z0-9-]+)(?:>=)', project, re.MULTILINE)
    needed += re.findall(r'"(scikit-[a-z]+)>=', project)
    assert len(needed) > 15
    assert {name.lower() for name in needed} <= pinned
