"""From what is asked of a library to its hits."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, cast

from lookalike.errors import UsageError
from lookalike.query import Known, Query, QueryImage, held
from lookalike.query.sums import asked
from lookalike.query.sums.asked import Sum
from lookalike.results import Hits, SearchKeywords, SearchOptions

from .examples import Given, stored_vector
from .finding import find_image, is_id
from .pictures import as_query
from .session import Session, View

__all__ = ["asked_for", "options_of", "search_batch"]


def options_of(options: SearchOptions | None, given: SearchKeywords) -> SearchOptions:
    """Return the options of a search: those together, but for what is named beside them.

    Raises:
        UsageError: the options are no SearchOptions, or a value makes no sense.
    """
    if options is not None and not isinstance(options, SearchOptions):
        raise UsageError(
            f"options are a SearchOptions, not {type(options).__name__}: "
            "lookalike.SearchOptions(k=20)."
        )
    return (options or SearchOptions()).changed(**given)


def asked_for(
    query: Given | None,
    positive: Sequence[Given | tuple[Given, float]],
    negative: Sequence[Given | tuple[Given, float]],
    options: SearchOptions,
) -> Given | Sum:
    """Return the query, or the sum of the lists where there is no query.

    Raises:
        UsageError: there are both or neither, or the lists make no sense.
    """
    # The ids among them stay as they are: search_batch puts their vectors in their place.
    sums: tuple[Any, Any] = (positive, negative)
    return cast("Given | Sum", asked.asked_for(cast("Any", query), *sums, text=options.text))


def search_batch(
    session: Session, queries: Sequence[Given | Sum], options: SearchOptions
) -> list[Hits]:
    """See :meth:`lookalike.Library.search_batch`."""
    if isinstance(queries, str | bytes | os.PathLike):
        raise UsageError("Give the queries as a list, or one alone to search().")
    asked = [held(cast("Query", query), session.settings) for query in queries]

    def ask(view: View) -> list[Hits]:
        return view.searcher.search_batch(
            [_known(session, view, query, options) for query in asked], options
        )

    return session.answer(ask)


def _known(session: Session, view: View, query: Query, options: SearchOptions) -> Query:
    """Return a query in which an image that is named by its id is its stored vector.

    With a region it is its file: of a vector no part can be cut out.
    """
    if isinstance(query, Sum):
        parts = [
            replace(part, query=cast("QueryImage", _known(session, view, part.query, options)))
            for part in query.parts
        ]
        return replace(query, parts=tuple(parts))
    if not is_id(query):
        return query
    image_id = find_image(session.catalog, cast("int", query))
    if options.region is not None:
        return as_query(session, image_id)
    name, vector = stored_vector(session.catalog, view.generation, image_id)
    return Known(name, vector, image_id)
