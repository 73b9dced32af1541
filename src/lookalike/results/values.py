"""Values as dictionaries that JSON can hold, and back, by the types of their fields."""

from __future__ import annotations

import types
from collections.abc import Mapping, Sequence
from dataclasses import MISSING, fields
from functools import cache
from pathlib import Path
from typing import Any, Literal, Self, Union, get_args, get_origin, get_type_hints

from lookalike.errors import UsageError

__all__ = ["Value"]


class Value:
    """A frozen dataclass that is written as a dictionary and read back as it was."""

    __slots__ = ()

    def to_dict(self) -> dict[str, Any]:
        """Return a dictionary that JSON can hold, nothing rounded; ``from_dict`` reads it."""
        kind: Any = type(self)
        return {name: _plain(getattr(self, name)) for name in _written(kind)}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        """Return the value of a dictionary as :meth:`to_dict` gives it.

        Names that are not known are left out: a newer program may have written them.

        Raises:
            UsageError: a field is missing, or is not of its type; the sentence names it.
        """
        if not isinstance(values, Mapping):
            raise UsageError(f"{cls.__name__} is read from a dictionary, not {values!r:.60}.")
        kind: Any = cls
        hints = _hints(kind)
        given = {
            name: _read(hints[name], values[name], f"{cls.__name__}.{name}")
            for name in _written(kind)
            if name in values
        }
        missing = [name for name in _required(kind) if name not in given]
        if missing:
            raise UsageError(f"This is no whole {cls.__name__}: it lacks {', '.join(missing)}.")
        return cls(**given)


@cache
def _written(kind: Any) -> tuple[str, ...]:
    return tuple(one.name for one in fields(kind) if one.metadata.get("written", True))


@cache
def _required(kind: Any) -> tuple[str, ...]:
    return tuple(
        one.name
        for one in fields(kind)
        if one.default is MISSING and one.default_factory is MISSING
    )


@cache
def _hints(kind: Any) -> dict[str, Any]:
    return get_type_hints(kind)


def _plain(value: Any) -> Any:
    if isinstance(value, Value):
        return value.to_dict()
    if isinstance(value, tuple) and hasattr(value, "_asdict"):
        return {name: _plain(one) for name, one in value._asdict().items()}
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    if isinstance(value, Mapping):
        return {key: _plain(one) for key, one in value.items()}
    return str(value) if isinstance(value, Path) else value


def _read(hint: Any, value: Any, where: str) -> Any:
    origin, arguments = get_origin(hint), get_args(hint)
    if hint is Any:
        return value
    if origin in (Union, types.UnionType):
        return _read_union(arguments, value, where)
    if origin is Literal:
        return _checked(value in arguments, value, where, " or ".join(map(repr, arguments)))
    if origin is tuple:
        return _read_tuple(arguments, value, where)
    if origin is not None and issubclass(origin, Mapping):
        _checked(isinstance(value, Mapping), value, where, "a dictionary")
        return {key: _read(arguments[1], one, where) for key, one in value.items()}
    if isinstance(hint, type) and issubclass(hint, Value):
        return hint.from_dict(value)
    if isinstance(hint, type) and issubclass(hint, tuple):
        return _read_named(hint, value, where)
    return _read_simple(hint, value, where)


def _read_union(kinds: Sequence[Any], value: Any, where: str) -> Any:
    if value is None and type(None) in kinds:
        return None
    problems: list[UsageError] = []
    for kind in kinds:
        if kind is not type(None):
            try:
                return _read(kind, value, where)
            except UsageError as error:
                problems.append(error)
    raise problems[0]


def _read_tuple(kinds: Sequence[Any], value: Any, where: str) -> tuple[Any, ...]:
    _checked(isinstance(value, list | tuple), value, where, "a list")
    if len(kinds) == 2 and kinds[1] is Ellipsis:
        return tuple(_read(kinds[0], one, where) for one in value)
    _checked(len(value) == len(kinds), value, where, f"a list of {len(kinds)}")
    return tuple(_read(kind, one, where) for kind, one in zip(kinds, value, strict=True))


def _read_named(kind: Any, value: Any, where: str) -> Any:
    whole = isinstance(value, Mapping) and set(kind._fields) <= set(value)
    _checked(whole, value, where, f"a dictionary with {', '.join(kind._fields)}")
    hints = _hints(kind)
    return kind(*(_read(hints[name], value[name], f"{where}.{name}") for name in kind._fields))


_WORDS = {int: "a whole number", float: "a number", bool: "true or false"}


def _read_simple(kind: Any, value: Any, where: str) -> Any:
    if kind is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if kind is Path:
        return Path(_checked(isinstance(value, str), value, where, "a path"))
    fits = isinstance(value, kind) and (kind is bool or not isinstance(value, bool))
    return _checked(
        fits, value, where, {int: "a whole number", float: "a number"}.get(kind, "a text")
    )


def _checked(fits: bool, value: Any, where: str, expected: str) -> Any:
    if not fits:
        raise UsageError(f"{where} is {value!r:.60}; expected {expected}.")
    return value
