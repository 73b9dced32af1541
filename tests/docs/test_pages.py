"""CONTRIBUTING.md, SECURITY.md and CHANGELOG.md say what is so, and the workflows run .ci/run."""

from __future__ import annotations

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
    tools = {step.split()[0] for step in steps} - {"pip"}
    blocks = re.findall(r"^```console\n(.*?)^```$", CONTRIBUTING, re.M | re.S)
    assert tools <= set(re.findall(r"[\w-]+", blocks[1]))
    assert steps[0].replace("install -q ", "install ") in blocks[0]


def test_security_names_settings_that_there_are() -> None:
    named = set(re.findall(r"`([a-z]+(?:_[a-z]+)+)`", SECURITY))
    assert "max_pixels" in named
    assert named <= {field.name for field in fields(Settings)}
