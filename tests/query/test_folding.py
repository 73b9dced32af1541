"""Which pictures of a ranking are one and the same."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from lookalike.query.ranking import folding
from lookalike.query.ranking.folding import same_picture, stand_ins

BUSY = 0x0F0F_0F0F_0F0F_0F0F  # a hash with half of its bits set


def folded(
    contents: Sequence[bytes], looks: Sequence[int], vectors: NDArray[np.floating]
) -> list[int]:
    return stand_ins(contents, np.array(looks, np.uint64), lambda places: vectors[places]).tolist()


def names(count: int) -> list[bytes]:
    return [bytes([number]) for number in range(count)]


def at(*degrees: float) -> NDArray[np.float64]:
    angles = np.radians(degrees)
    return np.stack([np.cos(angles), np.sin(angles)], axis=1)


def test_hash_and_vector_together_tell_the_same_picture() -> None:
    assert same_picture(0, 0.7)
    assert not same_picture(0, 0.69)
    assert same_picture(4, 0.9)
    assert not same_picture(4, 0.89)
    assert same_picture(folding.MOST_BITS, 1.0)
    assert not same_picture(folding.MOST_BITS + 1, 1.0)


def test_equal_files_are_one_whatever_else_is_known() -> None:
    vectors = at(0, 90, 180)
    assert folded([b"a", b"b", b"a"], [BUSY, 0, ~BUSY % 2**64], vectors) == [0, 1, 0]


def test_neither_hash_nor_vector_alone_is_enough() -> None:
    near, far = BUSY ^ 0b11, ~BUSY % 2**64
    assert folded(names(2), [BUSY, near], at(0, 10)) == [0, 0]
    assert folded(names(2), [BUSY, far], at(0, 10)) == [0, 1]
    assert folded(names(2), [BUSY, near], at(0, 90)) == [0, 1]


def test_pictures_of_one_colour_are_told_apart_by_their_files_alone() -> None:
    assert folded(names(2), [0, 0], at(0, 0)) == [0, 1]


def test_there_are_no_chains() -> None:
    """The third is like the second, but not like the first, which stands for the second."""
    assert folded(names(3), [BUSY] * 3, at(0, 40, 80)) == [0, 0, 2]


def test_a_copy_of_a_folded_file_is_folded_into_the_same() -> None:
    assert folded([b"a", b"b", b"b"], [BUSY] * 3, at(0, 40, 80)) == [0, 0, 0]


def slowly(
    contents: Sequence[bytes], looks: Sequence[int], vectors: NDArray[np.floating]
) -> list[int]:
    found: list[int] = []
    for place in range(len(contents)):
        standing = place
        for other in range(place):
            if contents[other] == contents[place]:
                standing = found[other]
                break
        else:
            for other in range(place):
                bits = (looks[other] ^ looks[place]).bit_count()
                telling = min(looks[other].bit_count(), looks[place].bit_count()) >= 24
                alike = same_picture(bits, float(vectors[other] @ vectors[place]))
                if found[other] == other and telling and alike:
                    standing = other
                    break
        found.append(standing)
    return found


@given(st.data())
def test_it_is_what_comparing_one_by_one_gives(data: st.DataObject) -> None:
    count = data.draw(st.integers(0, 25))
    contents = [bytes([data.draw(st.integers(0, 18))]) for _ in range(count)]
    looks = [
        data.draw(st.sampled_from([BUSY, ~BUSY % 2**64, 0]))
        ^ data.draw(st.sampled_from([0, 1, 3, 7, 31, 127]))
        for _ in range(count)
    ]
    vectors = at(*(data.draw(st.integers(0, 12)) * 7 for _ in range(count)))
    expected = slowly(contents, looks, vectors.reshape(count, 2))
    assert folded(contents, looks, vectors) == expected
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(folding, "_AT_ONCE", 4)
        assert folded(contents, looks, vectors) == expected
