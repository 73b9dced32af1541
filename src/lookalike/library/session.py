"""What the parts of an open library share: its catalog, its lock, and what it searches with."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import TypeVar

from lookalike.catalog import Catalog, Connection, Generation
from lookalike.catalog.following import Following
from lookalike.encoders import DEFAULT_MODEL, model_card
from lookalike.errors import (
    LibraryClosedError,
    LibraryNotFoundError,
    LibraryStorageError,
    ModelFileError,
)
from lookalike.filters import Filters
from lookalike.index import LibraryIndex
from lookalike.query import Searcher
from lookalike.recognition.fitting import NameModel
from lookalike.recognition.learned import LearnedNames
from lookalike.recognition.taught import TaughtNames
from lookalike.results import Progress
from lookalike.settings import Settings

from .lock import writer_lock

__all__ = ["Session", "View"]

_SPACE = "semantic"

_Answer = TypeVar("_Answer")


class View:
    """A generation, its index, and what searches with both, made when it is first asked for."""

    def __init__(
        self, catalog: Catalog, folder: Path, generation: Generation, settings: Settings
    ) -> None:
        self.generation = generation
        self.index = LibraryIndex(catalog, folder, generation)
        self._catalog, self._settings = catalog, settings
        self._lock = threading.Lock()
        self._searcher: Searcher | None = None
        self._filters: Filters | None = None
        self._learned: LearnedNames | None = None

    def labels(self) -> NameModel | None:
        """Return what recognises the user's labels as they are now, or None without an example."""
        with self._lock:
            if self._learned is None:
                self._learned = LearnedNames(
                    self._catalog, self.generation, lambda: self.searcher.encoder
                )
        return self._learned()

    @property
    def label_names(self) -> tuple[str, ...]:
        """The names of the network's classes, in their order."""
        return model_card(self.generation.model).label_names

    @property
    def filters(self) -> Filters:
        """What turns the texts of filters into images."""
        with self._lock:
            return self._filters_made()

    def _filters_made(self) -> Filters:
        if self._filters is None:
            own = TaughtNames(self._catalog, self.generation, self.labels)
            self._filters = Filters(self._catalog, lambda: self.label_names, own)
        return self._filters

    @property
    def searcher(self) -> Searcher:
        """What turns pictures into hits."""
        with self._lock:
            if self._searcher is None:
                self.check_build()
                self._searcher = Searcher(
                    self._catalog,
                    self.index,
                    self._filters_made(),
                    model=self.generation.model,
                    settings=self._settings,
                )
            return self._searcher

    def check_build(self) -> None:
        """Check that the installed model is the very one that made the vectors.

        Raises:
            ModelNotFoundError: no model of that name is installed.
            ModelFileError: another build of it is; its vectors are of another space.
        """
        if model_card(self.generation.model).sha256 != self.generation.sha256:
            raise ModelFileError(
                "The library was made with another build of the model "
                f"{self.generation.model} than the one installed, and their vectors cannot be "
                "compared. Index the pictures into a new library, change to another model with "
                "lookalike reembed, or install the version of Lookalike that made this one."
            )


class Session:
    """An open library: its folder, settings and catalog, its writer lock and the view in use."""

    def __init__(self, folder: Path, *, settings: Settings, create: bool = True) -> None:
        self.folder = folder
        """The library's folder."""
        self.settings = settings
        """The settings the library was opened with."""
        self._catalog, generation = _open_catalog(folder, settings=settings, create=create)
        self._closed = False
        try:
            self._first = View(self._catalog, folder, generation, settings)
            self._view = Following(self._catalog, self._active)
        except BaseException:
            self._catalog.close()
            raise

    @property
    def catalog(self) -> Catalog:
        """The truth about the library.

        Raises:
            LibraryClosedError: the library was closed.
        """
        if self._closed:
            raise LibraryClosedError(
                f"The library {self.folder} is closed. Open it again with lookalike.open()."
            )
        return self._catalog

    @property
    def closed(self) -> bool:
        """Whether the library was closed."""
        return self._closed

    def close(self) -> None:
        """Let go of the files; everything acknowledged is already on disk."""
        self._closed = True
        self._catalog.close()

    def now(self) -> View:
        """Return the view of the generation that is active now, whichever process made it so."""
        _ = self.catalog  # a closed library has none
        return self._view()

    def answer(self, ask: Callable[[View], _Answer]) -> _Answer:
        """Return what a view answers; asked again where another one took over meanwhile."""
        while True:
            view = self.now()
            answer = ask(view)
            if self.now() is view:
                return answer

    def writing(
        self, *, wait: bool = True, progress: Callable[[Progress], None] | None = None
    ) -> AbstractContextManager[None]:
        """Return what holds the library's writer lock while its block runs.

        Raises:
            LibraryBusyError: another process is writing and ``wait`` is false.
        """
        _ = self.catalog
        return writer_lock(self.folder, wait=wait, progress=progress)

    @contextmanager
    def changing(
        self, *, wait: bool = True, progress: Callable[[Progress], None] | None = None
    ) -> Iterator[Connection]:
        """Hold the writer lock and give a connection whose changes are kept together.

        Raises:
            LibraryBusyError: another process is writing and ``wait`` is false.
        """
        with self.writing(wait=wait, progress=progress), self.catalog.writing() as connection:
            yield connection

    def _active(self, before: View | None) -> View:
        view = before or self._first
        generation = self._catalog.active_generation(_SPACE)
        if generation is None or generation == view.generation:
            return view
        return View(self._catalog, self.folder, generation, self.settings)


def _open_catalog(folder: Path, *, settings: Settings, create: bool) -> tuple[Catalog, Generation]:
    """Return the catalog in a folder and its active generation.

    A library that another process is just making is waited for; one whose making was cut short
    is made to its end.

    Raises:
        LibraryError: one of its children, as ``Catalog.open`` says.
    """
    try:
        catalog = Catalog.open(folder)
    except LibraryNotFoundError:
        if not create:
            raise
    except LibraryStorageError:
        catalog = Catalog.open(folder, readonly=True)  # a disk that may only be read
        generation = catalog.active_generation(_SPACE)
        if generation is None:
            catalog.close()
            raise
        return catalog, generation
    else:
        generation = catalog.active_generation(_SPACE)
        if generation is not None:
            return catalog, generation
        catalog.close()
    card = model_card(settings.model or DEFAULT_MODEL)
    folder.mkdir(parents=True, exist_ok=True)
    with writer_lock(folder, wait=True):
        catalog = Catalog.open(folder, create=True)
        generation = catalog.active_generation(_SPACE) or catalog.generation(
            card.name, space=card.space, dimensions=card.dimensions, sha256=card.sha256
        )
        return catalog, generation
