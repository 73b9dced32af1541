"""The programs of examples/ run as they are, on the pictures that they draw themselves."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "examples"
PROGRAMS = ("photographs.py", "recommendation.py", "script.sh", "shop.py", "training.py")


def run(name: str, folder: Path, *arguments: str | Path) -> str:
    """Run a program of examples/ in a folder and return what it printed; it must end with 0."""
    program = EXAMPLES / name
    first = sys.executable if program.suffix == ".py" else "bash"
    temporary = folder / "temporary"
    temporary.mkdir(exist_ok=True)
    environment = os.environ | {
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "TMPDIR": str(temporary),
    }
    done = subprocess.run(
        [first, program, *arguments], cwd=folder, env=environment, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert not list(temporary.glob("tmp*")), "it left its temporary folder"
    return done.stdout


def test_these_are_all_programs_and_each_is_short() -> None:
    assert tuple(sorted(path.name for path in EXAMPLES.glob("*.*"))) == PROGRAMS
    for name in PROGRAMS:
        assert len((EXAMPLES / name).read_text(encoding="utf-8").splitlines()) <= 60, name


def test_photographs_finds_and_folds_the_copy(tmp_path: Path) -> None:
    first, second, *_ = (printed := run("photographs.py", tmp_path)).splitlines()
    assert first.startswith("7 added")
    assert second.startswith("1 ")
    assert "the same picture: smaller-copy.jpg" in printed


def test_photographs_takes_a_folder_and_a_photograph(tmp_path: Path, scenes: Path) -> None:
    printed = run("photographs.py", tmp_path, scenes, scenes / "scene-3.jpg")
    assert "12 added" in printed
    assert printed.splitlines()[1].endswith("scene-3.jpg")


def test_shop_answers_with_the_pages_of_products(tmp_path: Path) -> None:
    _, *hits = run("shop.py", tmp_path).splitlines()
    assert len(hits) == 3
    assert all("https://shop.example/" in hit for hit in hits)
    assert hits[0].endswith("blue-bowl")


def test_shop_takes_a_catalogue_a_picture_and_a_filter(tmp_path: Path, scenes: Path) -> None:
    table = scenes / "catalogue.csv"
    table.write_text("image,price\nscene-1.jpg,10\nscene-2.jpg,20\n", encoding="utf-8")
    picture = scenes / "scene-2.jpg"
    assert len(run("shop.py", tmp_path, table, picture).splitlines()) == 3
    _, hit = run("shop.py", tmp_path, table, picture, "price > 15").splitlines()
    assert hit.endswith("scene-2.jpg")


def test_recommendation_recommends_with_reasons(tmp_path: Path) -> None:
    printed = run("recommendation.py", tmp_path)
    alike, for_user = printed.split("For user-0\n")
    assert alike.count("  like firebrick-3.png\n") == 3
    assert len(for_user.splitlines()) == 3


def test_script_lists_the_picture_most_like_each(tmp_path: Path) -> None:
    images, *pairs = run("script.sh", tmp_path).splitlines()
    assert images == "images: 4"
    assert sorted(pair.partition(" -> ")[0] for pair in pairs) == [
        "blue.png",
        "navy.png",
        "orange.png",
        "red.png",
    ]


def test_training_learns_and_judges(tmp_path: Path) -> None:
    for package in ("torch", "onnxscript", "safetensors"):
        pytest.importorskip(package, reason="the program needs the extra 'train': test not run")
    printed = run("training.py", tmp_path)
    assert "| trained |" in printed
    assert "romoted:" in printed
