"""Tables of pictures: CSV, JSON Lines and Parquet."""

from __future__ import annotations

import codecs
import datetime
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from lookalike.errors import SourceError, SourceNotFoundError, TableError
from lookalike.sources import Item, Unreadable, find_items
from lookalike.sources.values import json_value, text_value


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("a.png", "b.png", "deep/ü ö.png", "plain"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        Image.new("RGB", (4, 4)).save(path, "PNG")
    return tmp_path


def table(folder: Path, name: str, text: str | bytes) -> Path:
    path = folder / name
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return path


def found(path: Path, **options: Any) -> list[Item | Unreadable]:
    return list(find_items([path], **options))


def test_a_csv_gives_items_with_metadata(folder: Path) -> None:
    path = table(
        folder,
        "list.csv",
        "sku,image,product_url,price,title\n"
        '007,a.png,https://shop/1,12.5,"Red, large"\n'
        "x-8,deep/ü ö.png,,3,\n",
    )
    first, second = found(path)
    assert first.uri == str(folder / "a.png")
    assert first.page_url == "https://shop/1"
    assert first.metadata == {"sku": "007", "price": 12.5, "title": "Red, large"}
    assert first.size == (folder / "a.png").stat().st_size
    assert second.url.endswith("/deep/%C3%BC%20%C3%B6.png")
    assert second.page_url is None
    assert second.metadata == {"sku": "x-8", "price": 3, "title": None}


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_csv_dialects_are_recognised(
    folder: Path, delimiter: str, encoding: str, newline: str
) -> None:
    text = delimiter.join(["image", "name, or so"] if delimiter != "," else ["image", "name"])
    text += newline + delimiter.join(["a.png", '"two\nlines"']) + newline
    (item,) = found(table(folder, "t.csv", text.encode(encoding)))
    assert item.uri == str(folder / "a.png")
    assert list(item.metadata.values()) == ["two\nlines"]


def test_a_tsv_is_split_at_tabs(folder: Path) -> None:
    (item,) = found(table(folder, "t.tsv", "image\ttitle, long\na.png\tx\n"))
    assert item.metadata == {"title, long": "x"}


def test_a_table_of_one_column_is_enough(folder: Path) -> None:
    assert [item.uri for item in found(table(folder, "t.csv", "file\na.png\n\nb.png\n"))] == [
        str(folder / "a.png"),
        str(folder / "b.png"),
    ]


def test_bad_rows_of_a_csv_are_reported_by_line(folder: Path) -> None:
    path = table(
        folder,
        "t.csv",
        b"image,title\na.png,x\n,empty\nmissing.png,y\na.png,x,too,many\nb.png,caf\xe9\nb.png,ok\n",
    )
    items = found(path)
    assert [type(item).__name__ for item in items] == [
        *("Item", "Unreadable", "Unreadable", "Unreadable", "Unreadable", "Item")
    ]
    empty, missing, ragged, encoded = items[1:5]
    assert (empty.uri, type(empty.error)) == (f"{path}:3", TableError)
    assert (missing.uri, type(missing.error)) == (str(folder / "missing.png"), SourceNotFoundError)
    assert "line 4 of t.csv" in str(missing.error)
    assert "4 cells" in str(ragged.error)
    assert "UTF-8" in str(encoded.error)


def test_lines_are_counted_through_blank_ones(folder: Path) -> None:
    path = table(folder, "t.csv", '\n\nimage,title\n\na.png,"one\n\ntwo"\n\nnone.png,x\n')
    item, missing = found(path)
    assert item.metadata == {"title": "one\n\ntwo"}
    assert "line 9 of t.csv" in str(missing.error)


def test_a_semicolon_table_with_decimal_commas_is_recognised(folder: Path) -> None:
    rows = "".join(f"{name}.png;1,5;2,5\n" for name in "ab")
    assert found(table(folder, "t.csv", "image;width;height\n" + rows))[0].metadata == {
        "width": "1,5",
        "height": "2,5",
    }


def test_short_rows_and_empty_extra_cells_are_forgiven(folder: Path) -> None:
    items = found(table(folder, "t.csv", "image,title\na.png\nb.png,x,,\n"))
    assert [item.metadata for item in items] == [{"title": None}, {"title": "x"}]


def test_columns_of_one_name_get_numbers(folder: Path) -> None:
    (item,) = found(table(folder, "t.csv", "image,tag,tag,\na.png,x,y,z\n"))
    assert item.metadata == {"tag": "x", "tag_2": "y", "column_4": "z"}


def test_jsonl_keeps_json_values(folder: Path) -> None:
    lines = [
        {"path": "a.png", "tags": ["x", 1], "price": 2.5, "ok": True, "none": None, "code": "007"},
        {"path": "b.png", "other": {"deep": 1}},
    ]
    path = table(folder, "t.jsonl", "\n\n".join(json.dumps(line) for line in lines))
    first, second = found(path)
    assert first.metadata == {
        **{"tags": ["x", 1], "price": 2.5, "ok": True, "none": None, "code": "007"}
    }
    assert second.metadata == {"other": {"deep": 1}}


def test_bad_lines_of_jsonl_are_reported_by_number(folder: Path) -> None:
    path = table(
        folder,
        "t.ndjson",
        '\ufeff{"image": "a.png"}\nnot json\n[1]\n{"image": 5}\n{"title": "x"}\n'
        '{"image": "data:image/png;base64,AA"}\n{"image": "s3://bucket/x.png"}\n'
        '{"image": "a\\u0000.png"}\n{"image": "\\ud800.png"}\n' + "[" * 100_000 + "\n",
    )
    items = found(path)
    assert isinstance(items[0], Item)
    assert all(isinstance(item, Unreadable) for item in items[1:])
    assert [item.uri for item in items[1:]] == [f"{path}:{line}" for line in range(2, 11)]
    assert all(isinstance(item.error, SourceError) for item in items[1:])
    assert "not valid JSON" in str(items[1].error)
    assert "holds a int" in str(items[3].error)
    for item in items:
        item.uri.encode("utf-8")


def test_values_that_strict_json_cannot_hold_become_none(folder: Path) -> None:
    path = table(folder, "t.jsonl", '{"image": "a.png", "x": NaN, "y": [Infinity], "z": "\\ud800"}')
    (item,) = found(path)
    assert item.metadata == {"x": None, "y": [None], "z": "?"}
    json.dumps(dict(item.metadata), allow_nan=False).encode("utf-8")


def write_parquet(path: Path, columns: dict[str, tuple[list[Any], Any]]) -> Path:
    from arro3.core import Array, RecordBatch
    from arro3.io import write_parquet as write

    arrays = {name: Array(values, kind) for name, (values, kind) in columns.items()}
    write(RecordBatch.from_pydict(arrays), path)
    return path


def test_parquet_gives_items_with_metadata(folder: Path) -> None:
    from arro3.core import DataType

    path = write_parquet(
        folder / "t.parquet",
        {
            "image": (["a.png", "https://x/y.jpg", None], DataType.utf8()),
            "price": ([1.5, None, 2.0], DataType.float64()),
            "count": ([1, 2, 3], DataType.int64()),
            "raw": ([b"a", b"b", b"c"], DataType.binary()),
        },
    )
    first, second, third = found(path)
    assert first.uri == str(folder / "a.png")
    assert first.metadata == {"price": 1.5, "count": 1, "raw": None}
    assert (second.uri, second.path) == ("https://x/y.jpg", None)
    assert isinstance(third, Unreadable)
    assert third.uri == f"{path}:3"


def test_parquet_of_many_batches_is_read_to_its_end(folder: Path) -> None:
    from arro3.core import DataType

    names = [f"https://x/{number}.jpg" for number in range(3000)]
    path = write_parquet(folder / "t.parquet", {"url": (names, DataType.utf8())})
    assert [item.uri for item in found(path)] == names


@pytest.mark.parametrize("cut", [0, 3, 100, -1])
def test_a_cut_off_parquet_is_refused(folder: Path, cut: int) -> None:
    from arro3.core import DataType

    path = write_parquet(folder / "t.parquet", {"image": (["a.png"], DataType.utf8())})
    path.write_bytes(path.read_bytes()[:cut])
    with pytest.raises(TableError, match="Parquet"):
        found(path)


def test_urls_in_tables_become_url_items(folder: Path) -> None:
    path = table(folder, "t.csv", "image\nhttps://x/a.jpg\n//cdn/b.jpg\nHTTP://x/c.jpg\n")
    items = found(path)
    assert [item.url for item in items] == [
        "https://x/a.jpg",
        "https://cdn/b.jpg",
        "HTTP://x/c.jpg",
    ]
    assert {item.path for item in items} == {None}


def test_file_urls_absolute_and_windows_paths_are_understood(folder: Path) -> None:
    absolute = folder / "a.png"
    path = table(
        folder, "t.csv", f"image,n\nfile://{absolute},1\n{folder}/b.png,2\ndeep\\ü ö.png,3\n"
    )
    assert [item.uri for item in found(path)] == [
        *(str(absolute), str(folder / "b.png"), str(folder / "deep" / "ü ö.png"))
    ]


def test_a_picture_listed_twice_comes_once(folder: Path) -> None:
    items = found(table(folder, "t.csv", "image,n\na.png,1\n./a.png,2\n"))
    assert [item.metadata["n"] for item in items] == [1]


def test_a_folder_in_the_picture_column_is_reported(folder: Path) -> None:
    (item,) = found(table(folder, "t.csv", "image\ndeep\n"), image_column="image")
    assert "not a regular file" in str(item.error)


@pytest.mark.parametrize(
    ("header", "row", "expected"),
    [
        ("id,image,url", "1,a.png,https://shop/page", "image"),
        ("id,Image Path,notes", "1,a.png,x", "Image Path"),
        ("filename,label", "a.png,b.jpg is nice", "filename"),
        ("image,where", "yes,a.png", "where"),
        ("a,b", "nothing,a.png", "b"),
        ("path,size", "plain,3", "path"),
        ("id,photo_url", "1,https://x/render?id=5", "photo_url"),
        ("thumbnail,img", "b.png,a.png", "img"),
    ],
)
def test_the_picture_column_is_guessed(folder: Path, header: str, row: str, expected: str) -> None:
    (item,) = found(table(folder, "t.csv", f"{header}\n{row}\n"))
    assert isinstance(item, Item)
    assert expected not in item.metadata


def test_the_columns_may_be_named(folder: Path) -> None:
    path = table(folder, "t.csv", "image,Other,link\na.png,b.png,https://shop/1\n")
    (item,) = found(path, image_column="other", page_url_column="link")
    assert (item.uri, item.page_url) == (str(folder / "b.png"), "https://shop/1")
    assert item.metadata == {"image": "a.png"}


@pytest.mark.parametrize("option", ["image_column", "page_url_column"])
def test_a_column_that_is_not_there_is_named_with_those_that_are(folder: Path, option: str) -> None:
    path = table(folder, "t.csv", "image,title\na.png,x\n")
    with pytest.raises(TableError, match=r"'nope'.*image, title"):
        find_items([path], **{option: "nope"})


def test_a_table_without_pictures_names_its_columns(folder: Path) -> None:
    path = table(folder, "t.csv", "name,age\nAnn,5\n")
    with pytest.raises(TableError, match=r"\(name, age\) with --image-column"):
        find_items([path])


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("t.csv", b""),
        ("t.csv", b"\n\n"),
        ("t.csv", bytes(range(256))),
        ("t.jsonl", b""),
        ("t.jsonl", b"rubbish\n"),
        ("t.parquet", b""),
        ("t.csv", codecs.BOM_UTF16_LE),
    ],
)
def test_what_is_no_table_is_refused(folder: Path, name: str, data: bytes) -> None:
    with pytest.raises(TableError):
        find_items([table(folder, name, data)])


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        *[
            ("0", 0),
            ("-12", -12),
            ("3.50", 3.5),
            ("1.5e-3", 0.0015),
            ("00", "00"),
            ("01.5", "01.5"),
        ],
        *[(".5", ".5"), ("5.", "5."), ("1e3", "1e3"), ("nan", "nan"), ("True", "True"), ("", None)],
        *[(" 5", " 5"), ("1_000", "1_000"), ("٣", "٣"), ("9" * 30, "9" * 30), (None, None)],
    ],
)
def test_cells_become_numbers_only_when_nothing_is_lost(cell: str | None, expected: Any) -> None:
    assert text_value(cell) == expected
    assert type(text_value(cell)) is type(expected)


