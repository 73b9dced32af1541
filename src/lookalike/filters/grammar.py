"""The words of filters, and their syntax tree by sqlglot, which is loaded when there is a filter.

Little of SQL is let in. What is not on a list here is refused before it is parsed, so that the
parser meets neither comments nor functions nor subqueries, and never more nesting than it bears.
"""

from __future__ import annotations

from typing import Any, ClassVar, NoReturn, TypeAlias

from sqlglot import Dialect, TokenType, exp, parser, tokens
from sqlglot.errors import ParseError, TokenError

from lookalike.errors import UsageError

__all__ = ["ALLOWED", "refuse", "syntax_tree"]

ALLOWED = (
    "A filter is made of fields, numbers, texts in single quotes, true, false, and, or, not, "
    "= != < <= > >=, between, in (…), is null, like, ilike and parentheses; "
    "names with odd characters stand in double quotes."
)
Token: TypeAlias = Any  # sqlglot's own class is not exported for type checkers
_LONGEST = 100_000
_DEEPEST = 20
_MOST_CONDITIONS = 200
_MOST_VALUES = 10_000
_KEYWORDS = {
    "AND": TokenType.AND,
    "OR": TokenType.OR,
    "NOT": TokenType.NOT,
    "IN": TokenType.IN,
    "IS": TokenType.IS,
    "NULL": TokenType.NULL,
    "TRUE": TokenType.TRUE,
    "FALSE": TokenType.FALSE,
    "LIKE": TokenType.LIKE,
    "ILIKE": TokenType.ILIKE,
    "BETWEEN": TokenType.BETWEEN,
    "==": TokenType.EQ,
    "!=": TokenType.NEQ,
    "<>": TokenType.NEQ,
    "<=": TokenType.LTE,
    ">=": TokenType.GTE,
}
_NAMES = {TokenType.VAR, TokenType.IDENTIFIER}
_CONDITIONS = {
    *(TokenType.EQ, TokenType.NEQ, TokenType.LT, TokenType.LTE, TokenType.GT, TokenType.GTE),
    *(TokenType.IN, TokenType.IS, TokenType.LIKE, TokenType.ILIKE, TokenType.BETWEEN),
}
_TOKENS = {
    *_NAMES,
    *_KEYWORDS.values(),
    *_CONDITIONS,
    *(TokenType.STRING, TokenType.NUMBER, TokenType.L_PAREN, TokenType.R_PAREN),
    *(TokenType.COMMA, TokenType.DOT, TokenType.DASH),
}


class _Filter(Dialect):
    """SQL as sqlglot reads it, with a handful of keywords and no comments."""

    class Tokenizer(tokens.Tokenizer):
        KEYWORDS = _KEYWORDS
        COMMENTS: ClassVar[list[str | tuple[str, str]]] = []

    class Parser(parser.Parser):
        NO_PAREN_FUNCTION_PARSERS: ClassVar[dict[str, Any]] = {}  # case and if are names here


def refuse(what: str, start: int) -> NoReturn:
    """Say that something may not stand in a filter, and where it does.

    Raises:
        UsageError: always.
    """
    raise UsageError(f"{what} (column {start + 1} of the filter). {ALLOWED}")


def syntax_tree(text: str) -> exp.Expression:
    """Return the syntax tree of a filter, whose kinds of nodes have still to be checked.

    Raises:
        UsageError: it is empty, too long, too deep, or no such language.
    """
    if len(text) > _LONGEST:
        raise UsageError(f"The filter has {len(text):,} characters; at most {_LONGEST:,} may be.")
    for place, character in enumerate(text):
        if character == "\0" or "\ud800" <= character <= "\udfff":
            refuse(f"The filter holds a character that is not text, {character!r}", place)
    words = _tokens(text)
    if not words:
        raise UsageError(f"The filter is empty. Write a condition such as price < 50. {ALLOWED}")
    _check_tokens(words)
    try:
        found = _Filter().parser().parse_into(exp.Condition, words, text)
    except ParseError as error:
        _refuse_syntax(error, words)
    except RecursionError:
        refuse("The filter is nested too deep", 0)
    if len(found) != 1 or not isinstance(found[0], exp.Expression):
        refuse("The filter cannot be read", 0)
    return found[0]


def _tokens(text: str) -> list[Token]:
    try:
        return _Filter().tokenize(text)
    except TokenError:
        opened = _opened(text)
        if opened is None:
            refuse("The filter cannot be read", 0)
        refuse(f"The quote {text[opened]} is not closed", opened)


def _opened(text: str) -> int | None:
    """Return where the quote stands that is never closed."""
    start: int | None = None
    for place, character in enumerate(text):
        if start is None and character in "'\"":
            start = place
        elif start is not None and character == text[start]:
            start = None
    return start


def _check_tokens(words: list[Token]) -> None:
    for before, token in zip([None, *words], words, strict=False):
        _check_token(before, token)
    _check_depth(words)
    _check_count(words)


def _check_token(before: Token | None, token: Token) -> None:
    """Refuse what may not stand in any filter."""
    kind = token.token_type
    if token.comments:
        refuse("A comment may not stand in a filter", token.start)
    if kind not in _TOKENS or token.text == "!":
        refuse(f"{token.text[:40]!r} may not stand in a filter", token.start)
    if kind is TokenType.VAR and not token.text.isidentifier():
        refuse(f'A name such as "{token.text[:40]}" stands in double quotes', token.start)
    if kind is TokenType.L_PAREN and before is not None and before.token_type in _NAMES:
        refuse("Functions may not stand in a filter", before.start)


def _check_depth(words: list[Token]) -> None:
    """Refuse parentheses without a partner, and more levels than the parser bears."""
    signs = 0
    opened: list[int] = []
    for token in words:
        kind = token.token_type
        if kind is TokenType.L_PAREN:
            opened.append(token.start)
        elif kind is TokenType.R_PAREN:
            if not opened:
                refuse("This parenthesis was never opened", token.start)
            opened.pop()
        signs = signs + 1 if kind in (TokenType.NOT, TokenType.DASH) else 0
        if len(opened) + signs > _DEEPEST:
            refuse(f"Only {_DEEPEST} levels may be nested", token.start)
    if opened:
        refuse("This parenthesis is never closed", opened[-1])


def _check_count(words: list[Token]) -> None:
    """Refuse more conditions or values than a filter may have."""
    conditions = [token for token in words if token.token_type in _CONDITIONS]
    if len(conditions) > _MOST_CONDITIONS:
        refuse(
            f"Only {_MOST_CONDITIONS} conditions may stand in a filter; for many values of one "
            "field write: field in (…)",
            conditions[_MOST_CONDITIONS].start,
        )
    kinds = (TokenType.STRING, TokenType.NUMBER)
    values = [token for token in words if token.token_type in kinds]
    if len(values) > _MOST_VALUES:
        refuse(f"Only {_MOST_VALUES:,} values may stand in a filter", values[_MOST_VALUES].start)


def _refuse_syntax(error: ParseError, words: list[Token]) -> NoReturn:
    known = error.errors[0] if error.errors else {}
    place = (known.get("line"), known.get("col"))
    for token in words:
        if (token.line, token.col) == place:
            refuse(f"The filter cannot be read at {token.text[:40]!r}", token.start)
    refuse("The filter ends too early", words[-1].end)
