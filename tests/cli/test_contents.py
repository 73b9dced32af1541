"""``stats``, ``list``, ``export``, ``remove``, ``rebuild-index``, ``models`` and ``doctor``."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

import lookalike
from lookalike.cli.commands import remove as remove_command

from .conftest import Run, Shelf


@pytest.fixture
def copy(shelf: Shelf, tmp_path: Path) -> Path:
    """Return a copy of the shelf's library, to change."""
    return Path(shutil.copytree(shelf.library, tmp_path / "copy.lookalike"))


def test_stats_count_images_formats_and_names(run: Run, shelf: Shelf) -> None:
    found = run("stats", "--library", shelf.library, "--json").json
    assert (found["images"], found["failed"]) == (5, 1)
    assert found["formats"] == {"JPEG": 3, "PNG": 2}
    assert sum(label["images"] for label in found["labels"]) == 5
    text = run("stats", "--library", shelf.library).out
    assert "5 (JPEG 3, PNG 2)" in text
    assert found["labels"][0]["name"] in text
    assert "lookalike list --failed" in text


def test_list_prints_every_image_or_the_first(run: Run, shelf: Shelf) -> None:
    lines = run("list", "--library", shelf.library).out.splitlines()
    assert len(lines) == 5
    assert lines[0].endswith(str(shelf.pictures / "scene-0.jpg"))
    assert "160×120  JPEG" in lines[0]
    assert run("list", "--library", shelf.library, "--limit", "2").out.splitlines() == lines[:2]
    assert run("list", "--library", shelf.library, "-k", "2").out.splitlines() == lines[:2]
    rows = run("list", "--library", shelf.library, "--json").json
    assert [row["uri"] for row in rows] == [line.split()[-1] for line in lines]
    assert rows[3]["metadata"] == {"price": 10}


def test_list_failed_gives_the_reasons(run: Run, shelf: Shelf) -> None:
    (line,) = run("list", "--failed", "--library", shelf.library).out.splitlines()
    assert str(shelf.pictures / "broken.jpg") in line
    assert "BrokenImageError" in line
    (row,) = run("list", "--failed", "--library", shelf.library, "--json").json
    assert (row["uri"], row["kind"]) == (str(shelf.pictures / "broken.jpg"), "BrokenImageError")


def test_an_empty_list_is_empty_json_and_ends_with_1(run: Run, tmp_path: Path) -> None:
    library = tmp_path / "empty.lookalike"
    lookalike.open(library).close()
    ran = run("list", "--library", library, "--json")
    assert (ran.code, ran.json) == (1, [])
    assert run("list", "--failed", "--library", library).code == 0


@pytest.mark.parametrize("option", [[], ["--format", "npy"]])
def test_export_writes_vectors_and_metadata(
    run: Run, shelf: Shelf, tmp_path: Path, option: list[str]
) -> None:
    destination = tmp_path / ("vectors" if option else "vectors.npy")
    ran = run("export", destination, "--library", shelf.library, "--json", *option)
    assert ran.json == {"images": 5, "path": str(destination)}
    assert np.load(destination).shape[0] == 5
    lines = destination.with_suffix(".jsonl").read_text(encoding="utf-8").splitlines()
    assert len([json.loads(line) for line in lines]) == 5


def test_export_to_parquet_and_to_nowhere(run: Run, shelf: Shelf, tmp_path: Path) -> None:
    destination = tmp_path / "photos.parquet"
    ran = run("export", destination, "--library", shelf.library)
    assert ran.out == f"Wrote 5 images to {destination}.\n"
    assert destination.read_bytes()[:4] == b"PAR1"
    for wrong in (tmp_path / "photos.txt", tmp_path / "none" / "photos.npy"):
        assert run("export", wrong, "--library", shelf.library).code == 2


def test_remove_forgets_images_and_leaves_the_files(run: Run, shelf: Shelf, copy: Path) -> None:
    target = shelf.pictures / "scene-0.jpg"
    ran = run("remove", target, "--library", copy)
    assert ran.out == "Forgot 1 image. The library holds 4 images.\n"
    assert target.exists()
    assert run("remove", target, "--library", copy).code == 2
    ran = run("remove", shelf.pictures, "--yes", "--library", copy, "--json")
    assert ran.json == {"removed": 2, "failures": 1, "images": 2}


