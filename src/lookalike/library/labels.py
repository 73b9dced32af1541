"""The user's own labels for what pictures show, as ``library.labels``."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator, Sequence

from lookalike.catalog import examples as stored
from lookalike.catalog.examples import Example
from lookalike.errors import EmptySourceError, NotInLibraryError, UsageError
from lookalike.recognition import recognize_with
from lookalike.recognition.checking import check_names
from lookalike.recognition.fitting import NameModel
from lookalike.results import Failure, LabelInfo, Labels, LabelsCheck, LearnReport, Progress

from .examples import Gathered, Given, gather, matching, of_column, of_folder
from .pictures import as_query
from .session import Session

__all__ = ["LabelFacet"]

_LONGEST = 200
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")


class LabelFacet:
    """The labels of a library: teach some, look at them, take them back, ask with a picture."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def __repr__(self) -> str:
        names = "of a closed library" if self._session.closed else ", ".join(self)
        return f"<Labels {names}>"

    def __len__(self) -> int:
        return len(self.list())

    def __bool__(self) -> bool:
        return True

    def __iter__(self) -> Iterator[str]:
        return iter([info.name for info in self.list()])

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and bool(self._examples(name))

    def __getitem__(self, name: str) -> tuple[Example, ...]:
        found = self._examples(name)
        if not found:
            raise NotInLibraryError(self._unknown(name))
        return tuple(found)

    def list(self) -> tuple[LabelInfo, ...]:
        """Return every name in alphabetical order, with the number of its examples."""
        counts: dict[str, tuple[int, int]] = {}
        for example in self._examples(None):
            images, outside = counts.get(example.name, (0, 0))
            inside = example.image_id is not None
            counts[example.name] = (images + inside, outside + (not inside))
        return tuple(LabelInfo(name, *counts[name]) for name in sorted(counts))

    def image_ids(self, name: str) -> tuple[int, ...]:
        """Return the ids of the images of the library that are examples of a label, ascending.

        Raises:
            NotInLibraryError: the library has no such label.
        """
        with self._session.catalog.reading() as connection:
            found = tuple(stored.image_ids_of_name(connection, name))
        if not found and name not in self:
            raise NotInLibraryError(self._unknown(name))
        return found

    def add(
        self,
        name: str,
        *images: Given,
        wait: bool = True,
        progress: Callable[[Progress], None] | None = None,
    ) -> int:
        """Make pictures examples of a name; return how many were not yet.

        An image of the library is named by its path or URL; any other picture is read, and a
        small copy of it kept. A picture may be an example of several names; recognition then has
        to choose one of them.

        Raises:
            UsageError: the name is empty, too long, reserved or holds control characters, or
                there is no picture.
            SourceError, ImageError: a picture cannot be read; nothing is changed.
            LibraryBusyError: another process is writing and ``wait`` is false.
        """
        name = checked_name(name)
        if not images:
            raise UsageError(f"Name at least one picture that shows {name!r}.")
        view = self._session.now()
        found = gather(self._session, images, progress=progress)
        with (
            self._session.writing(wait=wait, progress=None),
            self._session.catalog.writing() as connection,
        ):
            pictures = found.store(connection, view.generation)
            return stored.add_examples(
                connection, name, image_ids=found.image_ids, pictures=pictures
            )

    def learn(
        self,
        folder: str | os.PathLike[str] | None = None,
        *,
        column: str | None = None,
        wait: bool = True,
        progress: Callable[[Progress], None] | None = None,
    ) -> LearnReport:
        """Learn names from a folder that holds one folder for each, or from a metadata column.

        Done again for the same folder or column, it brings the examples up to date; those that
        were added by hand stay. A picture that cannot be read is left out and reported.

        Raises:
            UsageError: neither or both of folder and column, or a folder or value that can be
                no name; nothing is changed.
            SourceNotFoundError: there is no such folder.
            EmptySourceError: there is no picture below it, or no image with such a value.
            LibraryBusyError: another process is writing and ``wait`` is false.
        """
        if (folder is None) == (column is None):
            raise UsageError("Learn from a folder or from a column; expected one of the two.")
        failures: list[Failure] = []
        skipped = 0
        view = self._session.now()
        if column is not None:
            origin = f"column {column}"
            by_name, skipped = of_column(self._session.catalog, column)
            found = {checked_name(name): Gathered(image_ids=ids) for name, ids in by_name.items()}
        else:
            assert folder is not None  # for the type checker: checked above
            origin, files = of_folder(folder)
            found = {}
            for done, (name, paths) in enumerate(files.items()):
                if progress is not None:
                    progress(Progress(done, len(files), len(failures), stage="labels"))
                found[checked_name(name)] = gather(self._session, paths, failures=failures)
            if not any(found.values()):
                raise EmptySourceError(f"None of the pictures in {folder} can be read.")
        with (
            self._session.writing(wait=wait, progress=progress),
            self._session.catalog.writing() as connection,
        ):
            before = _keys(stored.examples(connection), origin)
            stored.remove_origin(connection, origin)
            for name, some in found.items():
                pictures = some.store(connection, view.generation)
                stored.add_examples(
                    connection, name, image_ids=some.image_ids, pictures=pictures, origin=origin
                )
            stored.clear_leftovers(connection)
            after = _keys(stored.examples(connection), origin)
        return LearnReport(
            names=sum(map(bool, found.values())),
            added=len(after - before),
            removed=len(before - after),
            skipped=skipped,
            failures=tuple(failures),
        )

    def remove(self, name: str, *images: Given, wait: bool = True) -> int:
        """Take pictures from a name, or the name with all its examples; return how many.

        Raises:
            NotInLibraryError: there is no such name, or a picture is no example of it; nothing
                is changed.
            LibraryBusyError: another process is writing and ``wait`` is false.
        """
        with self._session.writing(wait=wait, progress=None):
            own = self._examples(name)
            if not own:
                raise NotInLibraryError(self._unknown(name))
            if not images:
                with self._session.catalog.writing() as connection:
                    return stored.remove_examples(connection, name)
            chosen = []
            for image in images:
                some = matching(self._session, own, image)
                if not some:
                    text = image if isinstance(image, (str, os.PathLike)) else "The picture"
                    raise NotInLibraryError(f"{text} is no example of {name!r}.")
                chosen += some
            with self._session.catalog.writing() as connection:
                return stored.remove_examples(
                    connection,
                    name,
                    image_ids=[one.image_id for one in chosen if one.image_id is not None],
                    pictures=[one.picture_id for one in chosen if one.picture_id is not None],
                )

    def check(self) -> LabelsCheck:
        """Return how well the names are told apart, on examples left out in turn.

        Raises:
            NotInLibraryError: no name was taught.
        """
        model = self._model()
        if model is None:
            raise NotInLibraryError(_NONE)
        return check_names(model, self._examples(None))

    def recognize(self, image: Given, *, k: int = 5) -> Labels:
        """Return what :meth:`lookalike.Library.recognize` does."""
        name = as_query(self._session, image)
        return self._session.answer(
            lambda view: recognize_with(
                name,
                encoder=view.searcher.encoder,
                settings=self._session.settings,
                k=k,
                names=view.labels(),
            )
        )

    def _model(self) -> NameModel | None:
        return self._session.now().labels()

    def _examples(self, name: str | None) -> Sequence[Example]:
        with self._session.catalog.reading() as connection:
            return stored.examples(connection, name)

    def _unknown(self, name: str) -> str:
        names = [info.name for info in self.list()]
        if not names:
            return _NONE
        shown = ", ".join(names[:10]) + (", …" if len(names) > 10 else "")
        return f"There is no label {name!r}; the library knows {shown}."


_NONE = "The library has no labels of yours yet. Teach one: lookalike label add NAME IMAGE…"


def checked_name(name: str) -> str:
    """Return a name without the blanks around it.

    Raises:
        UsageError: it is empty, too long, reserved or holds control characters.
    """
    if not isinstance(name, str):
        raise UsageError(f"A label is a text, not {type(name).__name__}.")
    text = name.strip()
    if not text:
        raise UsageError("A label is empty; expected a text such as 'shoe'.")
    if len(text) > _LONGEST:
        raise UsageError(f"The label {text[:30]}… has {len(text)} characters; {_LONGEST} at most.")
    if _CONTROL.search(text):
        raise UsageError(f"The label {text!r} holds control characters.")
    if text.casefold() == "unknown":
        raise UsageError("'unknown' is the answer where no label fits; choose another.")
    return text


def _keys(examples: Sequence[Example], origin: str) -> set[tuple[str, int | None, int | None]]:
    return {(one.name, one.image_id, one.picture_id) for one in examples if one.origin == origin}
