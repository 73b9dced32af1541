"""What the network saw in an image, as fields of filters."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from lookalike.catalog.tables import images, labels
from lookalike.errors import UsageError

from .fields import Expression, Field, NumberField, Test, say_what
from .where import Compare, Like, Missing, Name, Value

__all__ = ["LabelField", "label_fields", "meant", "names_like", "same_names"]


@dataclass(frozen=True, slots=True)
class LabelField:
    """The names that an image was given: a test asks whether any of them passes.

    ``!=`` and ``not`` therefore ask whether none does. ``names`` are those of the classes, in
    their order; large and small letters are the same.
    """

    names: Sequence[str]
    meaning: str = "any of the names kept of what is in the picture"

    def condition(self, test: Test) -> sa.ColumnElement[bool]:
        """Tell whether an image has one of the names that pass."""
        if isinstance(test, Missing):
            return images.c.id.not_in(sa.select(labels.c.image_id))
        if isinstance(test, Like):
            return self._any(self._alike(test.pattern))
        if isinstance(test, Compare):
            if test.operator not in ("=", "!="):
                say_what(test.name, "a name; compare it with =, !=, in or like")
            own = self._any(self._classes(test.name, test.value))
            return own if test.operator == "=" else sa.not_(own)
        return self._any(
            [found for value in test.values for found in self._classes(test.name, value)]
        )

    def keys(self) -> Sequence[Expression]:
        """Sort by nothing: an image has several names."""
        return ()

    def number(self) -> Expression | None:
        """Return None: names are no numbers."""
        return None

    def _any(self, classes: Sequence[int]) -> sa.ColumnElement[bool]:
        having = sa.select(labels.c.image_id).where(labels.c.label.in_(sorted(set(classes))))
        return images.c.id.in_(having)

    def _classes(self, name: Name, value: Value | Name) -> list[int]:
        if not isinstance(value, str):
            say_what(name, "a name; write it in single quotes")
        found = same_names(self.names, value)
        if not found:
            known = "knows no such name" if self.names else "gives no names"
            raise UsageError(
                f"{name} = {value!r}: the model of this library {known}.{meant(self.names, value)}"
            )
        return found

    def _alike(self, pattern: str) -> list[int]:
        return names_like(self.names, pattern)


def same_names(names: Sequence[str], value: str) -> list[int]:
    """Return the places of the names that are a text, in large or small letters."""
    wanted = value.casefold()
    return [index for index, own in enumerate(names) if own.casefold() == wanted]


def names_like(names: Sequence[str], pattern: str) -> list[int]:
    """Return the places of the names of a pattern, in which % is any text and _ any character."""
    import re

    parts = [{"%": ".*", "_": "."}.get(one, re.escape(one)) for one in pattern.casefold()]
    known = re.compile("".join(parts), re.DOTALL)
    return [index for index, own in enumerate(names) if known.fullmatch(own.casefold())]


def meant(names: Sequence[str], value: str) -> str:
    """Return a sentence, after a blank, with the names that are most like a text; or nothing."""
    wanted = value.casefold()
    near = difflib.get_close_matches(wanted, names, n=3)
    same = [own for own in names if wanted in own.casefold().split()][:3]
    hint = list(dict.fromkeys([*same, *near]))
    return f" Did you mean {' or '.join(map(repr, hint))}?" if hint else ""


def label_fields(names: Sequence[str]) -> dict[str, Field]:
    """Return the fields of a library whose model knows these names."""
    first: Any = (
        sa.select(labels.c.probability)
        .where(labels.c.image_id == images.c.id, labels.c.rank == 0)
        .correlate(images)
        .scalar_subquery()
    )
    return {
        "label": LabelField(names),
        "label_probability": NumberField("probability of the first of these names, 0 to 1", first),
    }
