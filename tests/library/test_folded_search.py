"""Searches that show each picture once, and that show pictures which differ."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import lookalike
from lookalike.query.ranking.diversity import diversified

Scene = Callable[..., Image.Image]

SCENES = 8


@pytest.fixture(scope="module")
def library(
    tmp_path_factory: pytest.TempPathFactory, make_scene: Scene
) -> Iterator[lookalike.Library]:
    """Return a library of eight pictures, each in four files."""
    folder = tmp_path_factory.mktemp("folded")
    for number in range(1, SCENES + 1):
        scene = make_scene(number, (320, 240))
        scene.save(folder / f"{number}.png")
        (folder / f"{number}-copy.png").write_bytes((folder / f"{number}.png").read_bytes())
        scene.save(folder / f"{number}-other.jpg", quality=95)
        scene.resize((288, 216)).save(folder / f"{number}-small.webp", quality=95)
    with lookalike.open(folder / "x.lookalike") as opened:
        opened.add(folder, workers=1)
        yield opened


def stem(uri: str) -> str:
    return Path(uri).name.split(".")[0].split("-")[0]


def every(hits: lookalike.Hits) -> list[str]:
    return [hit.uri for hit in hits] + [copy.uri for hit in hits for copy in hit.repeats]


def test_without_asking_every_file_is_a_hit(library: lookalike.Library, make_scene: Scene) -> None:
    hits = library.search(make_scene(3, (320, 240)), k=4)
    assert [stem(hit.uri) for hit in hits] == ["3"] * 4
    assert all(hit.repeats == () for hit in hits)


def test_each_picture_is_shown_once_with_its_copies(
    library: lookalike.Library, make_scene: Scene
) -> None:
    hits = library.search(make_scene(3, (320, 240)), k=5, fold=True)
    stems = [stem(hit.uri) for hit in hits]
    assert len(hits) == len(set(stems)) == 5
    assert stems[0] == "3"
    assert [hit.rank for hit in hits] == [1, 2, 3, 4, 5]
    for hit in hits:
        assert [stem(copy.uri) for copy in hit.repeats] == [stem(hit.uri)] * 3
        assert all(copy.score <= hit.score for copy in hit.repeats)


def test_folding_loses_no_file(library: lookalike.Library, make_scene: Scene) -> None:
    hits = library.search(make_scene(3, (320, 240)), k=100, fold=True)
    assert len(hits) == SCENES
    assert sorted(every(hits)) == sorted(image.uri for image in library.iterate())


@pytest.mark.parametrize("diversity", [0.0, 0.5])
def test_pages_share_nothing_and_lose_nothing(
    library: lookalike.Library, make_scene: Scene, diversity: float
) -> None:
    query = make_scene(3, (320, 240))
    pages = [
        library.search(query, k=3, offset=offset, fold=True, diversity=diversity)
        for offset in (0, 3, 6, 9)
    ]
    assert [len(page) for page in pages] == [3, 3, 2, 0]
    shown = [uri for page in pages for uri in every(page)]
    assert sorted(shown) == sorted(image.uri for image in library.iterate())


def test_bounds_hold_for_copies_too(library: lookalike.Library, make_scene: Scene) -> None:
    query = make_scene(3, (320, 240))
    plain = library.search(query, k=4)
    bound = plain[2].score
    (hit,) = library.search(query, k=4, fold=True, min_score=bound)
    assert len(hit.repeats) == 2
    assert {hit.uri, *(copy.uri for copy in hit.repeats)} == {one.uri for one in plain[:3]}


def test_filters_and_sorting_go_with_folding(library: lookalike.Library, make_scene: Scene) -> None:
    query = make_scene(3, (320, 240))
    hits = library.search(query, k=3, fold=True, where="format = 'png'")
    assert [len(hit.repeats) for hit in hits] == [1, 1, 1]
    hits = library.search(query, k=100, fold=True, sort="-name")
    names = [Path(hit.uri).name for hit in hits]
    assert len(names) == SCENES
    assert names == sorted(names, reverse=True)


def test_words_are_folded_too(library: lookalike.Library) -> None:
    hits = library.search("something green", k=100, fold=True)
    assert len(hits) == SCENES


def test_a_batch_gives_what_single_searches_give(
    library: lookalike.Library, make_scene: Scene
) -> None:
    queries = [make_scene(number, (320, 240)) for number in (1, 5)]
    options = {"k": 2, "fold": True, "diversity": 0.3}
    together = library.search_batch(queries, **options)  # type: ignore[arg-type]
    alone = [library.search(query, **options) for query in queries]  # type: ignore[arg-type]
    for some, others in zip(together, alone, strict=True):
        assert every(some) == every(others)


def test_diversity_orders_by_the_formula_and_none_is_the_plain_ranking(
    library: lookalike.Library, make_scene: Scene, tmp_path: Path
) -> None:
    query = make_scene(3, (320, 240))
    plain = library.search(query, k=32)
    assert list(library.search(query, k=32, diversity=0.0)) == list(plain)
    library.export(tmp_path / "all.npy")
    lines = (tmp_path / "all.jsonl").read_text(encoding="utf-8").splitlines()
    vector_of = dict(
        zip((json.loads(line)["uri"] for line in lines), np.load(tmp_path / "all.npy"), strict=True)
    )
    scores = np.array([hit.score for hit in plain])
    vectors = np.stack([vector_of[hit.uri] for hit in plain])
    expected = [plain[place].uri for place in diversified(scores, vectors, 6, 0.5)]
    hits = library.search(query, k=6, diversity=0.5)
    assert [hit.uri for hit in hits] == expected
    assert len({stem(hit.uri) for hit in hits}) > len({stem(hit.uri) for hit in plain[:6]})


@pytest.mark.parametrize(
    "wrong",
    [
        {"diversity": -0.1},
        {"diversity": 1.1},
        {"diversity": float("nan")},
        {"diversity": 0.5, "sort": "name"},
    ],
)
def test_a_diversity_that_makes_no_sense_is_refused(
    library: lookalike.Library, make_scene: Scene, wrong: dict[str, float]
) -> None:
    with pytest.raises(lookalike.UsageError, match="iversity"):
        library.search(make_scene(1), **wrong)  # type: ignore[arg-type]


def test_copies_are_shown_and_written_out(library: lookalike.Library, make_scene: Scene) -> None:
    hits = library.search(make_scene(3, (320, 240)), k=2, fold=True)
    assert str(hits).splitlines()[1].endswith("  +3")
    assert "+3 like it" in hits._repr_html_()
    written = json.loads(json.dumps(hits.to_list()))
    assert [set(copy) for copy in written[0]["repeats"]] == [
        {"uri", "url", "score", "image_id"}
    ] * 3
