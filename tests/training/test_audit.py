"""Pictures that are in two parts of a split."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from lookalike.errors import TrainingDataError
from lookalike.training.data import DataSet, NearDuplicate, Sample, Split, audit
from lookalike.training.data.audit import near_hashes

MakeScene = Callable[..., Image.Image]


def _split(data: DataSet, *parts: list[int]) -> Split:
    fit, select, report = (np.array(part, dtype=np.int64) for part in parts)
    names = tuple(sample.name for sample in data.samples)
    return Split(fit, select, report, 0, (0.5, 0.2, 0.3), names, data.labels)


def _data(folder: Path, count: int) -> DataSet:
    return DataSet([Sample(folder / f"{n}.png", str(n // 2)) for n in range(count)], "labelled")


@pytest.fixture
def folder(tmp_path: Path, make_scene: MakeScene) -> Path:
    """Return a folder with eight pictures, of which 5 and 7 are edits of 1."""
    for number in range(8):
        make_scene(number).save(tmp_path / f"{number}.png")
    make_scene(1).save(tmp_path / "5.png", compress_level=0)
    make_scene(1).resize((120, 90)).save(tmp_path / "7.png")
    return tmp_path


def test_near_duplicates_across_parts_are_found(folder: Path) -> None:
    data = _data(folder, 8)
    found = audit(data, _split(data, [0, 1, 2, 3], [4, 5], [6, 7]))
    assert [(pair.first, pair.second) for pair in found.near] == [(1, 5), (1, 7), (5, 7)]
    assert found.near[0].distance == 0
    assert found.between == (("fit", "select", 1), ("fit", "report", 1), ("select", "report", 1))
    assert "1.png and 5.png (distance 0)" in found.describe()


def test_near_duplicates_within_a_part_are_none_of_its_business(folder: Path) -> None:
    data = _data(folder, 8)
    found = audit(data, _split(data, [1, 5, 7], [0, 2], [3, 4]))
    assert found.near == ()
    assert found.describe() == "No picture of one part looks the same as one of another."


def test_duplicates_leave_the_part_to_fit_only(folder: Path) -> None:
    data = _data(folder, 8)
    split = _split(data, [0, 1, 2, 3], [4, 5], [6, 7])
    clean = audit(data, split).without_duplicates(split)
    assert clean.fit.tolist() == [0, 2, 3]
    assert (clean.select.tolist(), clean.report.tolist()) == ([4, 5], [6, 7])


def test_a_split_that_would_be_left_with_nothing_is_refused(folder: Path) -> None:
    data = _data(folder, 8)
    split = _split(data, [0, 1], [4, 5], [6, 7])
    with pytest.raises(TrainingDataError, match="no two of a class are left"):
        audit(data, split).without_duplicates(split)


def test_plain_pictures_count_only_when_their_files_are_equal(tmp_path: Path) -> None:
    for number, colour in enumerate(["red", "red", "blue"]):
        Image.new("RGB", (64, 64), colour).save(tmp_path / f"{number}.png")
    data = _data(tmp_path, 3)
    found = audit(data, _split(data, [0], [1], [2]))
    assert found.near == (NearDuplicate(0, 1, 0),)


def test_unreadable_pictures_are_passed_over(folder: Path) -> None:
    for name in ("0.png", "4.png"):
        (folder / name).write_bytes(b"broken")
    data = _data(folder, 8)
    assert audit(data, _split(data, [0, 2], [3, 4], [6])).near == ()


def test_progress_counts_the_pictures_of_all_parts(folder: Path) -> None:
    data = _data(folder, 8)
    steps: list[tuple[int, int]] = []
    audit(data, _split(data, [0, 1], [2], [3]), progress=lambda *step: steps.append(step))
    assert steps == [(1, 4), (2, 4), (3, 4), (4, 4)]


def test_a_split_of_other_data_is_refused(folder: Path) -> None:
    data = _data(folder, 8)
    with pytest.raises(TrainingDataError, match="other pictures"):
        audit(data.select([0, 1]), _split(data, [0], [1], [2]))


@given(
    st.lists(st.integers(0, 255), max_size=20),
    st.lists(st.integers(0, 255), max_size=20),
    st.integers(0, 8),
)
def test_near_hashes_are_those_of_counting_bits(
    first: list[int], second: list[int], most: int
) -> None:
    found = near_hashes(np.array(first, np.uint64), np.array(second, np.uint64), most=most)
    slow = [
        (row, column, (one ^ other).bit_count())
        for row, one in enumerate(first)
        for column, other in enumerate(second)
        if (one ^ other).bit_count() <= most
    ]
    assert list(found) == slow
