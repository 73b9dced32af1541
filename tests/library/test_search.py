"""Searching: what a query may be, and what a hit says."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

import lookalike

Scene = Callable[..., Image.Image]


@pytest.fixture(scope="module")
def library(
    tmp_path_factory: pytest.TempPathFactory, make_scene: Scene
) -> Iterator[lookalike.Library]:
    folder = tmp_path_factory.mktemp("search")
    for number in range(20):
        make_scene(number).save(folder / f"{number}.png")
    settings = lookalike.Settings(allow_private_addresses=True)
    with lookalike.open(folder / "x.lookalike", settings=settings) as opened:
        opened.add(folder, include=["*.png"])
        yield opened


def queries(library: lookalike.Library, make_scene: Scene) -> dict[str, object]:
    path = library.path.parent / "7.png"
    pixels = np.asarray(make_scene(7))
    return {
        "path": path,
        "text": str(path),
        "file url": path.as_uri(),
        "bytes": path.read_bytes(),
        "PIL": make_scene(7),
        "uint8": pixels,
        "float": pixels.astype(np.float32) / 255,
        "alpha": np.dstack([pixels, np.full(pixels.shape[:2], 255, np.uint8)]),
    }


def test_every_kind_of_query_finds_the_picture(
    library: lookalike.Library, make_scene: Scene
) -> None:
    for kind, query in queries(library, make_scene).items():
        hits = library.search(query, k=3)  # type: ignore[arg-type]
        assert Path(hits[0].uri).name == "7.png", kind
        assert hits[0].score > 0.999, kind
        assert hits[0].probability > 0.5, kind
        assert [hit.rank for hit in hits] == [1, 2, 3]
        assert hits[0].score >= hits[1].score >= hits[2].score


def test_a_batch_gives_what_single_searches_give(
    library: lookalike.Library, make_scene: Scene
) -> None:
    together = library.search_batch([make_scene(3), make_scene(4)], k=5)
    alone = [library.search(make_scene(number), k=5) for number in (3, 4)]
    assert [[hit.uri for hit in hits] for hits in together] == [
        [hit.uri for hit in hits] for hits in alone
    ]
    assert library.search_batch([]) == []


def test_bounds_leave_out_what_is_below(library: lookalike.Library, make_scene: Scene) -> None:
    every = library.search(make_scene(7), k=20)
    assert len(every) == 20
    bound = every[4].score
    assert len(library.search(make_scene(7), k=20, min_score=bound - 1e-6)) == 5
    likely = library.search(make_scene(7), k=20, min_probability=every[2].probability - 1e-9)
    assert 1 <= len(likely) <= 20
    assert all(hit.probability >= every[2].probability - 1e-9 for hit in likely)


def test_k_beyond_the_library_gives_all(library: lookalike.Library, make_scene: Scene) -> None:
    assert len(library.search(make_scene(1), k=500)) == 20


@pytest.mark.parametrize(
    "wrong",
    [{"k": 0}, {"k": -1}, {"min_score": 1.5}, {"min_probability": -0.1}],
)
def test_numbers_out_of_range_are_refused(
    library: lookalike.Library, make_scene: Scene, wrong: dict[str, float]
) -> None:
    with pytest.raises(lookalike.UsageError):
        library.search(make_scene(1), **wrong)  # type: ignore[arg-type]


def test_wrong_queries_are_told(library: lookalike.Library, tmp_path: Path) -> None:
    text = tmp_path / "notes.txt"
    text.write_text("no picture")
    with pytest.raises(lookalike.NotAnImageError, match=r"notes\.txt"):
        library.search(text)
    with pytest.raises(lookalike.SourceNotFoundError, match=r"missing\.jpg"):
        library.search(tmp_path / "missing.jpg")
    with pytest.raises(lookalike.UsageError, match="folder"):
        library.search(tmp_path)
    with pytest.raises(lookalike.UsageError, match="float"):
        library.search(3.0)  # type: ignore[arg-type]
    with pytest.raises(lookalike.ImageError):
        library.search(np.zeros((0, 5, 3), np.uint8))
    with pytest.raises(lookalike.FetchError):
        library.search("http://127.0.0.1:9/none.jpg")


def test_hits_print_as_a_table_and_as_thumbnails(
    library: lookalike.Library, make_scene: Scene
) -> None:
    hits = library.search(make_scene(7), k=3)
    lines = str(hits).splitlines()
    assert len(lines) == 4
    assert lines[0].split() == ["rank", "score", "match", "size", "where"]
    assert "160×120" in lines[1]
    assert hits._repr_html_().count("data:image/jpeg;base64,") == 3
    assert isinstance(hits[:2], lookalike.Hits)
    assert str(hits[:0]) == "no hits"
    json.dumps(hits.to_list())


def test_html_is_escaped() -> None:
    hit = lookalike.Hit(
        rank=1, uri="/a/<script>.png", url='javascript:alert("x")', score=1, probability=1,
        width=1, height=1, image_id=1,
    )  # fmt: skip
    page = lookalike.Hits((hit,))._repr_html_()
    assert "<script>" not in page
    assert "javascript:" not in page


def test_deleted_images_are_gone_at_once_and_files_stay(tmp_path: Path, scenes: Path) -> None:
    with lookalike.open(tmp_path / "library") as library:
        library.add(scenes)
        assert library.remove(scenes / "scene-4.jpg") == 1
        names = [Path(hit.uri).name for hit in library.search(scenes / "scene-4.jpg", k=50)]
        assert len(names) == 11
        assert "scene-4.jpg" not in names
        assert (scenes / "scene-4.jpg").exists()
        assert library.remove(scenes / "deep") == 4
        with pytest.raises(lookalike.NotInLibraryError):
            library.remove(scenes / "scene-5.jpg", scenes / "nothing.jpg")
        assert len(library) == 7


def test_recognition_needs_no_library(make_scene: Scene) -> None:
    labels = lookalike.recognize(make_scene(1), k=7)
    assert len(labels) == 7
    values = [label.probability for label in labels]
    assert values == sorted(values, reverse=True)
    assert 0 < sum(values) <= 1 + 1e-6
    with pytest.raises(lookalike.UsageError):
        lookalike.recognize(make_scene(1), k=0)


def test_recognition_of_bytes(library: lookalike.Library, make_scene: Scene) -> None:
    stream = io.BytesIO()
    make_scene(1).save(stream, "PNG")
    assert list(library.recognize(stream.getvalue())) == list(library.recognize(make_scene(1)))


def test_export_gives_back_every_vector(library: lookalike.Library, tmp_path: Path) -> None:
    from arro3.io import read_parquet

    assert library.export(tmp_path / "all.npy") == 20
    vectors = np.load(tmp_path / "all.npy")
    lines = (tmp_path / "all.jsonl").read_text().splitlines()
    assert vectors.shape == (20, library.stats().dimensions)
    assert len(lines) == 20
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-3)
    assert library.export(tmp_path / "all.parquet") == 20
    table = read_parquet(tmp_path / "all.parquet").read_all()
    assert table.num_rows == 20
    column: Any = table["uri"].combine_chunks()
    uris = column.to_pylist()
    assert uris == [json.loads(line)["uri"] for line in lines]
    with pytest.raises(lookalike.UsageError, match=r"\.parquet"):
        library.export(tmp_path / "all.xlsx")
    assert not list(tmp_path.glob("*.partial"))


def test_stats_say_what_the_library_holds(library: lookalike.Library) -> None:
    stats = library.stats()
    assert stats.images == 20
    assert stats.formats == {"PNG": 20}
    assert sum(count for _, count in stats.labels) == 20
    assert stats.catalog_bytes > 0
    json.dumps(stats.to_dict())
