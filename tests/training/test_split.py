"""How classes are divided into parts."""

import hashlib
import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lookalike.errors import TrainingDataError, UsageError
from lookalike.training.data import DataSet, Kind, Pair, Sample, Split, split_classes
from lookalike.training.data.split import PARTS


def _data(counts: dict[str, int], kind: Kind = "labelled") -> DataSet:
    samples = [
        Sample(Path(f"{label}/{number}.png"), label, name=f"{label}/{number}.png")
        for label, count in counts.items()
        for number in range(count)
    ]
    return DataSet(samples, kind)


def _named(data: DataSet, split: Split) -> dict[str, set[str]]:
    return {part: {data.samples[place].name for place in getattr(split, part)} for part in PARTS}


@given(
    st.dictionaries(st.text("abcdef", min_size=1, max_size=3), st.integers(1, 5), min_size=3),
    st.integers(0, 5),
)
def test_no_class_is_in_two_parts_and_none_is_lost(counts: dict[str, int], seed: int) -> None:
    data = _data(counts)
    if sum(count > 1 for count in counts.values()) < 3:
        with pytest.raises(TrainingDataError):
            split_classes(data, seed=seed)
        return
    split = split_classes(data, seed=seed)
    together = np.concatenate([split.fit, split.select, split.report])
    assert sorted(together) == list(range(len(data)))
    classes = [{data.labels[place] for place in getattr(split, part)} for part in PARTS]
    assert not (classes[0] & classes[1])
    assert not (classes[0] & classes[2])
    assert not (classes[1] & classes[2])
    assert all(any(counts[label] > 1 for label in part) for part in classes)
    assert all(getattr(split, part).dtype == np.int64 for part in PARTS)


@given(st.permutations(range(24)))
def test_the_order_of_the_samples_does_not_matter(order: list[int]) -> None:
    data = _data({f"class {number}": 1 + number % 3 for number in range(12)})
    shuffled = data.select(order)
    assert _named(data, split_classes(data)) == _named(shuffled, split_classes(shuffled))


def test_each_seed_divides_otherwise() -> None:
    data = _data({f"class {number}": 2 for number in range(30)})
    assert len({tuple(split_classes(data, seed=seed).fit) for seed in range(5)}) == 5


def test_the_shares_are_those_asked_for() -> None:
    data = _data({f"class {number}": 2 for number in range(100)})
    split = split_classes(data, fractions=(0.6, 0.15, 0.25))
    assert [len(getattr(split, part)) for part in PARTS] == [120, 30, 50]


def test_connected_pairs_stay_together() -> None:
    samples = [Sample(Path(f"{number}.png"), f"{number - number % 2}.png") for number in range(20)]
    pairs = [Pair(number, number + 1, True) for number in range(0, 20, 2)]
    split = split_classes(DataSet(samples, "pairs", pairs))
    for part in PARTS:
        places = set(getattr(split, part).tolist())
        assert places == {place ^ 1 for place in places}


def test_unlabelled_pictures_are_divided_one_by_one() -> None:
    split = split_classes(_data({str(number): 1 for number in range(10)}, "unlabelled"))
    assert [len(getattr(split, part)) for part in PARTS] == [5, 2, 3]
    assert split.describe().splitlines()[0] == "fit:           5 pictures"


@pytest.mark.parametrize("fractions", [(0.5, 0.5), (0.5, 0.5, 0.0), (0.5, 0.5, 0.5), (1, 1, -1)])
def test_fractions_must_be_shares_of_a_whole(fractions: tuple[float, ...]) -> None:
    with pytest.raises(UsageError):
        split_classes(_data({"a": 2, "b": 2, "c": 2}), fractions=fractions)


def test_too_few_classes_are_counted_in_the_message() -> None:
    with pytest.raises(TrainingDataError, match="2 classes of two pictures; at least 3"):
        split_classes(_data({"a": 2, "b": 2, "c": 1}))


def test_describe_counts_pictures_and_classes() -> None:
    text = split_classes(_data({"a": 2, "b": 2, "c": 2, "d": 1})).describe()
    assert "2 pictures of 1 class" in text
    assert "3 pictures of 2 classes, 1 with two pictures or more" in text


def test_a_saved_split_is_the_same_for_data_in_another_order(tmp_path: Path) -> None:
    data = _data({f"class {number}": 2 for number in range(9)})
    split = split_classes(data, seed=3)
    split.save(tmp_path / "split.json")
    shuffled = data.select(range(len(data) - 1, -1, -1))
    again = Split.load(tmp_path / "split.json", shuffled)
    assert _named(shuffled, again) == _named(data, split)
    assert (again.seed, again.fractions) == (split.seed, split.fractions)
    assert [path.name for path in tmp_path.iterdir()] == ["split.json"]


