"""Every value that comes back: written and read back, compared, kept in sets, sent to processes."""

from __future__ import annotations

import copy
import dataclasses
import inspect
import json
import pickle
import sys
import typing
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

import pytest
from hypothesis import given
from hypothesis import strategies as st

import lookalike
from lookalike import (
    Failure,
    Hit,
    Hits,
    ImageInfo,
    Label,
    Labels,
    Named,
    Recommendation,
    Recommendations,
    Stats,
    UsageError,
)
from lookalike.results import values

TYPES = sorted(
    (
        one
        for name in lookalike.__all__
        if isinstance(one := getattr(lookalike, name), type) and issubclass(one, values.Value)
    ),
    key=lambda one: one.__name__,
)
TEXTS = st.text(max_size=8)
NUMBERS = st.floats(allow_nan=False, allow_infinity=False)
JSON = st.dictionaries(
    TEXTS, st.none() | st.booleans() | st.integers() | NUMBERS | TEXTS | st.lists(TEXTS), max_size=3
)


def drawn(hint: Any) -> st.SearchStrategy[Any]:
    """Return what makes values of a type."""
    origin, arguments = get_origin(hint), get_args(hint)
    if hint is type(None):
        return st.none()
    if origin is Literal:
        return st.sampled_from(arguments)
    if origin is tuple:
        if arguments[-1] is Ellipsis:
            return st.lists(drawn(arguments[0]), max_size=3).map(tuple)
        return st.tuples(*map(drawn, arguments))
    if isinstance(origin, type) and issubclass(origin, Mapping):
        if arguments[1] is Any:
            return JSON
        return st.dictionaries(TEXTS, drawn(arguments[1]), max_size=2)
    if arguments:
        return st.one_of([drawn(one) for one in arguments])
    if isinstance(hint, type) and issubclass(hint, values.Value):
        return valued(hint)
    if isinstance(hint, type) and issubclass(hint, tuple):
        hints = typing.get_type_hints(hint)
        return st.tuples(*(drawn(hints[name]) for name in hint._fields)).map(  # type: ignore[attr-defined]
            lambda made: hint(*made)
        )
    return {str: TEXTS, int: st.integers(), float: NUMBERS, bool: st.booleans()}[hint]


def valued(kind: Any) -> st.SearchStrategy[Any]:
    hints = typing.get_type_hints(kind)
    written = [one for one in dataclasses.fields(kind) if one.metadata.get("written", True)]
    return st.builds(kind, **{one.name: drawn(hints[one.name]) for one in written})


def test_the_types_are_there() -> None:
    assert {Hit, Hits, Labels, Stats, ImageInfo, Recommendations, Failure} <= set(TYPES)
    assert len(TYPES) > 20


@pytest.mark.parametrize("kind", TYPES)
@given(data=st.data())
def test_a_value_is_read_back_as_it_was(kind: Any, data: st.DataObject) -> None:
    value = data.draw(valued(kind))
    text = json.dumps(value.to_dict())
    again = kind.from_dict(json.loads(text))
    assert again == value
    assert json.dumps(again.to_dict()) == text
    assert hash(again) == hash(value)
    assert pickle.loads(pickle.dumps(value)) == value
    assert copy.deepcopy(value) == value


@pytest.mark.parametrize("kind", TYPES)
def test_what_is_unknown_is_left_out_and_what_lacks_is_said(kind: Any) -> None:
    required = [
        one.name
        for one in dataclasses.fields(kind)
        if one.default is dataclasses.MISSING and one.default_factory is dataclasses.MISSING
    ]
    if required:
        with pytest.raises(UsageError, match=kind.__name__):
            kind.from_dict({"of the future": 1})
    with pytest.raises(UsageError, match=kind.__name__):
        kind.from_dict(["no", "dictionary"])


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"name": "cat", "probability": "much"}, "Label.probability is 'much'; expected a number"),
        ({"name": 7, "probability": 0.5}, "Label.name is 7; expected a text"),
        ({"name": "cat", "probability": True}, "expected a number"),
        ({"name": "cat"}, "no whole Label"),
    ],
)
def test_a_field_of_the_wrong_type_is_named(values: dict[str, Any], said: str) -> None:
    with pytest.raises(UsageError, match=said):
        Label.from_dict(values)


def test_nothing_is_rounded() -> None:
    third = 1 / 3
    hit = Hit(1, "/a.jpg", "file:///a.jpg", third, third, 1, 1, 1)
    assert hit.to_dict()["score"] == third
    assert Label("cat", third).to_dict()["probability"] == third


def test_hits_leave_what_reads_thumbnails_behind_when_they_are_sent() -> None:
    hits = Hits((Hit(1, "/a.jpg", "file:///a.jpg", 1.0, 1.0, 1, 1, 1),), "q", lambda hit: b"jpeg")
    again = pickle.loads(pickle.dumps(hits))
    assert again == hits
    assert again.thumbnail is None


def test_local_pictures_have_a_path_and_those_of_the_web_none() -> None:
    local = Hit(1, "/photos/red car.jpg", "file:///photos/red%20car.jpg", 1.0, 1.0, 1, 1, 1)
    remote = dataclasses.replace(local, uri="https://example.org/a.jpg")
    assert local.path == Path("/photos/red car.jpg")
    assert remote.path is None
    assert "/photos/red car.jpg" in str(Hits((local,)))
    assert "%20" not in str(Hits((local,)))


HOSTILE = '<script>alert("x")</script>\x1b[2J'


@pytest.mark.parametrize(
    "value",
    [
        Hit(
            1, HOSTILE, f"javascript:{HOSTILE}", 1.0, 1.0, 1, 1, 1, page_url=f"javascript:{HOSTILE}"
        ),
        Hits((Hit(1, HOSTILE, HOSTILE, 1.0, 1.0, 1, 1, 1),)),
        Labels("a", (Label(HOSTILE, 0.5),), Named((Label(HOSTILE, 0.5),), 0.5)),
        Recommendations((Recommendation(1, HOSTILE, HOSTILE, 1.0, HOSTILE, "content", 1),)),
        Stats(HOSTILE, 1, 0, HOSTILE, 3, {HOSTILE: 1}, (), 1, 1, HOSTILE, 1, 1),
    ],
)
def test_what_comes_from_outside_is_escaped(value: Any) -> None:
    shown = value._repr_html_()
    assert "<script" not in shown
    assert "javascript:" not in shown.split("figcaption")[0]
    assert "\x1b" not in shown
    if not isinstance(value, Hit | Stats):  # which print as all dataclasses do
        assert "\x1b" not in str(value)


def test_what_methods_return_can_be_imported() -> None:
    """Every class of the package that a public method is annotated with is a public name."""
    public = {getattr(lookalike, name) for name in lookalike.__all__ if name[0].isupper()}
    facets = [lookalike.Library, lookalike.Events]
    facets += [type(getattr(_opened(), name)) for name in ("labels", "recommend")]
    for kind in facets:
        for name, method in inspect.getmembers(kind, inspect.isfunction):
            if not name.startswith("_"):
                written = method.__annotations__["return"]
                for one in _classes(eval(written, vars(sys.modules[method.__module__]))):
                    assert one in public or not one.__module__.startswith("lookalike"), name


def _classes(hint: Any) -> set[Any]:
    if get_args(hint):
        return set().union(*(_classes(one) for one in get_args(hint)))
    return {hint} if isinstance(hint, type) else set()


def _opened() -> Any:
    import tempfile

    with lookalike.open(Path(tempfile.mkdtemp()) / "library") as library:
        return library
