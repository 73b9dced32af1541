"""A library that several processes make at once, or that was cut short while it was made."""

import subprocess
import sys
from pathlib import Path

import pytest

import lookalike

OPEN = """
import sys, lookalike
print("ready", flush=True)
sys.stdin.readline()
with lookalike.open(sys.argv[1]) as library:
    print(len(library))
"""


def test_processes_that_make_one_library_at_once_all_get_it(tmp_path: Path) -> None:
    command = [sys.executable, "-c", OPEN, str(tmp_path / "new.lookalike")]
    pipe = subprocess.PIPE
    processes = [subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe) for _ in range(4)]
    for process in processes:
        assert process.stdout is not None
        assert process.stdout.readline() == b"ready\n"
    for process in processes:
        assert process.stdin is not None
        process.stdin.write(b"go\n")
        process.stdin.flush()
    for process in processes:
        out, err = process.communicate(timeout=300)
        assert (process.returncode, out) == (0, b"0\n"), err.decode()


@pytest.mark.parametrize("left", [b"", None])
def test_a_library_whose_making_was_cut_short_is_made_to_its_end(
    tmp_path: Path, left: bytes | None
) -> None:
    folder = tmp_path / "new.lookalike"
    folder.mkdir()
    if left is not None:
        (folder / "catalog.sqlite").write_bytes(left)
    else:  # killed between the tables and the first generation
        from lookalike.catalog import Catalog

        Catalog.open(folder, create=True).close()
    with lookalike.open(folder) as library:
        assert len(library) == 0
    with pytest.raises(lookalike.LibraryNotFoundError):
        lookalike.open(tmp_path / "none.lookalike", create=False)


def test_damaged_metadata_is_said(tmp_path: Path, scenes: Path) -> None:
    import sqlite3

    with lookalike.open(tmp_path / "library") as library:
        library.add(scenes / "scene-0.jpg")
    database = sqlite3.connect(tmp_path / "library" / "catalog.sqlite")
    with database:
        database.execute("update images set metadata = '{bad'")
    database.close()
    with (
        lookalike.open(tmp_path / "library") as library,
        pytest.raises(lookalike.LibraryBrokenError, match="metadata that cannot be read"),
    ):
        list(library.iterate())


def test_check_reads_the_whole_index(tmp_path: Path, scenes: Path) -> None:
    import os

    with lookalike.open(tmp_path / "library") as library:
        library.add(scenes)
        library.rebuild_index()
        assert library.check() == ()
    (file,) = (tmp_path / "library" / "index").glob("*.vectors")
    status = file.stat()
    file.write_bytes(bytes(status.st_size))
    os.utime(file, ns=(status.st_atime_ns, status.st_mtime_ns))
    with lookalike.open(tmp_path / "library") as library:
        assert any("damaged" in problem for problem in library.check())


def test_vectors_of_another_build_of_the_model_are_not_compared(
    tmp_path: Path, scenes: Path
) -> None:
    import sqlite3

    with lookalike.open(tmp_path / "library") as library:
        library.add(scenes / "scene-0.jpg")
    database = sqlite3.connect(tmp_path / "library" / "catalog.sqlite")
    with database:
        database.execute("update generations set sha256 = ?", ("0" * 64,))
    database.close()
    with lookalike.open(tmp_path / "library") as library:
        assert len(library) == 1
        with pytest.raises(lookalike.ModelFileError, match="another build"):
            library.search(scenes / "scene-0.jpg")
        with pytest.raises(lookalike.ModelFileError, match="another build"):
            library.add(scenes)
