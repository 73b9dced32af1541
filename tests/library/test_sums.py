"""Sums through the library: the pictures they find, and that every option works with them."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import lookalike
from lookalike.errors import SourceNotFoundError, UsageError

COLOURS = {"red": (200, 20, 25), "blue": (30, 60, 200)}


@pytest.fixture(scope="module")
def library(
    tmp_path_factory: pytest.TempPathFactory, make_scene: Callable[..., Image.Image]
) -> Iterator[lookalike.Library]:
    """Return eight scenes, each plain and as it is seen through red and blue glass."""
    folder = tmp_path_factory.mktemp("sums")
    rows = []
    for number in range(8):
        scene = make_scene(number)
        pixels = np.asarray(scene, np.float32)
        scene.save(folder / f"plain{number}.png")
        rows.append({"image": f"plain{number}.png", "price": number, "title": ""})
        for colour, paint in COLOURS.items():
            tinted = 0.25 * pixels + 0.75 * np.array(paint, np.float32)
            Image.fromarray(tinted.astype(np.uint8)).save(folder / f"{colour}{number}.png")
            rows.append({"image": f"{colour}{number}.png", "price": number, "title": colour})
    table = folder / "scenes.jsonl"
    table.write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    with lookalike.open(folder / "lib") as opened:
        opened.add(table, workers=1)
        yield opened


@pytest.fixture
def here(library: lookalike.Library, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(library.path.parent)
    return library.path.parent


def names(hits: lookalike.Hits) -> list[str]:
    return [Path(hit.uri).stem for hit in hits]


def test_pictures_are_added_up_as_vectors(library: lookalike.Library, here: Path) -> None:
    encoder = library.session.now().searcher.encoder
    vectors = {}
    for name in ("plain1.png", "red2.png"):
        pixels = np.asarray(Image.open(name))
        vectors[name] = encoder.encode(encoder.prepare(pixels)[None]).vectors[0]
    wanted = vectors["plain1.png"] - 0.5 * vectors["red2.png"]
    wanted /= np.linalg.norm(wanted)
    hits = library.search("plain1.png - 0.5*red2.png", k=24)
    assert hits.query == "plain1.png - 0.5*red2.png"
    assert names(hits)[0] == "plain1"  # what is asked with is found too
    scores = {Path(hit.uri).name: hit.score for hit in hits}
    for name, vector in vectors.items():
        assert scores[name] == pytest.approx(float(vector @ wanted), abs=2e-3)
    assert hits[0].probability == encoder.card.probability(hits[0].score)
    assert [hit.score for hit in hits] == sorted(scores.values(), reverse=True)


def test_words_move_a_picture_towards_them_and_away(library: lookalike.Library, here: Path) -> None:
    assert names(library.search("plain3.png + 2*'red'", k=1)) == ["red3"]
    plus, minus = (
        {hit.uri: hit.rank for hit in library.search(f"plain3.png {sign} 'red'", k=24)}
        for sign in "+-"
    )
    red = next(uri for uri in plus if uri.endswith("/red3.png"))
    assert plus[red] < minus[red]


def test_lists_find_what_the_text_finds(library: lookalike.Library, here: Path) -> None:
    text = library.search("plain3.png + 0.5*plain4.png - 'red'", k=6)
    lists = library.search(
        positive=[Path("plain3.png"), ("plain4.png", 0.5)], negative=["red"], k=6
    )
    assert [(hit.uri, hit.score) for hit in text] == [(hit.uri, hit.score) for hit in lists]
    assert lists.query == text.query


@pytest.mark.parametrize("asked", ["plain3.png + 'red'", "plain3.png - 0.5*red1.png"])
def test_every_option_of_search_works(library: lookalike.Library, here: Path, asked: str) -> None:
    whole = library.search(asked, k=24)
    assert [hit.rank for hit in whole] == list(range(1, 25))
    pages = [library.search(asked, k=5, offset=offset) for offset in range(0, 20, 5)]
    assert [hit.uri for page in pages for hit in page] == [hit.uri for hit in whole][:20]
    cheap = library.search(asked, k=24, where="price < 3")
    assert [hit.uri for hit in cheap] == [h.uri for h in whole if h.metadata["price"] < 3]
    dear = library.search(asked, k=3, sort="-price", among=6)
    best = sorted((hit.metadata["price"] for hit in whole[:6]), reverse=True)
    assert [hit.metadata["price"] for hit in dear] == best[:3]
    bound = whole[4].score
    assert len(library.search(asked, k=24, min_score=bound - 1e-4)) == 5
    least = sorted(hit.probability for hit in whole)[12] - 1e-6
    assert len(library.search(asked, k=24, min_probability=least)) == 12
    assert library.search_batch(["plain1.png", asked, "red"], k=24)[1].to_list() == whole.to_list()


def test_errors_name_the_term(library: lookalike.Library, here: Path) -> None:
    with pytest.raises(SourceNotFoundError, match=r"no file lost\.jpg\..*character 14 of a sum"):
        library.search("plain1.png + lost.jpg")
    with pytest.raises(UsageError, match="cancel out"):
        library.search("plain1.png + 'red' - plain1.png")
    with pytest.raises(UsageError, match="nothing to search for"):
        library.search()


def test_a_file_of_that_name_comes_first(
    library: lookalike.Library, here: Path, make_scene: Callable[..., Image.Image]
) -> None:
    make_scene(5).save(here / "plain1.png - plain2.png")
    assert names(library.search("plain1.png - plain2.png", k=1)) == ["plain5"]
    with pytest.raises(SourceNotFoundError, match=r"no file plain1\.png [+] plain2\.png"):
        library.search("plain1.png + plain2.png", text=False)
