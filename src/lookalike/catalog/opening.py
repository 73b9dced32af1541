"""Opening, making and migrating a catalog, with a sentence for each way in which that can fail."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from uuid import uuid4

import sqlalchemy as sa

from lookalike.errors import (
    LibraryBrokenError,
    LibraryNotFoundError,
    LibraryStorageError,
    LibraryTooNewError,
    UsageError,
)

from .migrations import migrate
from .sqlite import Watch, connect_engine, translated
from .tables import SCHEMA_VERSION, meta, schema

__all__ = ["open_catalog"]

_FILE = "catalog.sqlite"


def open_catalog(
    folder: Path, *, create: bool, readonly: bool
) -> tuple[Path, sa.Engine, Watch, str]:
    """Return file, engine, watch and identity of the catalog in ``folder``.

    Raises:
        LibraryError: one of its children, as ``Catalog.open`` says.
    """
    if create and readonly:
        raise UsageError("A library cannot be made read-only.")
    file = folder / _FILE
    _find(folder, file, create=create)
    engine = connect_engine(file, readonly=readonly)
    try:
        with translated(file):
            identity = _prepare(file, engine, create=create, readonly=readonly)
            return file, engine, Watch(file, readonly=readonly), identity
    except BaseException:
        engine.dispose()
        raise


def _find(folder: Path, file: Path, *, create: bool) -> None:
    try:
        if file.is_file():
            return
        if not create:
            raise _not_found(folder)
        folder.mkdir(parents=True, exist_ok=True)
    except (FileExistsError, NotADirectoryError) as error:
        raise LibraryNotFoundError(
            f"{folder} is a file, and a library is a folder. Name another place."
        ) from error
    except PermissionError as error:
        raise LibraryStorageError(f"This user may not open {folder}.") from error
    except OSError as error:
        if isinstance(error, LibraryNotFoundError):
            raise
        raise LibraryStorageError(f"No library can be made in {folder}: {error}") from error


def _not_found(folder: Path) -> LibraryNotFoundError:
    if folder.is_file():
        return LibraryNotFoundError(f"{folder} is a file, and a library is a folder.")
    return LibraryNotFoundError(
        f"There is no library in {folder}. To make one, type: "
        f"lookalike index PICTURES --library {folder}"
    )


def _prepare(file: Path, engine: sa.Engine, *, create: bool, readonly: bool) -> str:
    """Return the identity of the catalog, whose tables are made or brought up to date first."""
    names = set(sa.inspect(engine).get_table_names())
    if "meta" not in names:
        if names:
            raise LibraryBrokenError(f"{file} is a database, but not a catalog of Lookalike.")
        if not create:  # a program was killed while it made the file
            raise _not_found(file.parent)
        with engine.execution_options(writes=True).begin() as connection:
            if not sa.inspect(connection).has_table("meta"):  # nobody else was faster
                schema.create_all(connection)
                rows = {"schema_version": str(SCHEMA_VERSION), "identity": uuid4().hex}
                connection.execute(
                    sa.insert(meta), [{"name": name, "value": rows[name]} for name in rows]
                )
    with engine.begin() as connection:
        version, identity = _stated(file, connection)
    if version < SCHEMA_VERSION:
        if readonly:
            _stand_in(engine, names)
        else:
            _migrate(file, engine)
    return identity


def _stated(file: Path, connection: sa.Connection) -> tuple[int, str]:
    """Return the schema version and the identity that a catalog says it has."""
    values: dict[str, str] = {}
    values.update((row.name, row.value) for row in connection.execute(sa.select(meta)))
    version, identity = values.get("schema_version", ""), values.get("identity", "")
    if not version.isdecimal() or not identity:
        raise LibraryBrokenError(f"{file} does not say which version of Lookalike made it.")
    if int(version) > SCHEMA_VERSION:
        raise LibraryTooNewError(
            f"The library {file.parent} was made by a newer version of Lookalike (its format is "
            f"{version}, this version reads up to {SCHEMA_VERSION}). To go on, type: "
            "pip install --upgrade lookalike"
        )
    return int(version), identity


def _migrate(file: Path, engine: sa.Engine) -> None:
    with engine.execution_options(writes=True).begin() as connection:
        version, _ = _stated(file, connection)  # another process may have been faster
        if version < SCHEMA_VERSION:
            migrate(connection, version)
            connection.execute(
                sa.update(meta)
                .where(meta.c.name == "schema_version")
                .values(value=str(SCHEMA_VERSION))
            )


def _stand_in(engine: sa.Engine, names: set[str]) -> None:
    """Let an older catalog be read as it is: tables that it lacks are empty ones in memory.

    They belong to the connections of this engine. Their names come before those of the file, so
    that a catalog which another process migrates meanwhile is seen whole when it is opened anew.
    """
    elsewhere = sa.MetaData()
    statements = ["PRAGMA temp_store=MEMORY"]
    for table in schema.sorted_tables:
        if table.name not in names:
            empty = table.to_metadata(elsewhere, schema="temp")
            statements.append(str(sa.schema.CreateTable(empty).compile(dialect=engine.dialect)))
    statements.append("PRAGMA query_only=ON")  # or what is written would be lost in memory

    def give(connection: Any, _: object) -> None:
        for statement in statements:
            connection.execute(statement)

    engine.dispose()
    sa.event.listen(engine, "connect", give)