def test_remove_takes_a_filter_and_counts_when_only_asked(
    run: Run, shelf: Shelf, copy: Path
) -> None:
    at = ("--where", "price >= 20", "-l", copy)
    assert run("remove", *at, "--dry-run").out == "Would forget 1 of 5 images.\n"
    assert run("remove", *at, "--dry-run", "--json").json == {"would_remove": 1, "images": 5}
    assert run("remove", shelf.pictures, *at, "--dry-run", "--json").json["would_remove"] == 0
    assert run("remove", *at).out == "Forgot 1 image. The library holds 4 images.\n"
    assert run("remove", "-l", copy).code == 2


def test_remove_asks_in_a_terminal_when_it_is_more_than_one(
    run: Run, shelf: Shelf, copy: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(remove_command, "is_asked", lambda: True, raising=True)
    one = shelf.pictures / "scene-0.jpg"
    refused = run("remove", shelf.pictures, "--library", copy, input=b"n\n")
    assert refused.code == 1
    assert "Forget 3 images? The files stay." in refused.err
    assert "Forgot" not in refused.out
    assert run("remove", one, "--library", copy, input=b"").code == 0
    assert run("remove", shelf.pictures, "--library", copy, input=b"y\n").code == 0
    assert run("stats", "--library", copy, "--json").json["images"] == 2


def test_rebuild_index_says_what_the_index_then_is(run: Run, shelf: Shelf, copy: Path) -> None:
    status = run("rebuild-index", "--library", copy, "--json").json
    assert (status["vectors"], status["tail"], status["problem"]) == (5, 0, None)
    assert "5 vectors" in run("rebuild-index", "--library", copy).out


def test_models_say_licence_and_origin(run: Run) -> None:
    (card, *_) = run("models", "--json").json
    assert card["licence"] == "Apache-2.0"
    assert (card["dimensions"], card["labels"]) == (1280, 1000)
    assert Path(card["path"]).stat().st_size == card["bytes"]
    text = run("models").out
    assert card["name"] in text
    assert card["source"] in text


def test_doctor_finds_a_whole_library_whole(run: Run, shelf: Shelf) -> None:
    found = run("doctor", "--library", shelf.library, "--json")
    assert found.code == 0
    assert found.json["problems"] == []
    assert found.json["library"]["whole"] is True
    assert found.json["library"]["images"] == 5
    assert found.json["versions"]["numpy"] == np.__version__
    assert found.json["processor"]["cores"] >= 1
    assert found.json["codecs"]["AVIF"] in {True, False}
    text = run("doctor", "--library", shelf.library)
    assert "All is well." in text.err
    assert "onnxruntime" in text.out


def test_doctor_finds_what_is_wrong(run: Run, copy: Path, tmp_path: Path) -> None:
    missing = run("doctor", "--library", tmp_path / "none.lookalike", "--json")
    assert missing.code == 1
    assert "There is no library" in missing.json["problems"][0]
    catalog = copy / "catalog.sqlite"
    catalog.write_bytes(catalog.read_bytes()[:3000])
    broken = run("doctor", "--library", copy, "--json")
    assert broken.code == 1
    assert broken.json["problems"]


def test_doctor_names_settings_and_what_slows_numpy(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = tmp_path / "lookalike.toml"
    settings.write_text("workers = 1\n", encoding="utf-8")
    monkeypatch.setenv("LOOKALIKE_CONFIG", str(settings))
    for name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "GOTO_NUM_THREADS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("OPENBLAS_CORETYPE", "Prescott")
    found = run("doctor", "--json").json
    assert found["settings"]["file"] == str(settings)
    assert found["settings"]["values"]["workers"] == 1
    assert found["environment"] == ["OPENBLAS_CORETYPE=Prescott"]
    settings.write_text("wrokers = 1\n", encoding="utf-8")
    wrong = run("doctor", "--json")
    assert wrong.code == 1
    assert "wrokers" in " ".join(wrong.json["problems"])
