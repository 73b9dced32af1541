"""Filters: a text becomes a small tree of conditions, of which nothing is SQL any more."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, NoReturn, TypeAlias

from lookalike.errors import UsageError

if TYPE_CHECKING:
    from sqlglot import exp

__all__ = [
    "And",
    "Compare",
    "Condition",
    "Like",
    "Missing",
    "Name",
    "Not",
    "OneOf",
    "Operator",
    "Or",
    "Value",
    "parse_name",
    "parse_where",
]

Value: TypeAlias = str | int | float | bool
Operator: TypeAlias = Literal["=", "!=", "<", "<=", ">", ">="]

_NUMBER = re.compile(r"(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?", re.ASCII)
_LARGEST = 2**63
_TURNED: dict[Operator, Operator] = {"<": ">", "<=": ">=", ">": "<", ">=": "<="}


@dataclass(frozen=True, slots=True)
class Name:
    """A field as it was written: ``metadata.size`` has two parts. ``start`` is its offset."""

    parts: tuple[str, ...]
    start: int = 0

    def __str__(self) -> str:
        return ".".join(self.parts)


@dataclass(frozen=True, slots=True)
class Compare:
    """A field against a value, or against another field."""

    name: Name
    operator: Operator
    value: Value | Name


@dataclass(frozen=True, slots=True)
class OneOf:
    """A field that equals one of some values."""

    name: Name
    values: tuple[Value, ...]


@dataclass(frozen=True, slots=True)
class Like:
    """A text of a pattern, in which % is any text and _ any character."""

    name: Name
    pattern: str
    ignore_case: bool


@dataclass(frozen=True, slots=True)
class Missing:
    """A field that an image does not have."""

    name: Name


@dataclass(frozen=True, slots=True)
class Not:
    """What is false; where a field is missing, that is neither."""

    part: Condition


@dataclass(frozen=True, slots=True)
class And:
    """All of some conditions."""

    parts: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class Or:
    """Any of some conditions."""

    parts: tuple[Condition, ...]


Condition: TypeAlias = Compare | OneOf | Like | Missing | Not | And | Or


def parse_where(text: str) -> Condition:
    """Return the conditions of a filter such as ``price < 50 and category = 'shoe'``.

    Raises:
        UsageError: it is no filter; the text says where, and what a filter may hold.

    >>> parse_where("price < 50")
    Compare(name=Name(parts=('price',), start=0), operator='<', value=50)
    """
    if not isinstance(text, str):
        raise UsageError(f"A filter is a text, not {type(text).__name__}.")
    from .grammar import syntax_tree

    return _condition(syntax_tree(text))


def parse_name(text: str) -> Name:
    """Return the field that a text names as it would in a filter.

    Raises:
        UsageError: it names none.

    >>> str(parse_name('metadata."list price"'))
    'metadata.list price'
    """
    from sqlglot import exp

    from .grammar import syntax_tree

    tree = syntax_tree(text)
    if not isinstance(tree, exp.Column):
        raise UsageError(f"{text[:100]!r} is no name of a field.")
    return _name(tree)


def _condition(node: exp.Expression) -> Condition:
    from sqlglot import exp

    if isinstance(node, exp.Paren):
        return _condition(_only(node, "this")[0])
    if node.args.get("negate"):  # how some versions write "not like"
        node.set("negate", None)
        return Not(_condition(node))
    readers: dict[type[exp.Expression], Callable[[exp.Expression], Condition]] = {
        exp.Not: lambda one: Not(_condition(_only(one, "this")[0])),
        exp.And: lambda one: And(tuple(_condition(part) for part in _chain(one))),
        exp.Or: lambda one: Or(tuple(_condition(part) for part in _chain(one))),
        exp.Between: _between,
        exp.In: _one_of,
        exp.Is: _missing,
        exp.Like: _like,
        exp.ILike: _like,
    }
    reader = next((own for kind, own in readers.items() if isinstance(node, kind)), _compare)
    return reader(node)


def _between(node: exp.Expression) -> Condition:
    name, low, high = _only(node, "this", "low", "high")
    field = _field(name)
    return And((Compare(field, ">=", _value(low)), Compare(field, "<=", _value(high))))


def _one_of(node: exp.Expression) -> Condition:
    (name,), values = _only(node, "this"), node.args.get("expressions")
    if not values:
        _refuse(node, "in (…) wants values in its parentheses")
    return OneOf(_field(name), tuple(_value(value) for value in values))


def _missing(node: exp.Expression) -> Condition:
    from sqlglot import exp

    name, what = _only(node, "this", "expression")
    if isinstance(what, exp.Not):  # how some versions write "is not null"
        return Not(_condition(exp.Is(this=name, expression=what.this)))
    if not isinstance(what, exp.Null):
        _refuse(node, "Only null may follow is; for the others write =")
    return Missing(_field(name))


def _like(node: exp.Expression) -> Condition:
    from sqlglot import exp

    name, pattern = _only(node, "this", "expression")
    wanted = _value(pattern)
    if not isinstance(wanted, str):
        _refuse(pattern, "A pattern is a text in single quotes, such as 'red%'")
    return Like(_field(name), wanted, isinstance(node, exp.ILike))


def _compare(node: exp.Expression) -> Condition:
    from sqlglot import exp

    operator = _operator(node)
    if operator is None:
        if isinstance(node, exp.Column):
            _refuse(node, f"{_name(node)} stands alone; compare it, as in {_name(node)} = true")
        _refuse(node, f"{_kind(node)} may not stand in a filter")
    left, right = _only(node, "this", "expression")
    if not isinstance(left, exp.Column) and isinstance(right, exp.Column):
        left, right, operator = right, left, _TURNED.get(operator, operator)
    if isinstance(right, exp.Column):
        return Compare(_field(left), operator, _name(right))
    return Compare(_field(left), operator, _value(right))


def _operator(node: exp.Expression) -> Operator | None:
    from sqlglot import exp

    known: dict[type[exp.Expression], Operator] = {
        exp.EQ: "=",
        exp.NEQ: "!=",
        exp.LT: "<",
        exp.LTE: "<=",
        exp.GT: ">",
        exp.GTE: ">=",
    }
    return known.get(type(node))


def _chain(node: exp.Expression) -> list[exp.Expression]:
    """Return the parts of a and b and c and …, which the parser nests to the left."""
    parts: list[exp.Expression] = []
    kind, rest = type(node), node
    while type(rest) is kind:
        rest, last = _only(rest, "this", "expression")
        parts.append(last)
    return [rest, *reversed(parts)]


def _field(node: exp.Expression) -> Name:
    from sqlglot import exp

    while isinstance(node, exp.Paren):
        (node,) = _only(node, "this")
    if not isinstance(node, exp.Column):
        _refuse(node, "A field must stand here, on one side of the comparison")
    return _name(node)


def _name(node: exp.Expression) -> Name:
    from sqlglot import exp

    parts = [node.args.get(key) for key in ("catalog", "db", "table", "this")]
    known = [part for part in parts if part is not None]
    if not all(isinstance(part, exp.Identifier) and part.name for part in known):
        _refuse(node, "A field must stand here")
    return Name(tuple(part.name for part in known if part is not None), _start(node))


def _value(node: exp.Expression) -> Value:
    from sqlglot import exp

    while isinstance(node, exp.Paren):
        (node,) = _only(node, "this")
    if isinstance(node, exp.Boolean):
        return bool(node.this)
    if isinstance(node, exp.Null):
        _refuse(node, "Nothing equals null; write: field is null")
    if isinstance(node, exp.Neg):
        value = _value(_only(node, "this")[0])
        if isinstance(value, bool | str):
            _refuse(node, "A minus wants a number after it")
        return -value
    if not isinstance(node, exp.Literal):
        if isinstance(node, exp.Column):
            _refuse(
                node, f"A value must stand here; is {_name(node)} a text? Write '{_name(node)}'"
            )
        _refuse(node, "A number, a text in single quotes, true or false must stand here")
    if node.is_string:
        return str(node.this)
    return _number(node)


def _number(node: exp.Expression) -> int | float:
    text = str(node.this)
    if not _NUMBER.fullmatch(text):
        _refuse(node, f"{text[:40]!r} is no number")
    if text.isdecimal() and len(text) < 20 and int(text) < _LARGEST:
        return int(text)
    value = float(text)
    if not math.isfinite(value):
        _refuse(node, "The number is too large")
    return value


def _only(node: exp.Expression, *keys: str) -> Sequence[exp.Expression]:
    """Return these arguments of a node, which may have no others."""
    from sqlglot import exp

    wanted = [node.args.get(key) for key in keys]
    own = {*keys, "expressions"} if isinstance(node, exp.In) else set(keys)
    extra = [key for key, value in node.args.items() if value and key not in own]
    if extra or not all(isinstance(one, exp.Expression) for one in wanted):
        _refuse(node, f"{_kind(node)} may not stand here like this")
    return [one for one in wanted if isinstance(one, exp.Expression)]


def _refuse(node: exp.Expression, what: str) -> NoReturn:
    from .grammar import refuse

    refuse(what, _start(node))


def _start(node: exp.Expression) -> int:
    """Return the offset at which a node begins, as far as its words tell."""
    known = [inner.meta.get("start") for inner in node.walk()]
    return min((int(start) for start in known if start is not None), default=0)


def _kind(node: exp.Expression) -> str:
    return {"Dot": "A name of so many parts", "Literal": "A value alone"}.get(
        type(node).__name__, f"{type(node).__name__.upper()}"
    )
