"""More like this: the formulas on angles of a circle, and the library's answer on pictures."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import lookalike
from lookalike.recommendation.content import MatrixContent
from lookalike.recommendation.like_this import Strategy, example_scores, more_like

Scene = Callable[..., Image.Image]


def circle(*degrees: float) -> np.ndarray:
    angles = np.radians(degrees)
    return np.stack([np.cos(angles), np.sin(angles)], axis=1).astype(np.float32)


def cosine(degrees: float) -> float:
    return float(np.cos(np.radians(degrees)))


def test_average_is_the_cosine_with_the_middle_of_the_examples() -> None:
    found = example_scores(circle(0, 30, 90), circle(0, 60), circle()[:0], "average")
    assert found == pytest.approx([cosine(30), 1.0, cosine(60)], abs=1e-6)


def test_average_moves_away_from_dislikes() -> None:
    # 0 degrees minus half of 90: the direction (1, -0.5)
    found = example_scores(circle(0, 90), circle(0), circle(90), "average")
    assert found == pytest.approx(np.array([1.0, -0.5]) / np.sqrt(1.25), abs=1e-6)


def test_best_is_the_nearest_example_unless_a_dislike_is_nearer() -> None:
    found = example_scores(circle(10, 80, 40), circle(0, 90), circle(50), "best")
    assert found == pytest.approx([cosine(10), cosine(10), cosine(40) - cosine(10) - 1], abs=1e-6)


def test_sum_adds_likes_and_takes_dislikes_off() -> None:
    found = example_scores(circle(20), circle(0, 60), circle(90), "sum")
    assert found == pytest.approx([cosine(20) + cosine(40) - cosine(70)], abs=1e-6)


def test_strategies_differ_where_tastes_are_two() -> None:
    items = np.arange(1, 5)
    content = MatrixContent(items, circle(2, 45, 88, 180))
    likes = circle(0, 90)
    first = {
        strategy: more_like(
            content, likes, likes[:0], k=1, strategy=strategy, without=np.zeros(0, np.int64)
        )
        for strategy in ("average", "best", "sum")
    }
    assert first["average"].items.tolist() == [2]
    assert first["sum"].items.tolist() == [2]
    assert first["best"].items.tolist() == [1]
    assert first["best"].examples.tolist() == [0]


@pytest.mark.parametrize("strategy", ["average", "best", "sum"])
def test_candidates_are_those_of_a_full_comparison(strategy: Strategy) -> None:
    random = np.random.default_rng(5)
    vectors = random.normal(size=(2000, 16)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    liked, disliked = vectors[:3], vectors[3:4]
    content = MatrixContent(np.arange(2000), vectors)
    without = np.arange(4)
    found = more_like(content, liked, disliked, k=10, strategy=strategy, without=without)
    scores = example_scores(vectors, liked, disliked, strategy)
    scores[:4] = -9
    assert found.items.tolist() == np.argsort(-scores, kind="stable")[:10].tolist()
    assert (np.diff(found.scores) <= 0).all()


def names(found: lookalike.Recommendations) -> list[str]:
    return [Path(item.uri).stem for item in found]


def test_what_was_given_and_its_copies_are_not_recommended(
    library: lookalike.Library, filled: Path
) -> None:
    found = library.recommend(like=[filled / "3.png"], dislike=[5], k=50)
    assert len(found) == 13 - 3
    assert not {"3", "3-copy", "4"} & set(names(found))  # the image of id 5 is 4.png
    assert [item.rank for item in found] == list(range(1, 11))
    assert {item.reason for item in found} == {"like 3.png"}
    assert len(str(found).splitlines()) == 11
    json.dumps(found.to_list())


def test_pictures_from_outside_are_examples_too(
    library: lookalike.Library, filled: Path, make_scene: Scene, tmp_path: Path
) -> None:
    elsewhere = tmp_path / "elsewhere.png"
    elsewhere.write_bytes((filled / "3.png").read_bytes())
    assert not {"3", "3-copy"} & set(names(library.recommend(like=elsewhere, k=50)))
    assert names(library.recommend(like=make_scene(7), k=1)) == ["7"]  # pixels have no bytes
    data = (filled / "7.png").read_bytes()
    assert "7" not in names(library.recommend(like=[data, 1], k=50, strategy="best"))


def test_dislikes_and_diversity_change_the_list(library: lookalike.Library, filled: Path) -> None:
    plain = names(library.recommend(like=[1, 2, 3], k=6))
    assert names(library.recommend(like=[1, 2, 3], dislike=[9], k=6)) != plain
    assert names(library.recommend(like=[1, 2, 3], k=6, diversity=0.8)) != plain
    assert names(library.recommend(like=[1, 2, 3], k=6)) == plain


@pytest.mark.parametrize(
    ("wish", "error", "said"),
    [
        ({"like": []}, lookalike.UsageError, "at least one"),
        ({"like": [1], "k": 0}, lookalike.UsageError, "k is 0"),
        ({"like": [1], "strategy": "worst"}, lookalike.UsageError, "worst"),
        ({"like": [1], "diversity": 1.5}, lookalike.UsageError, "diversity"),
        ({"like": [1], "diversity": float("nan")}, lookalike.UsageError, "diversity"),
        ({"like": {1, 2}}, lookalike.UsageError, "list"),
        ({"like": [2.5]}, lookalike.UsageError, "float"),
        ({"like": [99]}, lookalike.NotInLibraryError, "99"),
        ({"like": ["none.png"]}, lookalike.SourceNotFoundError, "neither"),
    ],
)
def test_wrong_wishes_are_refused(
    library: lookalike.Library, wish: dict[str, object], error: type[Exception], said: str
) -> None:
    with pytest.raises(error, match=said):
        library.recommend(**wish)  # type: ignore[arg-type]


def test_an_empty_library_recommends_nothing(tmp_path: Path, make_scene: Scene) -> None:
    with lookalike.open(tmp_path / "empty") as library:
        found = library.recommend(like=make_scene(1))
    assert len(found) == 0
    assert str(found) == "nothing to recommend"
