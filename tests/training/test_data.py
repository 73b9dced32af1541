"""What folders and tables become, and what is said about them."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from lookalike.errors import SourceNotFoundError, TableError, TrainingDataError, UsageError
from lookalike.training.data import DataSet, Pair, Sample, read_data
from lookalike.training.data.components import connected
from lookalike.training.data.spelling import edit_distance, spelling_notes

Draw = Callable[..., Path]


@pytest.fixture
def draw(tmp_path: Path) -> Draw:
    """Return a function that writes pictures of noise to paths below ``tmp_path``."""

    def write(*names: str) -> Path:
        for name in names:
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            pixels = np.random.default_rng(len(name)).integers(0, 255, (20, 30, 3), np.uint8)
            Image.fromarray(pixels).save(path)
        return tmp_path

    return write


def test_a_folder_of_folders_has_one_class_per_deepest_folder(draw: Draw) -> None:
    root = draw("fruit/apple/1.png", "fruit/apple/2.png", "fruit/pear/1.png", "nut/1.png")
    data = read_data([root])
    assert data.kind == "labelled"
    assert data.classes == ("apple", "nut", "pear")
    assert [sample.name for sample in data.samples][:2] == [
        "fruit/apple/1.png",
        "fruit/apple/2.png",
    ]
    assert data.samples[0].labels == {"folder": "apple"}
    assert data.samples[0].path == root / "fruit/apple/1.png"


def test_folders_of_one_name_are_one_class_and_noted(draw: Draw) -> None:
    data = read_data([draw("train/cat/1.png", "test/cat/2.png", "train/dog/1.png")])
    assert data.labels.count("cat") == 2
    assert any("2 folders are called 'cat'" in note for note in data.notes)


def test_a_folder_of_pictures_is_unlabelled(draw: Draw) -> None:
    data = read_data(draw("1.png", "2.png"))
    assert data.kind == "unlabelled"
    assert data.labels == ("1.png", "2.png")


def test_several_folders_of_pictures_are_one_class_each(draw: Draw) -> None:
    root = draw("cat/1.png", "cat/2.png", "dog/1.png")
    data = read_data([root / "cat", root / "dog"])
    assert data.labels == ("cat", "cat", "dog")
    assert [sample.name for sample in data.samples] == ["cat/1.png", "cat/2.png", "dog/1.png"]


def test_kind_unlabelled_ignores_the_folders(draw: Draw) -> None:
    data = read_data([draw("cat/1.png", "cat/2.png", "3.png")], kind="unlabelled")
    assert data.kind == "unlabelled"
    assert len(data.classes) == 3


def test_pictures_beside_the_folders_are_left_out_and_noted(draw: Draw) -> None:
    data = read_data([draw("cat/1.png", "cat/2.png", "dog/1.png", "loose.png")])
    assert len(data) == 3
    assert data.notes == ("1 picture lies in no sub-folder and so has no class; left out.",)


@pytest.mark.parametrize("suffix", ["csv", "tsv", "jsonl"])
def test_a_table_is_read_with_its_guessed_columns(draw: Draw, suffix: str) -> None:
    root = draw("1.png", "2.png", "3.png")
    rows = [("1.png", "cat"), ("2.png", "cat"), ("3.png", "dog")]
    if suffix == "jsonl":
        lines = [json.dumps({"file": name, "category": label}) for name, label in rows]
    else:
        comma = "," if suffix == "csv" else "\t"
        lines = [comma.join(row) for row in [("file", "category"), *rows]]
    (root / f"t.{suffix}").write_text("\n".join(lines))
    data = read_data([root / f"t.{suffix}"])
    assert (data.kind, data.labels) == ("labelled", ("cat", "cat", "dog"))
    assert data.samples[2].labels == {"category": "dog"}
    assert data.samples[2].name == "3.png"


def test_a_parquet_table_is_read(draw: Draw) -> None:
    import arro3.core as arrow
    from arro3.io import write_parquet

    root = draw("1.png", "2.png", "3.png")
    files, labels = ["1.png", "2.png", "3.png"], [7, 7, 8]
    table = arrow.Table.from_pydict(
        {
            "file": arrow.Array(files, type=arrow.DataType.string()),
            "label": arrow.Array(labels, type=arrow.DataType.int64()),
        }
    )
    write_parquet(table, root / "t.parquet")
    assert read_data([root / "t.parquet"]).labels == ("7", "7", "8")


def test_a_column_whose_values_repeat_is_preferred(draw: Draw) -> None:
    root = draw("1.png", "2.png", "3.png")
    (root / "t.csv").write_text("file,label,species\n1.png,x,cat\n2.png,y,cat\n3.png,z,dog\n")
    assert read_data([root / "t.csv"]).classes == ("cat", "dog")


def test_named_columns_are_taken_and_the_first_is_the_class(draw: Draw) -> None:
    root = draw("1.png", "2.png", "3.png")
    table = root / "t.csv"
    table.write_text("a,maker,colour\n1.png,x,red\n2.png,x,red\n3.png,y,blue\n")
    data = read_data([table], image_column="a", label_columns=["colour", "maker"])
    assert data.classes == ("blue", "red")
    assert data.samples[0].labels == {"colour": "red", "maker": "x"}


def test_rows_without_a_label_or_a_file_are_noted(draw: Draw) -> None:
    root = draw("1.png", "2.png", "3.png", "4.png")
    (root / "t.csv").write_text(
        "file,label\n1.png,cat\n2.png,cat\n3.png,dog\n4.png,\ngone.png,dog\nhttp://x.y/1.png,dog\n"
    )
    data = read_data([root / "t.csv"])
    assert len(data) == 3
    assert len(data.notes) == 3
    assert any("gone.png" in note for note in data.notes)
    assert any("download it first" in note for note in data.notes)
    assert any("1 row of t.csv left out: no label" in note for note in data.notes)


def test_a_picture_with_two_labels_keeps_the_first(draw: Draw) -> None:
    root = draw("1.png", "2.png", "3.png")
    (root / "t.csv").write_text("file,label\n1.png,cat\n2.png,cat\n3.png,dog\n1.png,dog\n")
    data = read_data([root / "t.csv"])
    assert data.labels == ("cat", "cat", "dog")
    assert "has the labels 'cat' and 'dog'" in data.notes[0]


@pytest.mark.parametrize("header", ["image1,image2,same", "image1,image2,label", "a,b,is_match"])
def test_a_table_of_pairs_joins_what_is_the_same(draw: Draw, header: str) -> None:
    root = draw("1.png", "2.png", "3.png", "4.png")
    (root / "t.csv").write_text(f"{header}\n1.png,2.png,1\n3.png,2.png,yes\n1.png,4.png,0\n")
    data = read_data([root / "t.csv"])
    assert data.kind == "pairs"
    assert data.labels == ("1.png", "1.png", "1.png", "4.png")
    assert data.pairs == (Pair(0, 1, True), Pair(0, 3, False), Pair(1, 2, True))


def test_a_thumbnail_beside_a_class_is_no_pair(draw: Draw) -> None:
    root = draw("1.png", "2.png", "3.png", "small.png")
    (root / "t.csv").write_text(
        "image,thumbnail,label\n1.png,small.png,0\n2.png,small.png,0\n3.png,small.png,1\n"
    )
    assert read_data([root / "t.csv"]).kind == "labelled"


def test_broken_pictures_are_left_out_one_by_one(draw: Draw) -> None:
    root = draw("cat/1.png", "cat/2.png", "dog/1.png", "dog/2.png")
    good = (root / "dog/2.png").read_bytes()
    (root / "dog/2.png").write_bytes(good[: len(good) // 2])
    (root / "dog/3.jpg").write_bytes(b"no picture")
    steps: list[tuple[int, int]] = []
    data = read_data([root], progress=lambda done, total: steps.append((done, total)))
    assert len(data) == 3
    assert ["dog/2.png" in data.notes[0], "dog/3.jpg" in data.notes[1]] == [True, True]
    assert steps == [(count, 5) for count in range(1, 6)]
    assert len(read_data([root], check=False)) == 5


def test_one_class_only_says_what_to_do(draw: Draw) -> None:
    with pytest.raises(TrainingDataError, match=r"one class only 'cat'.*kind='unlabelled'"):
        read_data([draw("cat/1.png", "cat/2.png")])


def test_no_class_with_two_pictures_says_what_to_do(draw: Draw) -> None:
    with pytest.raises(TrainingDataError, match="no class has two pictures"):
        read_data([draw("cat/1.png", "dog/2.png")])


def test_nothing_to_learn_from_says_what_was_found(draw: Draw) -> None:
    root = draw("1.png", "2.png", "3.png")
    (root / "empty").mkdir()
    with pytest.raises(TrainingDataError, match=r"no pictures in .*empty"):
        read_data([root / "empty"])
    with pytest.raises(TrainingDataError, match="1 picture without labels"):
        read_data([root / "1.png"])
    (root / "t.csv").write_text("file,price\n1.png,3\n2.png,4\n")
    with pytest.raises(TrainingDataError, match=r"no column that looks like labels.*file, price"):
        read_data([root / "t.csv"])
    with pytest.raises(TrainingDataError, match="holds no pairs"):
        read_data([root / "t.csv"], kind="pairs")
    (root / "p.csv").write_text("a,b,same\n1.png,2.png,0\n")
    with pytest.raises(TrainingDataError, match="none of them the same"):
        read_data([root / "p.csv"])


def test_wrong_sources_and_columns_are_refused(draw: Draw) -> None:
    root = draw("1.png", "2.png")
    (root / "t.csv").write_text("file,label\n1.png,x\n2.png,x\n")
    with pytest.raises(SourceNotFoundError):
        read_data([root / "nowhere"])
    with pytest.raises(TableError, match="no column 'colour'"):
        read_data([root / "t.csv"], label_columns=["colour"])
    with pytest.raises(UsageError, match="none of the sources is a table"):
        read_data([root], label_columns=["label"])


def test_the_fingerprint_knows_names_and_labels_and_no_order() -> None:
    one, two = Sample(Path("1.png"), "a"), Sample(Path("2.png"), "b")
    data = DataSet([one, two], "labelled")
    assert data.fingerprint == DataSet([two, one], "labelled").fingerprint
    assert data.fingerprint == DataSet([Sample(Path("/x/1.png"), "a"), two], "labelled").fingerprint
    assert data.fingerprint != DataSet([Sample(Path("1.png"), "b"), two], "labelled").fingerprint
    assert data.fingerprint != data.select([0]).fingerprint


def test_select_keeps_the_pairs_among_the_chosen() -> None:
    samples = [Sample(Path(f"{number}.png"), str(number)) for number in range(3)]
    data = DataSet(samples, "pairs", [Pair(0, 2, True), Pair(0, 1, False)])
    assert data.select([2, 0]).pairs == (Pair(1, 0, True),)
    with pytest.raises(UsageError):
        data.select([3])


def test_a_misspelt_label_is_noted(draw: Draw) -> None:
    names = [f"mushroom/{number}.png" for number in range(5)]
    data = read_data([draw("mushrom/1.png", "tree/1.png", "tree/2.png", *names)])
    assert data.notes == ("The label 'mushrom' occurs once; did you mean 'mushroom' (5 pictures)?",)


@pytest.mark.parametrize("label", ["part 13", "cot", "fir tree"])
def test_labels_that_differ_on_purpose_are_not_noted(label: str) -> None:
    assert spelling_notes([label, *["part 12"] * 9, *["cat"] * 9, *["oak trees"] * 9]) == []


@given(st.text("abc", max_size=6), st.text("abc", max_size=6), st.text("abc", max_size=6))
def test_the_edit_distance_is_a_metric(one: str, two: str, three: str) -> None:
    assert edit_distance(one, two) == edit_distance(two, one)
    assert (edit_distance(one, two) == 0) == (one == two)
    assert edit_distance(one, three) <= edit_distance(one, two) + edit_distance(two, three)


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9))))
def test_linked_nodes_share_their_smallest(links: list[tuple[int, int]]) -> None:
    roots = connected(10, links)
    slow = list(range(10))
    for _ in range(10):
        for one, two in links:
            slow[one] = slow[two] = min(slow[one], slow[two])
    assert roots == slow


def test_a_group_column_keeps_classes_together(draw: Draw) -> None:
    root = draw(*(f"{number}.png" for number in range(6)))
    lines = ["path,label,photographer", "0.png,a,Ann", "1.png,a,Ann", "2.png,b,Ann"]
    lines += ["3.png,b,", "4.png,c,Bob", "5.png,c,Bob", "5.png,c,Cas"]
    (root / "table.csv").write_text("\n".join(lines))
    data = read_data([root / "table.csv"], group_column="photographer")
    assert [sample.group for sample in data.samples] == ["Ann", "Ann", "Ann", "", "Bob", "Bob"]
    assert data.classes == ("a", "b", "c")
    assert any("'Bob' and 'Cas'" in note for note in data.notes)
    without = read_data([root / "table.csv"], label_columns=["label"])
    assert without.fingerprint != data.fingerprint
    with pytest.raises(TableError, match="photografer"):
        read_data([root / "table.csv"], group_column="photografer")
    with pytest.raises(UsageError, match="none of the sources is a table"):
        read_data([draw("x/a/1.png", "x/b/1.png") / "x"], group_column="photographer")


def test_pairs_have_no_groups(draw: Draw) -> None:
    root = draw("1.png", "2.png", "3.png")
    (root / "p.csv").write_text("path1,path2,same,who\n1.png,2.png,1,x\n1.png,3.png,0,x\n")
    with pytest.raises(TrainingDataError, match="pairs, which have no groups"):
        read_data([root / "p.csv"], group_column="who")


def test_pairs_that_contradict_a_chain_are_noted(draw: Draw) -> None:
    root = draw("1.png", "2.png", "3.png", "4.png")
    (root / "p.csv").write_text(
        "path1,path2,same\n1.png,2.png,1\n2.png,3.png,1\n1.png,3.png,0\n1.png,4.png,0\n"
    )
    data = read_data([root / "p.csv"])
    (note,) = [note for note in data.notes if "chain" in note]
    assert "1.png and" in note
    assert "3.png are called different" in note


@pytest.mark.parametrize("mark", "|;")
def test_cells_of_several_labels_are_noted(draw: Draw, mark: str) -> None:
    root = draw(*(f"{number}.png" for number in range(6)))
    cells = [f"red{mark}shoe", f"red{mark}hat", "red", "red", "hat", "hat"]
    lines = ["path,label", *(f"{number}.png,{cell}" for number, cell in enumerate(cells))]
    (root / "table.csv").write_text("\n".join(lines))
    notes = read_data([root / "table.csv"]).notes
    assert any(f"2 labels such as 'red{mark}shoe' seem to hold several" in note for note in notes)


def test_one_label_with_a_bar_in_it_is_none_of_several(draw: Draw) -> None:
    root = draw("1.png", "2.png", "3.png", "4.png")
    lines = ["path,label", "1.png,a|b", "2.png,a|b", "3.png,c", "4.png,c"]
    (root / "table.csv").write_text("\n".join(lines))
    assert not any("several" in note for note in read_data([root / "table.csv"]).notes)


def test_a_pair_with_a_picture_that_is_missing_is_noted(draw: Draw) -> None:
    root = draw("1.png", "2.png", "3.png")
    (root / "p.csv").write_text(
        "path1,path2,same\n1.png,2.png,1\n1.png,gone.png,1\n2.png,3.png,0\n"
    )
    data = read_data([root / "p.csv"])
    assert len(data) == 3
    assert any("gone.png" in note or "1 row" in note for note in data.notes)
