"""File names that try to be more than names."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from lookalike.cli.console import clean, linked

from .conftest import Run

NAMES = [
    b"escape\x1b[31m\x1b]0;title\x07.jpg",
    b"new\nline\r.jpg",
    b"[red]markup[bold].jpg",
    b"not-utf8\xff\xfe.jpg",
    "图片 一.jpg".encode(),
    "right-to-left\u202egpj.jpg".encode(),
    b"-k.jpg",
    b"x" * 200 + b".jpg",
]


@pytest.fixture(scope="module")
def odd(
    tmp_path_factory: pytest.TempPathFactory, make_scene: Callable[..., Image.Image]
) -> tuple[Path, Path]:
    """Return a folder of pictures with odd names and a library of them."""
    import lookalike

    root = tmp_path_factory.mktemp("odd")
    folder = root / "pictures"
    folder.mkdir()
    try:
        for number, name in enumerate(NAMES):
            make_scene(number).save(folder / os.fsdecode(name), "JPEG")
    except OSError:
        pytest.skip("this file system takes only names in UTF-8: test not run")
    (folder / "broken\x1b[31m.jpg").write_bytes(b"\xff\xd8\xff nothing")
    with lookalike.open(root / "odd.lookalike") as library:
        library.add(folder, workers=1)
    return folder, root / "odd.lookalike"


def is_harmless(text: str) -> bool:
    return not any(
        character != "\n" and (ord(character) < 32 or 127 <= ord(character) < 160)
        for character in text
    ) and not any(character in text for character in "\u202e\u2028")


def test_text_shows_names_and_does_nothing_else(run: Run, odd: tuple[Path, Path]) -> None:
    folder, library = odd
    query = folder / "图片 一.jpg"
    for command in (["search", query], ["list"], ["list", "--failed"], ["index", folder]):
        ran = run(*command, "--library", library)
        assert is_harmless(ran.out), ran.out
        assert is_harmless(ran.err), ran.err
    lines = run("search", query, "--library", library).out.splitlines()
    assert len(lines) == 1 + len(NAMES)
    for shown in (
        r"escape\x1b[31m\x1b]0;title\x07.jpg",
        r"new\x0aline\x0d.jpg",
        "[red]markup[bold].jpg",
        r"not-utf8\xff\xfe.jpg",
        "图片 一.jpg",
        r"right-to-left\u202egpj.jpg",
        "x" * 200 + ".jpg",
    ):
        assert any(line.endswith(f"/{shown}") for line in lines), shown


def test_json_keeps_names_as_they_are(run: Run, odd: tuple[Path, Path]) -> None:
    folder, library = odd
    hits = run("search", "--library", library, "--json", "--", folder / "-k.jpg").json
    names = {Path(hit["uri"]).name for hit in hits}
    assert {"new\nline\r.jpg", "-k.jpg", "right-to-left\u202egpj.jpg"} <= names
    assert hits[0]["url"].endswith("/-k.jpg")


def test_errors_show_names_harmlessly(run: Run, odd: tuple[Path, Path]) -> None:
    ran = run("search", "none\x1b[31m.jpg", "--library", odd[1])
    assert ran.code == 2
    assert is_harmless(ran.err)
    assert r"none\x1b[31m.jpg" in ran.err


@given(st.text(st.characters(exclude_categories=())))
def test_clean_text_is_harmless_and_encodable(text: str) -> None:
    cleaned = clean(text)
    assert is_harmless(cleaned)
    assert "\n" not in cleaned
    cleaned.encode("utf-8")
    assert clean(cleaned) == cleaned


@given(st.text(st.characters(codec="utf-8", categories=("L", "N", "P", "S", "Zs"))))
def test_clean_leaves_ordinary_text_alone(text: str) -> None:
    assert clean(text) == text


@pytest.mark.parametrize(
    "url", ["javascript:alert(1)", "https://a/\x1b\\evil", "https://a/ b", "", None]
)
def test_only_plain_web_and_file_addresses_become_links(url: str | None) -> None:
    assert not linked("x", url).style
    assert linked("x", "https://a/b?c=d").style.link == "https://a/b?c=d"  # type: ignore[union-attr]
