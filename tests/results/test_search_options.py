"""The options of a search check themselves, wherever they come from."""

from __future__ import annotations

import json
import pickle
from dataclasses import fields
from typing import Any, get_type_hints

import numpy as np
import pytest

from lookalike import SearchKeywords, SearchOptions, UsageError
from lookalike.images.region import Region


def test_the_keywords_are_the_fields() -> None:
    keywords, options = get_type_hints(SearchKeywords), get_type_hints(SearchOptions)
    assert list(keywords) == [one.name for one in fields(SearchOptions)]
    assert keywords == {one.name: options[one.name] for one in fields(SearchOptions)}
    assert not SearchKeywords.__required_keys__


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"k": "3"}, "k is '3'; expected a whole number, 1 or more"),
        ({"k": 2.5}, "k is 2.5; expected a whole number"),
        ({"k": True}, "k is True; expected a whole number"),
        ({"k": None}, "k is None"),
        ({"k": 0}, "k is 0; expected 1 or more"),
        ({"k": 10**20}, "expected at most"),
        ({"offset": -1}, "offset is -1; expected 0 or more"),
        ({"among": 0}, "among is 0; expected 1 or more"),
        ({"min_score": 1.1}, "a cosine lies between -1 and 1"),
        ({"min_score": "0.5"}, "min_score is '0.5'; a cosine"),
        ({"min_score": False}, "min_score is False"),
        ({"min_probability": -0.1}, "a probability lies between 0 and 1"),
        ({"min_probability": float("nan")}, "min_probability is nan"),
        ({"diversity": 2}, "diversity is 2; expected a number from 0 to 1"),
        ({"diversity": None}, "diversity is None"),
        ({"where": 5}, "A filter is a text, not int"),
        ({"sort": None}, "sort is None"),
        ({"sort": "-score"}, "sort is 'score', not '-score'"),
        ({"sort": "price", "diversity": 0.5}, "leave out sort"),
        ({"text": "yes"}, "text is 'yes'; expected True, False or None"),
        ({"fold": 1}, "fold is 1; expected True or False"),
        ({"parts": None}, "parts is None; expected True or False"),
        ({"region": "1,2,3,4"}, "A region is"),
        ({"region": (1, 2, 3)}, "A region is"),
        ({"region": (True, 2, 3, 4)}, "A region is"),
        ({"region": (0.5, 0.5, 2.0, 0.1)}, "fractions of the picture"),
        ({"region": 7}, "A region is"),
        ({"kk": 3}, "no option 'kk'. Did you mean k?"),
    ],
)
def test_what_makes_no_sense_is_told(given: dict[str, Any], told: str) -> None:
    for make in (SearchOptions().changed, lambda **values: SearchOptions.from_dict(values)):
        with pytest.raises(UsageError) as caught:
            make(**given)
        assert told in str(caught.value)


def test_numbers_of_other_kinds_become_plain_ones() -> None:
    options = SearchOptions(k=np.int64(3), min_score=np.float32(0.5), diversity=1)  # type: ignore[arg-type]
    assert options == SearchOptions(k=3, min_score=0.5, diversity=1.0)
    assert (type(options.k), type(options.min_score)) == (int, float)


def test_a_region_is_kept_as_four_numbers() -> None:
    for given in ((4, 3, 20, 15), (0.0, 0.0, 1.0, 0.5)):
        region = Region.of(given)
        for one in (region, list(given), np.array(given)):
            kept = SearchOptions(region=one).region
            assert kept == given
            assert kept is not None
            assert Region.of(kept) == region


def test_options_go_round() -> None:
    options = SearchOptions(k=7, min_score=0.1 + 0.2, where="a = 1", region=(0, 0, 9, 9), fold=True)
    assert SearchOptions.from_dict(json.loads(json.dumps(options.to_dict()))) == options
    assert pickle.loads(pickle.dumps(options)) == options
    assert hash(options) == hash(options.changed())
    assert options.changed(k=8) == SearchOptions.from_dict(options.to_dict() | {"k": 8})
