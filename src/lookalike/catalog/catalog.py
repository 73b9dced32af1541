"""The catalog: the one place where a library's truth is kept."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType

import numpy as np
import sqlalchemy as sa
from numpy.typing import NDArray

from lookalike.errors import UsageError

from . import filling, generations, opening, reading, vector_rows
from .checking import check
from .records import Changes, Generation, ImageRow, KnownFailure, NewImage, SourceFields
from .sqlite import Watch, translated
from .tables import failures, images
from .writing import apply_batch

__all__ = ["Catalog"]


class Catalog:
    """The images of a library with their vectors, labels and failures, in one database file.

    Every change is one transaction: it is there as a whole or not at all, also after
    ``kill -9``. An object may be used from several threads and a file by several processes;
    writers take turns.
    """

    def __init__(self, path: Path, engine: sa.Engine, watch: Watch, identity: str) -> None:
        self.path = path
        """The database file."""
        self.identity = identity
        """A random name given at creation: no two catalogs share one."""
        self._engine = engine
        self._watch = watch
        self._known_generations: dict[int, Generation] = {}

    @classmethod
    def open(cls, path: Path, *, create: bool = False, readonly: bool = False) -> Catalog:
        """Open the catalog in the library folder ``path``.

        ``create`` makes folder and file where there are none; ``readonly`` never writes, and
        works in a folder that may not be written.

        Raises:
            LibraryNotFoundError: there is no catalog and ``create`` is false.
            LibraryTooNewError: a newer version of Lookalike made it.
            LibraryBrokenError: the file is damaged or is something else.
            LibraryStorageError: the disk is full, or the folder may not be written.
        """
        return cls(*opening.open_catalog(Path(path), create=create, readonly=readonly))

    def close(self) -> None:
        """Close all connections; the object may not be used afterwards."""
        self._watch.close()
        self._engine.dispose()

    def __enter__(self) -> Catalog:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"Catalog({str(self.path.parent)!r})"

    @contextmanager
    def reading(self) -> Iterator[sa.Connection]:
        """Give a connection that sees one moment of the catalog, for one read."""
        with translated(self.path), self._engine.begin() as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[sa.Connection]:
        """Give a connection whose changes are kept together when the block ends well."""
        writer = self._engine.execution_options(writes=True)
        with translated(self.path), writer.begin() as connection:
            yield connection

    # Generations

    def generation(self, model: str, *, space: str, dimensions: int, sha256: str) -> Generation:
        """Return the generation of a model, made if there is none.

        The first one of a space becomes its active one.

        Raises:
            UsageError: the generation exists with another number of dimensions.
        """
        found = self._find_generation(model, space, sha256)
        if found is None:
            with self.writing() as connection:
                generations.create_missing(
                    connection, model, space=space, dimensions=dimensions, sha256=sha256
                )
            found = self._find_generation(model, space, sha256)
        if found is None or found.dimensions != dimensions:
            raise UsageError(
                f"{model} gives vectors of {dimensions} dimensions, but the library holds "
                "vectors of others under the same name and checksum."
            )
        return found

    def _find_generation(self, model: str, space: str, sha256: str) -> Generation | None:
        for found in self.generations():
            if (found.model, found.space, found.sha256) == (model, space, sha256):
                return found
        return None

    def generations(self) -> list[Generation]:
        """Return all generations, the oldest first."""
        with self.reading() as connection:
            return generations.every(connection)

    def active_generation(self, space: str) -> Generation | None:
        """Return the generation that is searched in a space, if there is any."""
        with self.reading() as connection:
            return generations.active(connection, space)

    def _generation(self, generation_id: int) -> Generation:
        """Return a generation by its id; they never change, so each is read once."""
        if generation_id not in self._known_generations:
            self._known_generations = {found.id: found for found in self.generations()}
        try:
            return self._known_generations[generation_id]
        except KeyError:
            raise UsageError(f"The library has no generation {generation_id}.") from None

    def lacking(
        self, generation_id: int, *, after_id: int = 0, limit: int = 1000
    ) -> list[tuple[int, str, bytes]]:
        """Return (image id, uri, content hash) of images that lack a vector of a generation."""
        generation = self._generation(generation_id)
        with self.reading() as connection:
            return filling.lacking(connection, generation, after_id, limit)

    def fill(
        self, generation_id: int, found: Sequence[tuple[int, bytes, NDArray[np.floating]]]
    ) -> int:
        """Write (image id, content hash, vector) of images that lack it; return how many.

        Those that are gone or have other content by now are left out.
        """
        generation = self._generation(generation_id)
        with self.writing() as connection:
            return filling.fill(connection, generation, found)

    def switch(self, generation_id: int, *, keep_labels: bool) -> bool:
        """Search a generation from now on; False, and no change, if an image lacks its vector."""
        generation = self._generation(generation_id)
        with self.writing() as connection:
            return filling.switch(connection, generation, keep_labels=keep_labels)

    def drop_some(self, generation_id: int, *, limit: int = 2000) -> int:
        """Remove up to ``limit`` vectors of a generation that is not searched; return how many."""
        generation = self._generation(generation_id)
        with self.writing() as connection:
            return filling.drop_some(connection, generation, limit)

    # Changes

    def apply(
        self,
        generation_id: int,
        *,
        store: Sequence[NewImage] = (),
        copy: Sequence[tuple[int, SourceFields]] = (),
        rename: Sequence[tuple[int, SourceFields]] = (),
        touch: Sequence[tuple[int, SourceFields]] = (),
        failed: Sequence[KnownFailure] = (),
        remove: Sequence[int] = (),
        forget: Sequence[str] = (),
    ) -> None:
        """Write a batch in one transaction: all of it is durable on return, or nothing is.

        * ``remove``: ids of images to forget.
        * ``rename``: (image id, new source): same pixels, another uri; an image that has
          that uri already is replaced. Images may swap names in one batch.
        * ``touch``: (image id, source): same pixels and uri, other size, time or metadata.
        * ``copy``: (image id, source): a new image with the content, vectors and labels of a
          stored one.
        * ``store``: new images; one whose uri is stored replaces it and keeps its id.
        * ``failed``: sources that failed. An image of that uri stays unless it is removed
          too: a picture that cannot be reached today is still known.
        * ``forget``: uris whose failures are forgotten. Success forgets them too.

        They are carried out in this order.

        Raises:
            NotInLibraryError: a copy of an image that is not stored.
            UsageError: no such generation, or a vector that does not fit it.
            LibraryStorageError: the disk is full or may not be written.
            LibraryBusyError: another process kept the catalog locked.
        """
        generation = self._generation(generation_id)
        with self.writing() as connection:
            apply_batch(
                connection,
                generation,
                store=store,
                copy=copy,
                rename=rename,
                touch=touch,
                failed=failed,
                remove=remove,
                forget=forget,
            )

    def data_version(self) -> int:
        """Return a number that changes when any process, this one too, has changed something."""
        with translated(self.path):
            return self._watch.version()

    # Images

    def known_failures(self, uris: Sequence[str]) -> dict[str, KnownFailure]:
        """Return the failures among these uris, however many they are."""
        with self.reading() as connection:
            return reading.known_failures(connection, uris)

    def images(self, image_ids: Sequence[int]) -> dict[int, ImageRow]:
        """Return the rows of these images, without those that are gone."""
        with self.reading() as connection:
            return reading.image_rows(connection, image_ids)

    def iterate(self, after_id: int = 0, *, limit: int = 1000) -> list[ImageRow]:
        """Return up to ``limit`` images with ids above ``after_id``, in the order of the ids."""
        with self.reading() as connection:
            return reading.rows_after(connection, after_id, limit)

    def find(self, uri_or_url: str) -> list[int]:
        """Return the ids of the images that have this uri or this url."""
        with self.reading() as connection:
            return reading.find(connection, uri_or_url)

    def uris_under(self, folder: str) -> Iterator[tuple[int, str]]:
        """Yield (image id, uri) of the images inside a folder, or of all for ``""``.

        The folder itself is no part of the names inside: ``/a/b`` gives ``/a/b/c.jpg`` and not
        ``/a/bc.jpg``. Changes made meanwhile may be seen or not.
        """
        return ((row[0], row[1]) for row in self._under(images, folder))

    def failed_uris_under(self, folder: str) -> Iterator[str]:
        """Yield the uris of the failures inside a folder, or of all for ``""``."""
        return (row[1] for row in self._under(failures, folder))

    def _under(self, table: sa.Table, folder: str) -> Iterator[tuple[int, str]]:
        after = ""
        while True:
            with self.reading() as connection:
                page = reading.under(connection, table, folder, after)
            yield from page
            if not page:
                return
            after = page[-1][1]

    def failures(self) -> list[KnownFailure]:
        """Return all failures, in the order of their uris."""
        with self.reading() as connection:
            return list(reading.known_failures(connection, None).values())

    def count(self) -> int:
        """Return the number of images."""
        with self.reading() as connection:
            return connection.scalar(sa.select(sa.func.count()).select_from(images)) or 0

    def failure_count(self) -> int:
        """Return the number of failures."""
        with self.reading() as connection:
            return connection.scalar(sa.select(sa.func.count()).select_from(failures)) or 0

    def format_counts(self) -> dict[str, int]:
        """Return how many images there are of each format, the most frequent first."""
        with self.reading() as connection:
            return reading.count_formats(connection)

    def label_counts(self, limit: int = 20) -> list[tuple[int, int]]:
        """Return (class index, images whose first label it is), the most frequent first."""
        with self.reading() as connection:
            return reading.count_labels(connection, limit)

    # Vectors

    def vectors_after(
        self, generation_id: int, vector_id: int, *, limit: int
    ) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float16]]:
        """Return vector ids (n,), image ids (n,) and vectors (n, d) above one vector id.

        They come in the order of their ids, at most ``limit`` at a time.
        """
        generation = self._generation(generation_id)
        with self.reading() as connection:
            return vector_rows.vectors_after(connection, generation, vector_id, limit)

    def changes_after(
        self, generation_id: int, vector_id: int, sequence: int, *, limit: int
    ) -> Changes:
        """Return the deletions after ``sequence`` and vectors above ``vector_id``, as of now."""
        generation = self._generation(generation_id)
        with self.reading() as connection:
            return vector_rows.changes_after(connection, generation, vector_id, sequence, limit)

    def present_vectors(
        self, generation_id: int, vector_ids: NDArray[np.int64]
    ) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float16]]:
        """Return those vectors that still exist: ids in ascending order, image ids, vectors."""
        generation = self._generation(generation_id)
        with translated(self.path):
            return vector_rows.present(self._engine, generation, vector_ids)

    def check(self) -> list[str]:
        """Return what is wrong with the catalog, one sentence each; empty when it is whole.

        Reads the whole file.
        """
        with self.reading() as connection:
            return check(connection)