@given(st.integers(-(10**17), 10**17))
def test_whole_numbers_survive(number: int) -> None:
    assert text_value(str(number)) == number


def test_dates_and_decimals_become_json() -> None:
    from decimal import Decimal

    assert json_value(datetime.date(2024, 2, 29)) == "2024-02-29"
    assert json_value(datetime.datetime(2024, 2, 29, 12)) == "2024-02-29T12:00:00"
    assert json_value(datetime.timedelta(minutes=1)) == 60.0
    assert json_value(Decimal("1.5")) == 1.5
    assert json_value(b"bytes") is None
    assert json_value({1: (2, float("nan"))}) == {"1": [2, None]}


@pytest.mark.parametrize(
    ("header", "value", "page"),
    [
        ("link", "https://shop.example/a", "https://shop.example/a"),
        ("page_url", "see a", "see a"),
        ("link", "https://shop.example/other.jpg", None),
        ("link", "none", None),
    ],
)
def test_a_link_is_a_page_when_it_looks_like_one(
    folder: Path, header: str, value: str, page: str | None
) -> None:
    (item,) = found(table(folder, "t.csv", f"image,{header}\na.png,{value}\n"))
    assert isinstance(item, Item)
    assert item.page_url == page


def test_an_unclosed_quote_does_not_swallow_rows_in_silence(folder: Path) -> None:
    path = table(folder, "t.csv", 'image,title\na.png,one\nb.png,"two\nplain,three\n')
    first, last = found(path)
    assert isinstance(first, Item)
    assert isinstance(last, Unreadable)
    assert "not valid CSV" in str(last.error)
