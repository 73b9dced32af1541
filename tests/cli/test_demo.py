"""``lookalike demo``: from nothing to hits, without a network."""

from __future__ import annotations

import base64
import io
import re
import socket
from pathlib import Path

import pytest
from PIL import Image

from lookalike.cli.demo import pictures

from .conftest import Run


def test_the_demo_finds_its_pictures_and_shows_them(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("skimage", reason="the demo needs the extra 'demo': test not run")
    pytest.importorskip("sklearn", reason="the demo needs the extra 'demo': test not run")

    def no_network(*_: object) -> None:
        raise AssertionError("the demo wants a network")

    monkeypatch.setattr(socket.socket, "connect", no_network)
    ran = run("demo", "--keep", tmp_path / "demo", "--json")
    assert ran.code == 0, ran.err
    found = ran.json
    assert found["report"]["failed"] == 0
    assert found["report"]["added"] > 100
    *known, stranger = found["searches"]
    for search in known:
        name = Path(search["query"]).stem.removesuffix("-phone")
        hits = [Path(hit["uri"]).stem for hit in search["hits"]]
        assert len(hits) == 5
        assert hits[0].startswith(name)
        assert sum(hit.startswith(name) for hit in hits) >= 4
        assert search["hits"][0]["probability"] > stranger["hits"][0]["probability"]
    assert Path(stranger["query"]).name == "rocket.jpg"
    check_page(Path(found["sheet"]), images=4 * 6 + 4)
    check_words(run, tmp_path / "demo")


def check_page(page: Path, *, images: int) -> None:
    text = page.read_text(encoding="utf-8")
    assert not re.search(r"(?:src|href)=['\"]?(?!['\"]?data:)", text)  # needs no other file
    data = re.findall(r"src='data:image/jpeg;base64,([^']+)'", text)
    assert len(data) == images
    for encoded in data:
        with Image.open(io.BytesIO(base64.b64decode(encoded))) as image:
            assert max(image.size) in {128, 200}


def check_words(run: Run, root: Path) -> None:
    """A second run finds all unchanged, and says in words what to do next."""
    ran = run("demo", "--keep", root)
    assert ran.code == 0
    assert "0 added" in ran.out
    assert "unchanged" in ran.out
    assert ran.out.count("$ lookalike search queries/") == 4
    assert ran.out.count("$ lookalike recognize queries/") == 4
    assert f"open {root / 'demo.html'}" in ran.err
    assert "lookalike index FOLDER" in ran.err


def test_a_folder_with_other_things_is_left_alone(run: Run, tmp_path: Path) -> None:
    (tmp_path / "letter.txt").write_text("dear all")
    ran = run("demo", "--keep", tmp_path)
    assert ran.code == 2
    assert "holds other things" in ran.err
    assert [path.name for path in tmp_path.iterdir()] == ["letter.txt"]
    assert run("demo", "--keep", tmp_path / "letter.txt").code == 2


def test_without_the_extra_it_says_how_to_get_it(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pictures, "find_spec", lambda name: None)
    ran = run("demo", "--keep", tmp_path / "demo")
    assert ran.code == 2
    assert "pip install '.[demo]'" in ran.err
    assert not (tmp_path / "demo" / "pictures").exists()
