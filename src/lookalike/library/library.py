"""The library: the one object that a user holds."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING, Unpack

from lookalike.errors import UsageError
from lookalike.results import (
    AddReport,
    Failure,
    Hits,
    ImageInfo,
    Labels,
    Progress,
    SearchOptions,
    Stats,
)
from lookalike.settings import Settings

if TYPE_CHECKING:
    from lookalike.catalog import Catalog, Generation
    from lookalike.images.region import Region
    from lookalike.index import IndexStatus, LibraryIndex
    from lookalike.query import Query, QueryImage
    from lookalike.query.sums.asked import Weighted
    from lookalike.results import ReembedReport, SearchKeywords

__all__ = ["Library"]


class Library:
    """Images, their vectors and their index, in one folder.

    Made by :func:`lookalike.open`. Several processes may search one library while one writes to
    it; a second writer waits. One object may be used from several threads.
    """

    def __init__(self, folder: Path, *, settings: Settings, create: bool = True) -> None:
        from .events import Events
        from .labels import Names
        from .recommend import Recommend
        from .session import InUse, open_catalog

        self._path = folder
        self._settings = settings
        self._catalog: Catalog
        self._catalog, generation = open_catalog(folder, settings=settings, create=create)
        try:
            self._in_use = InUse(self._catalog, folder, generation, settings=settings)
        except BaseException:
            self._catalog.close()
            raise
        self.events = Events(self._catalog, self._writing)
        """What users did with the images: what recommendations for them are made from."""
        self.names = Names(self._catalog, self._in_use.now, self._writing, settings)
        """Your own names for what pictures show: ``library.names.add("shoe", "a.jpg")``."""
        self.recommend = Recommend(self._catalog, self._in_use.now, folder, settings)
        """What recommends images: ``library.recommend(like=["a.jpg"])``."""

    @property
    def path(self) -> Path:
        """The library's folder."""
        return self._path

    @property
    def settings(self) -> Settings:
        """The settings the library was opened with."""
        return self._settings

    def __len__(self) -> int:
        return self._catalog.count()

    def __bool__(self) -> bool:
        return True  # an empty library is a library

    def __contains__(self, uri: object) -> bool:
        from .finding import find_targets

        if not isinstance(uri, str | os.PathLike):
            return False
        return bool(find_targets(self._catalog, os.fspath(uri)).image_ids)

    def __enter__(self) -> Library:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<Library {str(self._path)!r}>"

    def close(self) -> None:
        """Let go of the files; everything acknowledged is already on disk."""
        self._catalog.close()

    def add(
        self,
        *sources: str | os.PathLike[str],
        include: Sequence[str] = (),
        exclude: Sequence[str] = (),
        image_column: str | None = None,
        page_url_column: str | None = None,
        prune: bool = False,
        refresh: bool = False,
        retry_failed: bool = False,
        parts: bool | None = None,
        workers: int | None = None,
        wait: bool = True,
        progress: Callable[[Progress], None] | None = None,
    ) -> AddReport:
        """Bring the library up to date with folders, files, image URLs and tables.

        What has not changed since the last time is left alone. A picture that cannot be read is
        noted in the report and never stops the run. Ctrl-C (``KeyboardInterrupt``) keeps what was
        done; the next call goes on from there.

        ``include`` and ``exclude`` are globs, matched against names and paths below a named
        folder. ``image_column`` and ``page_url_column`` name the columns of tables; the
        first is guessed from usual names. ``prune`` forgets files gone from the folders
        named, ``refresh`` reads everything again, ``retry_failed`` tries again what failed
        before. ``parts`` gives vectors to nine parts of each picture too, for searches with
        parts; None does so if the library has some. ``workers`` is the number of processes, by
        default one for each core. ``wait`` says whether to wait for another writer.

        Raises:
            SourceNotFoundError: a path does not exist; nothing has been changed.
            EmptySourceError: there is no picture in any of the sources.
            TableError: a table cannot be read or names no pictures.
            LibraryBusyError: another process is writing and ``wait`` is false.
        """
        from lookalike.errors import EmptySourceError
        from lookalike.ingest.options import AddOptions
        from lookalike.ingest.pipeline import Pipeline

        from .session import check_build

        if not sources:
            raise UsageError("Name at least one folder, file, URL or table to add.")
        if workers is not None and workers < 1:
            raise UsageError(f"workers is {workers}; expected 1 or more.")
        names = [os.fspath(source) for source in sources]
        options = AddOptions(
            include=tuple(include),
            exclude=tuple(exclude),
            image_column=image_column,
            page_url_column=page_url_column,
            prune=prune,
            refresh=refresh,
            retry_failed=retry_failed,
            parts=parts,
            workers=workers or 0,
        )
        with self._writing(wait=wait, progress=progress):
            check_build(self._generation)
            pipeline = Pipeline(
                self._catalog,
                self._generation,
                options=options,
                settings=self._settings,
                progress=progress,
            )
            report = pipeline.run(names)
            if report.seen == 0 and not report.removed:
                raise EmptySourceError(f"There are no pictures in {', '.join(names)}.")
            if self._index.needs_rebuild():
                self._index.rebuild(progress, grow=True)
        return report

    def search(
        self,
        query: QueryImage | None = None,
        *,
        positive: Sequence[Weighted] = (),
        negative: Sequence[Weighted] = (),
        k: int = 10,
        min_score: float | None = None,
        min_probability: float | None = None,
        where: str | None = None,
        sort: str = "score",
        offset: int = 0,
        among: int = 1000,
        text: bool | None = None,
        fold: bool = False,
        diversity: float = 0.0,
        region: Region | Sequence[float] | None = None,
        parts: bool = False,
    ) -> Hits:
        """Return the ``k`` images most similar to a picture, or what words describe, best first.

        The query is a path, a URL, the bytes of a picture file, a PIL image or an array (uint8,
        or float in [0, 1]; height × width, with 3 or 4 channels or none). A string that names no
        file, and does not look as if it should, is words, ``"a red car"``, or a sum,
        ``"beach.jpg + 0.5*sunset.jpg - 'people'"``; ``text`` True says that it is words, False
        that it is a path or a URL. ``positive`` and ``negative``, in place of the query, are what
        to add and subtract: queries, or pairs of a query and its weight. ``region`` is the part
        of the upright picture to search with: x, y, width, height, in pixels or as fractions.
        With ``parts`` it is compared with parts of the images, too: see ``hit.part``.

        ``min_score`` is a cosine in [-1, 1], ``min_probability`` lies in [0, 1]. ``where`` is a
        filter such as ``price < 50 and category = 'shoe'``: only images that pass it are looked
        at. With ``sort`` a field, such as ``price`` or ``-added``, the ``among`` most alike are
        put in its order. ``offset`` leaves out the first so many. ``fold`` shows each picture
        once; copies in other sizes, formats or slightly edited are the ``repeats`` of its hit.
        ``diversity`` from 0 to 1 trades likeness for variety.

        Raises:
            SourceError, ImageError: the query cannot be read, or is no picture.
            UsageError: a number is out of range, or the sum, filter or field makes no sense.
        """
        from lookalike.query.sums.asked import asked_for

        return self.search_batch(
            [asked_for(query, positive, negative, text=text)],
            k=k,
            min_score=min_score,
            min_probability=min_probability,
            where=where,
            sort=sort,
            offset=offset,
            among=among,
            text=text,
            fold=fold,
            diversity=diversity,
            region=region,
            parts=parts,
        )[0]

    def search_batch(self, queries: Sequence[Query], **given: Unpack[SearchKeywords]) -> list[Hits]:
        """Return what ``search`` returns, for several queries at once; it has the same options."""
        from lookalike.query import held

        asked = [held(query, self._settings) for query in queries]
        options = SearchOptions().changed(**given)
        while True:
            parts = self._in_use.now()
            found = parts.searcher.search_batch(asked, options)
            if self._in_use.now() is parts:  # else another model took over: ask it
                return found

    def recognize(self, image: QueryImage, *, k: int = 5) -> Labels:
        """Return the ``k`` most probable names for what is in a picture, ImageNet's and yours."""
        return self.names.recognize(image, k=k)

    def remove(self, *targets: str | os.PathLike[str], wait: bool = True) -> int:
        """Forget images, named by path, URL or folder; return how many.

        What could not be read there is forgotten too. The picture files are not touched.

        Raises:
            NotInLibraryError: a target names nothing in the library; nothing is removed.
            LibraryBusyError: another process is writing and ``wait`` is false.
        """
        if not targets:
            raise UsageError("Name at least one image or folder to remove.")
        from .finding import find_all_targets

        with self._writing(wait=wait, progress=None):
            found = find_all_targets(self._catalog, targets)
            gone, failed = found.image_ids, found.failed_uris
            self._catalog.apply(self._generation.id, remove=gone, forget=failed)
            if self._index.needs_rebuild():
                self._index.rebuild(grow=True)
        return len(gone)

    def matches(self, *targets: str | os.PathLike[str]) -> int:
        """Return how many images ``remove`` would forget."""
        from .finding import find_targets

        found = [find_targets(self._catalog, os.fspath(target)).image_ids for target in targets]
        return len(set().union(*found))

    def stats(self, *, labels: int = 20) -> Stats:
        """Return what the library holds, with the ``labels`` most frequent names."""
        from .listing import library_stats

        return library_stats(
            self._path,
            self._catalog,
            self._generation,
            self._index.status(),
            self._label_names(),
            labels=labels,
        )

    def images(self, *, where: str | None = None, sort: str | None = None) -> Iterator[ImageInfo]:
        """Return the images of the library one by one, in the order in which they were added.

        ``where`` and ``sort`` are as in ``search``.
        """
        from .listing import list_images

        wanted = where is not None or sort is not None
        ids = self._in_use.now().filters.listed(where, sort) if wanted else None
        return list_images(self._catalog, self._label_names(), ids)

    def failures(self) -> tuple[Failure, ...]:
        """Return the pictures that could not be indexed, each with its reason."""
        rows = self._catalog.failures()
        return tuple(Failure(row.uri, row.kind, row.reason, row.time) for row in rows)

    def export(
        self,
        destination: str | os.PathLike[str],
        *,
        format: str | None = None,
        where: str | None = None,
        progress: Callable[[Progress], None] | None = None,
    ) -> int:
        """Write vectors and metadata to a file; return how many images it holds.

        ``where`` is a filter as in ``search``, without which all images are written.
        ``format`` is ``parquet`` or ``npy``, by default what the name ends in. With ``npy``
        the metadata goes to JSON lines beside it, in the order of the rows.

        Raises:
            UsageError: neither the name nor ``format`` says a known format.
        """
        from .export import export, guess_format
        from .listing import list_with_vectors

        path = Path(destination).expanduser()
        kind = guess_format(path, format)
        if not path.parent.is_dir():
            raise UsageError(f"There is no folder {path.parent} to write {path.name} to.")
        allowed = None if where is None else self._in_use.now().filters.allowed(where)
        rows = list_with_vectors(
            self._catalog,
            self._generation.id,
            self._label_names(),
            allowed=allowed,
            progress=progress,
        )
        count = len(self if allowed is None else allowed)
        return export(rows, path, kind, dimensions=self._generation.dimensions, count=count)

    def rebuild_index(
        self, *, progress: Callable[[Progress], None] | None = None, wait: bool = True
    ) -> IndexStatus:
        """Build the index anew from the catalog and return what it then is."""
        with self._writing(wait=wait, progress=progress):
            return self._index.rebuild(progress)

    def reembed(
        self,
        model: str,
        *,
        workers: int | None = None,
        drop_missing: bool = False,
        keep_old: bool = False,
        wait: bool = True,
        progress: Callable[[Progress], None] | None = None,
    ) -> ReembedReport:
        """Give every image a vector of another model, then search with that one.

        Files and URLs are read again. Until the switch, which is one transaction, the library
        answers with the vectors it has, and pictures may be added. A run that was ended goes on
        where it was when it is called again.

        An image that cannot be read any more keeps the switch from happening, unless
        ``drop_missing`` removes it from the library. ``keep_old`` keeps the vectors of the model
        before, so that going back is quick. Vectors of parts go, and so do names of what is in the
        pictures unless both models know the same.

        Raises:
            ModelNotFoundError: there is no such model.
            UsageError: the model is a folder that was not added, or of another kind.
            LibraryBusyError: another process re-embeds it or, with ``wait`` false, writes to it.
        """
        from .reembed import reembed

        return reembed(
            self._catalog,
            self._path,
            model,
            settings=self._settings,
            writing=lambda: self._writing(wait=wait, progress=progress),
            workers=workers,
            drop_missing=drop_missing,
            keep_old=keep_old,
            progress=progress,
        )

    def index_status(self) -> IndexStatus:
        """Return the state of the index: its kind, its size, and what is not in it yet."""
        return self._index.status()

    def check(self) -> list[str]:
        """Return what is wrong with the library, one sentence each; empty when it is whole."""
        return [*self._catalog.check(), *self._index.check()]

    @property
    def _generation(self) -> Generation:
        return self._in_use.now().generation

    @property
    def _index(self) -> LibraryIndex:
        return self._in_use.now().index

    def _writing(
        self, *, wait: bool, progress: Callable[[Progress], None] | None
    ) -> AbstractContextManager[None]:
        from .lock import writer_lock

        return writer_lock(self._path, wait=wait, progress=progress)

    def _label_names(self) -> Sequence[str]:
        from lookalike.encoders import model_card

        return model_card(self._generation.model).label_names
