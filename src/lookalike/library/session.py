"""What a library is searched with: its active generation, and how a new one takes its place."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import TYPE_CHECKING

from lookalike.catalog import Catalog, Generation
from lookalike.errors import LibraryNotFoundError, LibraryStorageError, ModelFileError
from lookalike.index import LibraryIndex
from lookalike.settings import Settings

if TYPE_CHECKING:
    from lookalike.filters import Filters
    from lookalike.query import Searcher
    from lookalike.recognition.fitting import NameModel
    from lookalike.recognition.learned import LearnedNames

__all__ = ["InUse", "Parts", "check_build", "open_catalog"]

_SPACE = "semantic"


def check_build(generation: Generation) -> None:
    """Check that the installed model is the very one that made a generation's vectors.

    Raises:
        ModelNotFoundError: no model of that name is installed.
        ModelFileError: another build of it is; its vectors are of another space.
    """
    from lookalike.encoders import model_card

    if model_card(generation.model).sha256 != generation.sha256:
        raise ModelFileError(
            f"The library was made with another build of the model {generation.model} than the one "
            "installed, and their vectors cannot be compared. Index the pictures into a new "
            "library, change to another model with lookalike reembed, or install the version of "
            "Lookalike that made this one."
        )


class Parts:
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

    def names(self) -> NameModel | None:
        """Return what recognises the user's names as they are now, or None without an example."""
        with self._lock:
            if self._learned is None:
                from lookalike.recognition.learned import LearnedNames

                self._learned = LearnedNames(self._catalog)
        return self._learned.model(self.generation, lambda: self.searcher.encoder)

    @property
    def filters(self) -> Filters:
        """What turns the texts of filters into images."""
        with self._lock:
            return self._filters_made()

    def _filters_made(self) -> Filters:
        if self._filters is None:
            from lookalike.encoders import model_card
            from lookalike.filters import Filters
            from lookalike.recognition.taught import TaughtNames

            card = model_card(self.generation.model)
            own = TaughtNames(self._catalog, self.generation, self.names)
            self._filters = Filters(self._catalog, lambda: card.label_names, own)
        return self._filters

    @property
    def searcher(self) -> Searcher:
        """What turns pictures into hits."""
        with self._lock:
            if self._searcher is None:
                from lookalike.query import Searcher

                check_build(self.generation)
                self._searcher = Searcher(
                    self._catalog,
                    self.index,
                    self._filters_made(),
                    model=self.generation.model,
                    settings=self._settings,
                )
            return self._searcher


class InUse:
    """Follows the switch from one generation to another, whichever process makes it."""

    def __init__(
        self, catalog: Catalog, folder: Path, generation: Generation, *, settings: Settings
    ) -> None:
        self._catalog, self._folder, self._settings = catalog, folder, settings
        self._lock = threading.Lock()
        self._version = -1
        self._parts = self._made(generation)

    def now(self) -> Parts:
        """Return the parts of the generation that is active now."""
        with self._lock:
            version = self._catalog.data_version()
            if version != self._version:
                generation = self._catalog.active_generation(_SPACE)
                if generation is not None and generation != self._parts.generation:
                    self._parts = self._made(generation)
                self._version = version
            return self._parts

    def _made(self, generation: Generation) -> Parts:
        return Parts(self._catalog, self._folder, generation, self._settings)


def open_catalog(folder: Path, *, settings: Settings, create: bool) -> tuple[Catalog, Generation]:
    """Return the catalog in a folder and its active generation.

    A library that another process is just making is waited for; one whose making was cut short
    is made to its end.

    Raises:
        LibraryError: one of its children, as ``Catalog.open`` says.
    """
    from lookalike.catalog import Catalog

    from .lock import writer_lock

    try:
        catalog = Catalog.open(folder)
    except LibraryNotFoundError:
        if not create:
            raise
    except LibraryStorageError:
        catalog = Catalog.open(folder, readonly=True)  # a disk that may only be read
        generation = catalog.active_generation("semantic")
        if generation is None:
            catalog.close()
            raise
        return catalog, generation
    else:
        generation = catalog.active_generation("semantic")
        if generation is not None:
            return catalog, generation
        catalog.close()
    from lookalike.encoders import DEFAULT_MODEL, model_card

    card = model_card(settings.model or DEFAULT_MODEL)
    folder.mkdir(parents=True, exist_ok=True)
    with writer_lock(folder, wait=True):
        catalog = Catalog.open(folder, create=True)
        generation = catalog.active_generation("semantic") or catalog.generation(
            card.name, space=card.space, dimensions=card.dimensions, sha256=card.sha256
        )
        return catalog, generation
