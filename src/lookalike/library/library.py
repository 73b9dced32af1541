"""The library: the one object that a user holds."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import BinaryIO, Unpack, cast

from lookalike.ingest.options import AddOptions
from lookalike.query.sums.asked import Sum
from lookalike.results import (
    AddReport,
    Facet,
    Failure,
    Hits,
    ImageInfo,
    ImagePage,
    IndexStatus,
    Labels,
    Progress,
    ReembedReport,
    SearchKeywords,
    SearchOptions,
    Stats,
)
from lookalike.settings import Settings

from . import adding, export, listing, pictures, reembed, removing, searching
from .events import Events
from .examples import Given
from .export import ExportFormat
from .finding import Address, find, is_address
from .labels import LabelFacet
from .recommend import Recommend
from .session import Session

__all__ = ["Library"]


class Library:
    """Images, their vectors and their index, in one folder.

    Made by :func:`lookalike.open`. Several processes may search one library while one writes to
    it; a second writer waits. One object may be used from several threads. Every method that
    takes an image of the library takes its id, its path or its URL: an *address*. What is named
    and not there is a ``NotInLibraryError``; only ``in`` answers.
    """

    def __init__(self, folder: Path, *, settings: Settings, create: bool = True) -> None:
        self._session = Session(folder, settings=settings, create=create)
        self.events = Events(self._session)
        """What users did with the images: what recommendations for them are made from."""
        self.labels = LabelFacet(self._session)
        """Your own labels for what pictures show: ``library.labels.add("shoe", "a.jpg")``."""
        self.recommend = Recommend(self._session)
        """What recommends images: ``library.recommend(like=["a.jpg"])``."""

    @property
    def path(self) -> Path:
        """The library's folder."""
        return self._session.folder

    @property
    def settings(self) -> Settings:
        """The settings the library was opened with."""
        return self._session.settings

    @property
    def session(self) -> Session:
        """What the parts of the library share; no part of the API that stays."""
        return self._session

    def __len__(self) -> int:
        return self._session.catalog.count()

    def __bool__(self) -> bool:
        return True  # an empty library is a library

    def __contains__(self, address: object) -> bool:
        if not is_address(address):
            return False
        return bool(find(self._session.catalog, address).image_ids)  # type: ignore[arg-type]

    def __iter__(self) -> Iterator[ImageInfo]:
        return self.iterate()

    def __enter__(self) -> Library:
        _ = self._session.catalog  # a closed library has none
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<Library {str(self.path)!r}{', closed' if self._session.closed else ''}>"

    def close(self) -> None:
        """Let go of the files; everything acknowledged is already on disk."""
        self._session.close()

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
        options = AddOptions(
            include=tuple(include),
            exclude=tuple(exclude),
            image_column=image_column,
            page_url_column=page_url_column,
            prune=prune,
            refresh=refresh,
            retry_failed=retry_failed,
            parts=parts,
            workers=workers,
        )
        return adding.add(self._session, sources, options, wait=wait, progress=progress)

    def search(
        self,
        query: Given | None = None,
        *,
        positive: Sequence[Given | tuple[Given, float]] = (),
        negative: Sequence[Given | tuple[Given, float]] = (),
        options: SearchOptions | None = None,
        **given: Unpack[SearchKeywords],
    ) -> Hits:
        """Return the ``k`` images most similar to a picture, or what words describe, best first.

        The query is the id of an image, a path, a URL, the bytes of a picture file or a file that
        is open for reading, a PIL image or an array (uint8, or float in [0, 1]; height × width,
        with 3 or 4 channels or none). A string that names no
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
        ``diversity`` from 0 to 1 trades likeness for variety. All of these may come together as
        ``options``; what is named beside them counts.

        Raises:
            SourceError, ImageError: the query cannot be read, or is no picture.
            UsageError: a number is out of range, or the sum, filter or field makes no sense.
        """
        wanted = searching.options_of(options, given)
        asked = searching.asked_for(query, positive, negative, wanted)
        return searching.search_batch(self._session, [asked], wanted)[0]

    def search_batch(
        self,
        queries: Sequence[Given | Sum],
        *,
        options: SearchOptions | None = None,
        **given: Unpack[SearchKeywords],
    ) -> list[Hits]:
        """Return what ``search`` returns, for several queries at once; it has the same options."""
        wanted = searching.options_of(options, given)
        return searching.search_batch(self._session, queries, wanted)

    def recognize(self, image: Given, *, k: int = 5) -> Labels:
        """Return the ``k`` most probable names for what is in a picture, ImageNet's and yours."""
        return self.labels.recognize(image, k=k)

    def get(self, address: Address) -> ImageInfo:
        """Return what is known of one image.

        Raises:
            NotInLibraryError: the library holds no such image.
            UsageError: the address is a folder of several.
        """
        return listing.get(self._session, address)

    def read(self, address: Address) -> bytes:
        """Return the bytes of an image's file, or of what its URL gives.

        Raises:
            NotInLibraryError: the library holds no such image.
            SourceNotFoundError, SourceError: the file is gone, or cannot be read.
            FetchError: the URL cannot be fetched.
        """
        return pictures.read_image(self._session, address)

    def thumbnail(self, address: Address, *, side: int = 256) -> bytes:
        """Return a small JPEG of an image, upright, at most ``side`` pixels wide and high.

        Raises:
            UsageError: ``side`` is no whole number from 1 to 4096.
            NotInLibraryError, SourceError, ImageError: as ``read``, or the picture is damaged.
        """
        return pictures.thumbnail(self._session, address, side=side)

    def images(
        self,
        *,
        where: str | None = None,
        sort: str | None = None,
        limit: int = 100,
        after: str | None = None,
    ) -> ImagePage:
        """Return a page of images, in the order in which they were added or of a field.

        ``where`` and ``sort`` are as in ``search``. ``after`` is the ``next`` of the page before,
        which is None at the end; it holds for the same ``where`` and ``sort`` alone. Images that
        come or go between two pages make none appear twice.

        Raises:
            UsageError: a filter or field that makes no sense, ``limit`` below 1, or ``after``
                is of another listing.
        """
        return listing.page(self._session, where, sort, limit=limit, after=after)

    def iterate(self, *, where: str | None = None, sort: str | None = None) -> Iterator[ImageInfo]:
        """Return all images one by one; ``where`` and ``sort`` are as in ``images``."""
        return listing.iterate(self._session, where, sort)

    def count(self, where: str | None = None) -> int:
        """Return how many images there are, or how many pass a filter.

        Raises:
            UsageError: it is no filter, or names a field that the library does not have.
        """
        return len(self) if where is None else len(self._session.now().filters.allowed(where))

    def facets(
        self, fields: str | Sequence[str], *, where: str | None = None, k: int = 20
    ) -> dict[str, Facet]:
        """Return what values fields have, with the number of images of each.

        Numbers and dates also have their least and greatest; of texts and labels the ``k`` most
        frequent are given. ``where`` counts only the images that pass a filter.

        Raises:
            UsageError: no such field, ``k`` below 1, or a filter that makes no sense.
        """
        return listing.facets(self._session, fields, where, k=k)

    def remove(
        self,
        *addresses: Address,
        where: str | None = None,
        dry_run: bool = False,
        wait: bool = True,
        progress: Callable[[Progress], None] | None = None,
    ) -> int:
        """Forget images, named by id, path, URL or folder, or by a filter; return how many.

        With both addresses and ``where``, those of the addresses that pass the filter. What could
        not be read under an address is forgotten too. ``dry_run`` only counts. The picture files
        are not touched.

        Raises:
            NotInLibraryError: an address names nothing in the library; nothing is removed.
            UsageError: there is neither an address nor a filter.
            LibraryBusyError: another process is writing and ``wait`` is false.
        """
        chosen = removing.Chosen(addresses, where)
        if dry_run:
            return removing.count(self._session, chosen)
        return removing.remove(self._session, chosen, wait=wait, progress=progress)

    def stats(self, *, labels: int = 20) -> Stats:
        """Return what the library holds, with the ``labels`` most frequent names.

        Raises:
            UsageError: ``labels`` is below 0.
        """
        return listing.stats(self._session, labels=labels)

    def failures(self) -> tuple[Failure, ...]:
        """Return the pictures that could not be indexed, each with its reason."""
        rows = self._session.catalog.failures()
        return tuple(Failure(row.uri, row.kind, row.reason, row.time) for row in rows)

    def export(
        self,
        destination: str | os.PathLike[str] | BinaryIO,
        *,
        format: ExportFormat | None = None,
        where: str | None = None,
        force: bool = False,
        progress: Callable[[Progress], None] | None = None,
    ) -> int:
        """Write what is known of the images to a file; return how many it holds.

        ``format`` is by default what the name ends in: ``parquet`` holds vectors and metadata;
        ``npy`` vectors, with the metadata as JSON lines beside it, in the order of the rows;
        ``jsonl`` and ``csv`` the metadata alone. ``where`` is a filter as in ``search``. The
        destination may be a file that is open for writing bytes, if not for ``npy``.

        Raises:
            UsageError: neither the name nor ``format`` says a known format, the file is there and
                ``force`` is false, or the filter makes no sense.
            LibraryStorageError: the disk is full, or the folder may not be written.
        """
        named = isinstance(destination, str | os.PathLike)
        target = Path(destination) if named else destination  # type: ignore[arg-type]
        return export.export_library(
            self._session,
            cast("Path | BinaryIO", target),
            format,
            where=where,
            force=force,
            progress=progress,
        )

    def rebuild_index(
        self, *, progress: Callable[[Progress], None] | None = None, wait: bool = True
    ) -> IndexStatus:
        """Build the index anew from the catalog and return what it then is."""
        with self._session.writing(wait=wait, progress=progress):
            return self._session.now().index.rebuild(progress)

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
        job = reembed.Job(model, workers=workers, drop_missing=drop_missing, keep_old=keep_old)
        return reembed.run(self._session, job, wait=wait, progress=progress)

    def index_status(self) -> IndexStatus:
        """Return the state of the index: its kind, its size, and what is not in it yet."""
        return self._session.now().index.status()

    def check(self) -> tuple[str, ...]:
        """Return what is wrong with the library, one sentence each; empty when it is whole."""
        return (*self._session.catalog.check(), *self._session.now().index.check())