@pytest.mark.parametrize(("before", "now"), [("all/", ""), ("", "all/"), ("old/all/", "new/")])
def test_a_split_is_that_of_the_same_pictures_below_another_folder(
    before: str, now: str, tmp_path: Path
) -> None:
    data = _data({f"class {number}": 2 for number in range(9)})

    def below(folder: str) -> DataSet:
        samples = [Sample(s.path, s.label, name=folder + s.name) for s in data.samples]
        return DataSet(samples, "labelled")

    split = split_classes(below(before))
    split.save(tmp_path / "split.json")
    again = Split.load(tmp_path / "split.json", below(now))
    for part in PARTS:
        assert getattr(again, part).tolist() == getattr(split, part).tolist()
    assert again.names == tuple(now + sample.name for sample in data.samples)
    with pytest.raises(TrainingDataError, match="other pictures"):
        Split.load(tmp_path / "split.json", below(now).select(range(16)))


def test_a_split_of_other_pictures_or_labels_is_refused(tmp_path: Path) -> None:
    data = _data({"a": 2, "b": 2, "c": 2})
    path = tmp_path / "split.json"
    split_classes(data).save(path)
    with pytest.raises(TrainingDataError, match="2 of its pictures are gone and 0 are new"):
        Split.load(path, data.select(range(4)))
    relabelled = DataSet([Sample(s.path, "x", name=s.name) for s in data.samples], "labelled")
    with pytest.raises(TrainingDataError, match="'x' is in two parts"):
        Split.load(path, relabelled)


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"version": 1}'])
def test_a_damaged_file_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "split.json").write_text(text)
    with pytest.raises(TrainingDataError, match="no split"):
        Split.load(tmp_path / "split.json", _data({"a": 1}))
    with pytest.raises(TrainingDataError, match="cannot be read"):
        Split.load(tmp_path / "none.json", _data({"a": 1}))


def test_the_file_names_the_pictures_of_each_part(tmp_path: Path) -> None:
    split_classes(_data({"a": 2, "b": 2, "c": 2})).save(tmp_path / "split.json")
    content = json.loads((tmp_path / "split.json").read_text())
    assert sorted(name for part in PARTS for name in content[part])[:2] == ["a/0.png", "a/1.png"]
    assert content["left_out"] == []


def _grouped(groups: dict[str, str], count: int = 2) -> DataSet:
    """Return classes with pictures of one group each; the group of a class is after its name."""
    samples = [
        Sample(Path(f"{label}/{number}.png"), label, name=f"{label}/{number}.png", group=group)
        for label, group in groups.items()
        for number in range(count)
    ]
    return DataSet(samples, "labelled")


@given(
    st.dictionaries(
        st.text("abcdef", min_size=1, max_size=3), st.sampled_from(["", *"uvwxyz"]), min_size=3
    ),
    st.integers(0, 3),
)
def test_no_group_is_in_two_parts(groups: dict[str, str], seed: int) -> None:
    data = _grouped(groups)
    units = len({group or f"class {label}" for label, group in groups.items()})
    if units < 3:
        with pytest.raises(TrainingDataError, match="tie"):
            split_classes(data, seed=seed)
        return
    split = split_classes(data, seed=seed)
    found = [{data.samples[place].group for place in getattr(split, part)} for part in PARTS]
    for one in range(3):
        assert len(getattr(split, PARTS[one]))
        assert not (found[one] & found[one - 1]) - {""}


def test_a_class_in_two_groups_ties_them() -> None:
    data = _grouped({f"class {number}": f"group {number % 7}" for number in range(28)})
    both = [
        Sample(Path(f"both/{number}.png"), "both", name=f"both/{number}.png", group=group)
        for number, group in enumerate(["group 1", "group 4"])
    ]
    data = DataSet([*data.samples, *both], "labelled")
    for seed in range(10):
        split = split_classes(data, seed=seed)
        parts = [{data.samples[place].group for place in getattr(split, part)} for part in PARTS]
        assert sum({"group 1", "group 4"} <= part for part in parts) == 1
        assert sum(bool({"group 1", "group 4"} & part) for part in parts) == 1


def test_without_groups_the_shares_are_cut_from_the_classes_in_order_of_their_hash() -> None:
    data = _data({f"class {number}": 1 + number % 3 for number in range(50)})
    split = split_classes(data, seed=4)
    order = sorted(
        (f"class {number}" for number in range(50) if number % 3),
        key=lambda label: hashlib.sha256(f"4\0{label}".encode()).digest(),
    )
    several = [
        {data.labels[place] for place in getattr(split, part)} & set(order) for part in PARTS
    ]
    first, second = len(several[0]), len(several[0]) + len(several[1])
    assert several == [set(order[:first]), set(order[first:second]), set(order[second:])]
