"""What is in an image, by the network or by the user, as fields of filters."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import sqlalchemy as sa

from lookalike.catalog.tables import images, labels
from lookalike.errors import UsageError

from .fields import Expression, Field, NumberField, Test, say_what
from .where import Compare, Like, Missing, Name, Value

__all__ = ["LabelField", "Labelling", "NetworkLabels", "label_fields"]


class Labelling(Protocol):
    """Who labels images: a network, or the user."""

    @property
    def names(self) -> Sequence[str]:
        """All labels that there are."""

    @property
    def lacks(self) -> str:
        """A phrase for a label that is not among them."""

    def having(self, places: Sequence[int]) -> sa.ColumnElement[bool]:
        """Tell whether an image has one of the labels at these places."""

    def missing(self) -> sa.ColumnElement[bool]:
        """Tell whether an image has none."""

    def counts(
        self, connection: sa.Connection, passing: sa.ColumnElement[bool]
    ) -> Mapping[str, int]:
        """Return how many of the images that pass have each label."""


@dataclass(frozen=True, slots=True)
class NetworkLabels:
    """The labels of the classes of a model, in their order."""

    names: Sequence[str]

    @property
    def lacks(self) -> str:
        """A phrase for a label that is not among them."""
        return f"the model of this library {'knows no such label' if self.names else 'gives none'}"

    def having(self, places: Sequence[int]) -> sa.ColumnElement[bool]:
        """Tell whether an image has one of the labels at these places."""
        having = sa.select(labels.c.image_id).where(labels.c.label.in_(sorted(places)))
        return images.c.id.in_(having)

    def missing(self) -> sa.ColumnElement[bool]:
        """Tell whether an image has none."""
        return images.c.id.not_in(sa.select(labels.c.image_id))

    def counts(
        self, connection: sa.Connection, passing: sa.ColumnElement[bool]
    ) -> Mapping[str, int]:
        """Return how many of the images that pass have each label."""
        query = sa.select(labels.c.label, sa.func.count()).select_from(images.join(labels))
        rows = connection.execute(query.where(passing).group_by(labels.c.label)).all()
        return {self.names[row[0]]: row[1] for row in rows if 0 <= row[0] < len(self.names)}


@dataclass(frozen=True, slots=True)
class LabelField:
    """The labels of an image: a test asks whether any of them passes.

    ``!=`` and ``not`` therefore ask whether none does. Large and small letters are the same.
    ``sources`` give whose labels count, as they are now.
    """

    meaning: str
    sources: tuple[Callable[[], Labelling], ...]

    def condition(self, test: Test) -> sa.ColumnElement[bool]:
        """Tell whether an image has one of the labels that pass."""
        found = [source() for source in self.sources]
        if isinstance(test, Missing):
            return sa.and_(*(one.missing() for one in found))
        if isinstance(test, Like):
            return sa.or_(*(one.having(_names_like(one.names, test.pattern)) for one in found))
        if isinstance(test, Compare):
            if test.operator not in ("=", "!="):
                say_what(test.name, "a name; compare it with =, !=, in or like")
            own = _any(found, test.name, [test.value])
            return own if test.operator == "=" else sa.not_(own)
        return _any(found, test.name, test.values)

    def keys(self) -> Sequence[Expression]:
        """Sort by nothing: an image may have several labels."""
        return ()

    def number(self) -> Expression | None:
        """Return None: labels are no numbers."""
        return None

    def counts(
        self, connection: sa.Connection, passing: sa.ColumnElement[bool]
    ) -> Mapping[str, int]:
        """Return how many of the images that pass have each label, from whomever."""
        found = [source() for source in self.sources]
        counts: dict[str, int] = {}
        for one in found:
            for name, count in one.counts(connection, passing).items():
                counts[name] = (
                    _of_any(connection, passing, found, name) if name in counts else count
                )
        return counts

    def without(self) -> sa.ColumnElement[bool]:
        """Tell whether an image has no label."""
        return sa.and_(*(source().missing() for source in self.sources))


def _of_any(
    connection: sa.Connection,
    passing: sa.ColumnElement[bool],
    found: Sequence[Labelling],
    name: str,
) -> int:
    """Return how many of the images that pass have a label from anybody who gives it."""
    places = [(one, list(one.names).index(name)) for one in found if name in one.names]
    has = sa.or_(*(one.having([place]) for one, place in places))
    query = sa.select(sa.func.count()).select_from(images).where(passing, has)
    return connection.scalar(query) or 0


def label_fields(
    names: Sequence[str], own: Callable[[], Labelling] | None = None
) -> dict[str, Field]:
    """Return the fields of a library whose model knows these names; ``own`` are the user's."""
    first: Any = (
        sa.select(labels.c.probability)
        .where(labels.c.image_id == images.c.id, labels.c.rank == 0)
        .correlate(images)
        .scalar_subquery()
    )

    def network() -> Labelling:
        return NetworkLabels(names)

    given: dict[str, Field] = {}
    if own is not None:
        given["label_own"] = LabelField(
            "label of your own, given to the picture or recognised in it", (own,)
        )
    return {
        "label": LabelField(
            "what is in the picture, by the network or by your own labels",
            (network,) if own is None else (network, own),
        ),
        **given,
        "label_network": LabelField("any of the labels that the network gave it", (network,)),
        "label_probability": NumberField(
            "probability of the first label of the network, 0 to 1", first
        ),
    }


def _any(
    found: Sequence[Labelling], name: Name, values: Sequence[Value | Name]
) -> sa.ColumnElement[bool]:
    """Tell whether an image has one of the labels, each of which somebody must give."""
    wanted: list[set[int]] = [set() for _ in found]
    for value in values:
        if not isinstance(value, str):
            say_what(name, "a name; write it in single quotes")
        places = [_same_names(one.names, value) for one in found]
        if not any(places):
            lacks = ", and ".join(one.lacks for one in found)
            known = [own for one in found for own in one.names]
            raise UsageError(f"{name} = {value!r}: {lacks}.{_meant(known, value)}")
        for own, more in zip(wanted, places, strict=True):
            own.update(more)
    return sa.or_(*(one.having(sorted(own)) for one, own in zip(found, wanted, strict=True)))


def _same_names(names: Sequence[str], value: str) -> list[int]:
    """Return the places of the names that are a text, in large or small letters."""
    wanted = value.casefold()
    return [index for index, own in enumerate(names) if own.casefold() == wanted]


def _names_like(names: Sequence[str], pattern: str) -> list[int]:
    """Return the places of the names of a pattern, in which % is any text and _ any character."""
    import re

    parts = [{"%": ".*", "_": "."}.get(one, re.escape(one)) for one in pattern.casefold()]
    known = re.compile("".join(parts), re.DOTALL)
    return [index for index, own in enumerate(names) if known.fullmatch(own.casefold())]


def _meant(names: Sequence[str], value: str) -> str:
    """Return a sentence, after a blank, with the names that are most like a text; or nothing."""
    wanted = value.casefold()
    near = difflib.get_close_matches(wanted, names, n=3)
    same = [own for own in names if wanted in own.casefold().split()][:3]
    hint = list(dict.fromkeys([*same, *near]))
    return f" Did you mean {' or '.join(map(repr, hint))}?" if hint else ""
