"""Events: what may be noted and imported, what is refused, and that nothing is stored half."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

import lookalike


def test_an_event_is_noted_by_path_id_or_url(library: lookalike.Library, filled: Path) -> None:
    library.events.add("ann", filled / "1.png", "like", time=10)
    library.events.add("ann", str(filled / "2.png"), "view", time="1970-01-01T00:00:20")
    library.events.add("ann", 3, "custom", weight=0.5, time=datetime.fromtimestamp(30, UTC))
    library.events.add("ann", (filled / "4.png").as_uri(), "dislike", time=40)
    found = library.events.of("ann")
    assert [Path(event.uri).stem for event in found] == ["1", "2", "2", "4"]
    assert [(event.kind, event.weight, event.time) for event in found] == [
        ("like", 3, 10),
        ("view", 1, 20),
        ("custom", 0.5, 30),
        ("dislike", -3, 40),
    ]
    assert len(library.events) == 4
    with pytest.raises(lookalike.NotInLibraryError, match="nobody"):
        library.events.of("nobody")
    json.dumps([event.to_dict() for event in found])


@pytest.mark.parametrize(
    ("arguments", "error", "said"),
    [
        (("ann", "nowhere.png", "like"), lookalike.NotInLibraryError, "nowhere"),
        (("ann", 999, "like"), lookalike.NotInLibraryError, "999"),
        (("ann", 1.5, "like"), lookalike.UsageError, "float"),
        (("ann", 1, "shrug"), lookalike.UsageError, "shrug"),
        (("", 1, "like"), lookalike.UsageError, "user"),
        (("ann", 1, "custom"), lookalike.UsageError, "weight"),
        (("ann", 1, "like", {"weight": 0}), lookalike.UsageError, "weight"),
        (("ann", 1, "like", {"weight": float("nan")}), lookalike.UsageError, "weight"),
        (("ann", 1, "like", {"weight": -1}), lookalike.UsageError, "above 0"),
        (("ann", 1, "dislike", {"weight": 1}), lookalike.UsageError, "below 0"),
        (("ann", 1, "like", {"weight": 1, "time": "yesterday"}), lookalike.UsageError, "time"),
        (("ann", 1, "like", {"weight": 1, "time": float("inf")}), lookalike.UsageError, "time"),
    ],
)
def test_wrong_events_are_refused(
    library: lookalike.Library, arguments: tuple[Any, ...], error: type[Exception], said: str
) -> None:
    user, item, kind, *rest = arguments
    with pytest.raises(error, match=said):
        library.events.add(user, item, kind, **(rest[0] if rest else {}))
    assert len(library.events) == 0


def test_a_folder_is_no_item(library: lookalike.Library, filled: Path) -> None:
    with pytest.raises(lookalike.UsageError, match="folder of 13"):
        library.events.add("ann", filled, "like")


TABLE = """\
who,visitor_id,picture,event_type,timestamp
x,ann,1.png,view,100
x,ann,1.png,view,100
x,ann,https://example.org/2,purchase,200
x,bob,none.png,like,300
x,bob,3.png,shrug,400
x,,3.png,like,500
x,bob,4.png,like,soon
"""


def test_a_table_is_imported_and_every_row_accounted_for(
    library: lookalike.Library, filled: Path
) -> None:
    path = filled / "events.csv"
    path.write_text(TABLE)
    report = library.events.import_table(path)
    assert (report.rows, report.added, report.repeated) == (7, 2, 1)
    assert (report.unknown, report.failed, report.users) == (1, 3, 1)
    assert report.unknown_items == ("none.png",)
    assert [problem.split(":")[0] for problem in report.problems] == ["line 6", "line 7", "line 8"]
    assert [event.kind for event in library.events.of("ann")] == ["view", "buy"]
    again = library.events.import_table(path, kinds={"shrug": "view"})
    assert (again.added, again.repeated, again.failed) == (1, 3, 2)
    json.dumps(report.to_dict())


def test_items_may_be_matched_by_a_column_of_their_own_table(
    library: lookalike.Library, tmp_path: Path
) -> None:
    path = tmp_path / "orders.jsonl"
    rows = [{"user": 7, "sku": "A-5", "w": 2.5}, {"user": 7, "sku": "A-none", "w": 1}]
    path.write_text("\n".join(map(json.dumps, rows)))
    report = library.events.import_table(path, match="sku", kind="buy", weight_column="w")
    assert (report.added, report.unknown) == (1, 1)
    (event,) = library.events.of("7")
    assert (Path(event.uri).name, event.kind, event.weight, event.time) == ("5.png", "buy", 2.5, 0)
    assert library.events.import_table(path, match="sku", kind="buy", weight_column="w").added == 0
    with pytest.raises(lookalike.UsageError, match="colour"):
        library.events.import_table(path, match="colour")


def test_parquet_and_image_ids(library: lookalike.Library, tmp_path: Path) -> None:
    from arro3.core import Array, DataType, Table
    from arro3.io import write_parquet

    table = Table.from_arrays(
        [
            Array(["ann", "bob"], DataType.utf8()),
            Array([1, 999], DataType.int64()),
            Array([1_700_000_000_000, 1_700_000_000_000], DataType.int64()),
        ],
        names=["user", "image_id", "time"],
    )
    write_parquet(table, tmp_path / "events.parquet")
    report = library.events.import_table(tmp_path / "events.parquet", kind="save")
    assert (report.added, report.unknown_items) == (1, ("999",))
    assert library.events.of("ann")[0].time == 1_700_000_000


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("e.csv", "item,kind\na,like\n", "looks like the user"),
        ("e.csv", "user,kind\na,like\n", "looks like the item"),
        ("e.csv", "", "empty"),
        ("e.txt", "user,item\n", "endings"),
        ("e.parquet", "user,item\n", "Parquet"),
        ("e.jsonl", "not json\n", "JSON"),
    ],
)
def test_broken_tables_are_refused_and_nothing_is_stored(
    library: lookalike.Library, tmp_path: Path, name: str, text: str, said: str
) -> None:
    (tmp_path / name).write_text(text)
    with pytest.raises(lookalike.TableError, match=said):
        library.events.import_table(tmp_path / name)
    with pytest.raises(lookalike.SourceNotFoundError):
        library.events.import_table(tmp_path / "none.csv")
    assert len(library.events) == 0


def test_wrong_mappings_are_refused(library: lookalike.Library, filled: Path) -> None:
    path = filled / "few.csv"
    path.write_text("user,item\nann,1.png\n")
    with pytest.raises(lookalike.TableError, match="'who'"):
        library.events.import_table(path, user_column="who")
    for wrong in ({"kind": "shrug"}, {"kinds": {"a": "shrug"}}):
        with pytest.raises(lookalike.UsageError, match="shrug"):
            library.events.import_table(path, **wrong)
    assert len(library.events) == 0


def test_a_user_is_forgotten(library: lookalike.Library) -> None:
    library.events.add("ann", 1, "like")
    library.events.add("bob", 1, "like")
    assert library.events.forget("ann") == 1
    assert len(library.events) == 1
    with pytest.raises(lookalike.NotInLibraryError, match="ann"):
        library.events.of("ann")
    with pytest.raises(lookalike.NotInLibraryError, match="ann"):
        library.events.forget("ann")
