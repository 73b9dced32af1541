"""Opening a library: which folders are one, which are not, and who may write."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

import lookalike
from lookalike.library.lock import writer_lock


def test_a_missing_library_is_told_or_made(tmp_path: Path) -> None:
    with pytest.raises(lookalike.LibraryNotFoundError, match="lookalike index"):
        lookalike.open(tmp_path / "none", create=False)
    assert not (tmp_path / "none").exists()
    with lookalike.open(tmp_path / "none") as library:
        assert len(library) == 0
        assert library
    with lookalike.open(tmp_path / "none", create=False):
        pass


def test_a_folder_of_pictures_is_not_turned_into_a_library(scenes: Path) -> None:
    with pytest.raises(lookalike.UsageError, match="other things"):
        lookalike.open(scenes)
    assert not (scenes / "catalog.sqlite").exists()


def test_a_newer_library_is_refused(tmp_path: Path) -> None:
    lookalike.open(tmp_path / "library").close()
    with sqlite3.connect(tmp_path / "library" / "catalog.sqlite") as connection:
        connection.execute("UPDATE meta SET value = '999' WHERE name LIKE 'schema%'")
    connection.close()
    with pytest.raises(lookalike.LibraryTooNewError, match="newer"):
        lookalike.open(tmp_path / "library")


def test_a_damaged_catalog_is_told(tmp_path: Path) -> None:
    folder = tmp_path / "library"
    folder.mkdir()
    (folder / "catalog.sqlite").write_bytes(b"this is no database" * 100)
    with pytest.raises(lookalike.LibraryBrokenError):
        lookalike.open(folder)


def test_without_a_path_the_settings_name_the_library(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LOOKALIKE_LIBRARY", str(tmp_path / "named"))
    with lookalike.open() as library:
        assert library.path == tmp_path / "named"


def test_a_second_writer_is_told_or_waits(tmp_path: Path, scenes: Path) -> None:
    folder = tmp_path / "library"
    with lookalike.open(folder) as library:
        code = (
            "import sys\nfrom pathlib import Path\n"
            "from lookalike.library.lock import writer_lock\n"
            "with writer_lock(Path(sys.argv[1]), wait=False):\n"
            "    print('held', flush=True)\n    sys.stdin.read()\n"
        )
        holder = subprocess.Popen(
            [sys.executable, "-c", code, str(folder)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert holder.stdin is not None
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        with pytest.raises(lookalike.LibraryBusyError, match=f"Process {holder.pid}"):
            library.add(scenes, wait=False)
        states: list[lookalike.Progress] = []

        def show(state: lookalike.Progress) -> None:
            if not states:  # told of the wait: the other may end
                assert holder.stdin is not None
                holder.stdin.close()
            states.append(state)

        assert library.add(scenes, progress=show).added == 12
        assert f"Process {holder.pid}" in states[0].stage
        holder.wait()
        holder.stdout.close()


def test_who_has_written_leaves_no_name_behind(tmp_path: Path) -> None:
    with writer_lock(tmp_path, wait=False):
        assert (tmp_path / "writer.json").exists()
    assert not (tmp_path / "writer.json").exists()


def test_the_lock_of_a_killed_writer_is_free(tmp_path: Path) -> None:
    code = (
        "import os, sys\nfrom pathlib import Path\n"
        "from lookalike.library.lock import writer_lock\n"
        "with writer_lock(Path(sys.argv[1]), wait=False):\n    os.kill(os.getpid(), 9)\n"
    )
    process = subprocess.run([sys.executable, "-c", code, str(tmp_path)], check=False)
    assert process.returncode == -9
    with writer_lock(tmp_path, wait=False):
        pass
