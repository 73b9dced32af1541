"""Opening a catalog: what is made, what is refused, and in which words."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest

from lookalike.catalog import Catalog, Generation, NewImage
from lookalike.errors import (
    LibraryBrokenError,
    LibraryNotFoundError,
    LibraryStorageError,
    LibraryTooNewError,
    UsageError,
)


def test_a_missing_library_says_what_to_type(tmp_path: Path) -> None:
    with pytest.raises(LibraryNotFoundError, match="lookalike index"):
        Catalog.open(tmp_path / "nowhere")
    assert not (tmp_path / "nowhere").exists()


def test_a_folder_without_a_catalog_is_no_library_and_stays_as_it_is(tmp_path: Path) -> None:
    with pytest.raises(LibraryNotFoundError):
        Catalog.open(tmp_path)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("create", [False, True])
def test_a_file_is_no_library(tmp_path: Path, create: bool) -> None:
    path = tmp_path / "picture.jpg"
    path.write_bytes(b"\xff\xd8")
    with pytest.raises(LibraryNotFoundError, match="is a file"):
        Catalog.open(path, create=create)


def test_a_library_keeps_its_identity_and_shares_it_with_no_other(tmp_path: Path) -> None:
    with Catalog.open(tmp_path / "a", create=True) as first:
        identity = first.identity
    with Catalog.open(tmp_path / "a", create=True) as again:
        assert again.identity == identity
    with Catalog.open(tmp_path / "b", create=True) as other:
        assert other.identity != identity


def test_a_library_of_a_newer_version_is_refused(tmp_path: Path) -> None:
    Catalog.open(tmp_path, create=True).close()
    with sqlite3.connect(tmp_path / "catalog.sqlite") as connection:
        connection.execute("UPDATE meta SET value = '99' WHERE name = 'schema_version'")
    connection.close()
    with pytest.raises(LibraryTooNewError, match="pip install --upgrade"):
        Catalog.open(tmp_path)


def test_a_file_that_is_no_database_is_told(tmp_path: Path) -> None:
    (tmp_path / "catalog.sqlite").write_bytes(b"not a database, but long enough" * 400)
    with pytest.raises(LibraryBrokenError, match="damaged or is not a catalog"):
        Catalog.open(tmp_path)


def test_another_program_s_database_is_left_alone(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "catalog.sqlite") as connection:
        connection.execute("CREATE TABLE recipes (name TEXT)")
    connection.close()
    with pytest.raises(LibraryBrokenError, match="not a catalog of Lookalike"):
        Catalog.open(tmp_path, create=True)
    with sqlite3.connect(tmp_path / "catalog.sqlite") as connection:
        names = connection.execute("SELECT name FROM sqlite_master").fetchall()
    connection.close()
    assert names == [("recipes",)]


def test_a_file_left_empty_by_a_killed_program_is_finished(tmp_path: Path) -> None:
    (tmp_path / "catalog.sqlite").touch()
    with pytest.raises(LibraryNotFoundError):
        Catalog.open(tmp_path)
    with Catalog.open(tmp_path, create=True) as catalog:
        assert catalog.count() == 0


@pytest.mark.parametrize("part", [0.0005, 0.3, 0.9])
def test_a_truncated_file_is_told(
    catalog: Catalog,
    generation: Generation,
    make_image: Callable[..., NewImage],
    part: float,
) -> None:
    catalog.apply(generation.id, store=[make_image(f"/p/{i}", i) for i in range(400)])
    catalog.close()
    with catalog.path.open("r+b") as stream:
        stream.truncate(int(catalog.path.stat().st_size * part))

    def read_all() -> None:
        with Catalog.open(catalog.path.parent) as opened:
            assert opened.check() == []
            assert len(opened.iterate(limit=1000)) == 400

    with pytest.raises((LibraryBrokenError, AssertionError)):
        read_all()


def test_read_only_reads_and_does_not_write(
    catalog: Catalog, generation: Generation, make_image: Callable[..., NewImage]
) -> None:
    catalog.apply(generation.id, store=[make_image("/a")])
    with Catalog.open(catalog.path.parent, readonly=True) as reader:
        assert reader.count() == 1
        with pytest.raises(LibraryStorageError, match="may not be written"):
            reader.apply(generation.id, store=[make_image("/b")])


def test_read_only_cannot_create(tmp_path: Path) -> None:
    with pytest.raises(UsageError):
        Catalog.open(tmp_path, create=True, readonly=True)


_READ_AS_SOMEBODY = """
import os, sys, tempfile
from pathlib import Path
from lookalike.catalog import Catalog
if os.getuid() == 0:
    with tempfile.TemporaryDirectory() as name:  # loads what another user may not be able to load
        Catalog.open(Path(name), create=True).close()
    os.setgid(65534)
    os.setuid(65534)
with Catalog.open(Path(sys.argv[1]), readonly=True) as catalog:
    print(catalog.count(), catalog.data_version() > 0)
"""


def test_read_only_works_in_a_folder_that_may_not_be_written(
    make_image: Callable[..., NewImage],
) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "library"
        with Catalog.open(folder, create=True) as catalog:
            generation = catalog.generation("m", space="s", dimensions=8, sha256="0")
            catalog.apply(generation.id, store=[make_image("/a")])
        assert [path.name for path in folder.iterdir()] == ["catalog.sqlite"]
        Path(name).chmod(0o755)
        folder.chmod(0o555)
        (folder / "catalog.sqlite").chmod(0o444)
        try:
            done = subprocess.run(
                [sys.executable, "-c", _READ_AS_SOMEBODY, str(folder)],
                capture_output=True,
                text=True,
                check=False,
            )
        finally:
            folder.chmod(0o755)
        assert done.stdout == "1 True\n", done.stderr


_CREATE = """
import sys
from pathlib import Path
from lookalike.catalog import Catalog
sys.stdin.readline()
with Catalog.open(Path(sys.argv[1]), create=True) as catalog:
    generation = catalog.generation("m", space="s", dimensions=8, sha256="0")
    print(catalog.identity, generation.id)
"""


def test_processes_that_create_at_once_get_one_library(tmp_path: Path) -> None:
    workers = [
        subprocess.Popen(
            [sys.executable, "-c", _CREATE, str(tmp_path / "library")],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for _ in range(4)
    ]
    for worker in workers:
        assert worker.stdin is not None
        worker.stdin.write("go\n")
        worker.stdin.flush()
    answers = [worker.communicate(timeout=300) for worker in workers]
    assert [worker.returncode for worker in workers] == [0] * 4, answers
    assert len({output for output, _ in answers}) == 1


def test_opening_loads_no_object_mapper() -> None:
    code = "import sys, lookalike.catalog; print('sqlalchemy.orm' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"
