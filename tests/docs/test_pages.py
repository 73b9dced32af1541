"""CONTRIBUTING.md, SECURITY.md and CHANGELOG.md say what is so; workflows run what is there."""

from __future__ import annotations

import os
import re
from dataclasses import fields
from pathlib import Path

import pytest

from lookalike.settings import Settings

ROOT = Path(__file__).parents[2]
CONTRIBUTING = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
SECURITY = (ROOT / "SECURITY.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("page", ["CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md"])
def test_links_lead_to_files_that_are_there(page: str) -> None:
    text = (ROOT / page).read_text(encoding="utf-8")
    for target in re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", text):
        if not target.startswith(("http://", "https://")):
            assert (ROOT / target).exists(), target


def test_contributing_names_the_checks_of_ci() -> None:
    steps = re.findall(r"^step (.*)$", (ROOT / ".ci" / "run").read_text(), re.MULTILINE)
    tools = {step.split()[0] for step in steps} - {"pip", "without_extras"}
    blocks = re.findall(r"^```console\n(.*?)^```$", CONTRIBUTING, re.M | re.S)
    assert tools <= set(re.findall(r"[\w/-]+", blocks[1]))
    assert steps[0].replace("install -q ", "install ") in blocks[0]


def test_security_names_settings_that_there_are() -> None:
    named = set(re.findall(r"`([a-z]+(?:_[a-z]+)+)`", SECURITY))
    assert "max_pixels" in named
    assert named <= {field.name for field in fields(Settings)}


def workflow(name: str) -> str:
    """Return the text of a workflow."""
    return (ROOT / ".github" / "workflows" / name).read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("name", "scripts"), [("ci.yml", ["run"]), ("release.yml", ["run", "wheel"])]
)
def test_workflows_run_scripts_that_can_be_run(name: str, scripts: list[str]) -> None:
    assert re.findall(r"^ +- run: \.ci/(\w+)", workflow(name), re.M) == scripts
    for script in scripts:
        assert os.access(ROOT / ".ci" / script, os.X_OK)


def test_only_the_job_that_publishes_may_prove_who_it_is() -> None:
    before, publishing = workflow("release.yml").split("\n  publish:\n")
    assert "id-token" not in before
    assert "id-token: write" in publishing
    assert "needs: [check, wheel]" in publishing
    for text in (before, publishing, workflow("ci.yml")):
        assert "secrets." not in text


def test_the_wheel_is_tried_with_programs_that_need_no_extra() -> None:
    text = (ROOT / ".ci" / "wheel").read_text(encoding="utf-8")
    (names,) = re.findall(r"^for name in (.+); do$", text, re.M)
    for name in names.split():
        program = (ROOT / "examples" / f"{name}.py").read_text(encoding="utf-8")
        assert "Needs the extra" not in program
