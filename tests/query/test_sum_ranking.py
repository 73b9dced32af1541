"""Sums with words against a slow reference: order, scores, probabilities, filters, candidates."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pytest
from numpy.typing import NDArray

from lookalike.catalog import Catalog, NewImage
from lookalike.errors import UsageError
from lookalike.index import LibraryIndex
from lookalike.query.sums.ranking import SumRanking, SumTerms, log_odds
from lookalike.query.words import WordScores, word_probability

COUNT, DIMENSIONS = 40, 6


@dataclass(frozen=True)
class World:
    """A library without pictures, and what words say of it."""

    catalog: Catalog
    index: LibraryIndex
    ids: NDArray[np.int64]
    vectors: NDArray[np.float32]
    words: list[WordScores]
    units: NDArray[np.float32]

    def ranking(self, weights: list[float], worded: list[float], **options: object) -> SumRanking:
        return SumRanking(
            self.catalog,
            self.index,
            terms=SumTerms(
                self.units[: len(weights)],
                np.array(weights),
                list(zip(self.words, worded, strict=False)),
            ),
            probability=probability,
            **options,
        )


def probability(cosines: NDArray[np.floating]) -> NDArray[np.float64]:
    return 1 / (1 + np.exp(-(5 * cosines.astype(np.float64) - 2)))


def normal(generator: np.random.Generator, count: int) -> NDArray[np.float32]:
    drawn = generator.normal(size=(count, DIMENSIONS)).astype(np.float32)
    return drawn / np.linalg.norm(drawn, axis=1, keepdims=True)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    generator = np.random.default_rng(5)
    folder = tmp_path_factory.mktemp("sums")
    with Catalog.open(folder / "x", create=True) as catalog:
        generation = catalog.generation(
            "tiny", space="semantic", dimensions=DIMENSIONS, sha256="ab" * 32
        )
        vectors = normal(generator, COUNT).astype(np.float16)
        stored = [
            NewImage(
                uri=f"/{number}.jpg",
                url=f"file:///{number}.jpg",
                page_url=None,
                size=1,
                mtime_ns=1,
                metadata={},
                content_hash=bytes(32),
                perceptual_hash=0,
                width=9,
                height=9,
                format="JPEG",
                vector=vector,
                labels=[],
            )
            for number, vector in enumerate(vectors.astype(np.float32))
        ]
        catalog.apply(generation.id, store=stored)
        ids = np.sort([catalog.find(f"/{number}.jpg")[0] for number in range(COUNT)])
        words = [
            WordScores(ids, generator.uniform(-0.4, 0.8, COUNT).astype(np.float32))
            for _ in range(2)
        ]
        index = LibraryIndex(catalog, folder, generation)
        yield World(catalog, index, ids, vectors.astype(np.float32), words, normal(generator, 2))


def slow(world: World, weights: list[float], worded: list[float]) -> dict[int, tuple[float, float]]:
    """Return score and probability of each image, one by one."""
    found = {}
    for place, image_id in enumerate(world.ids.tolist()):
        chances = [
            float(probability(world.vectors[place] @ unit))
            for unit, _ in zip(world.units, weights, strict=False)
        ]
        chances += [
            word_probability(max(float(scores.scores[place]), 0.0 if weight < 0 else -1.0))
            for scores, weight in zip(world.words, worded, strict=False)
        ]
        every = weights + worded
        odds = [math.log(chance / (1 - chance)) for chance in chances]
        mean = sum(weight * one for weight, one in zip(every, odds, strict=True))
        mean /= sum(abs(weight) for weight in every)
        most = max(abs(weight) for weight in every)
        fits = math.prod(
            (chance if weight > 0 else 1 - chance) ** (abs(weight) / most)
            for weight, chance in zip(every, chances, strict=True)
        )
        found[image_id] = 2 / (1 + math.exp(-mean)) - 1, fits
    return found


@pytest.mark.parametrize(
    ("weights", "worded"),
    [([1.0], [1.0]), ([1.0, -0.5], [2.0]), ([1.0], [-1.0, 0.25]), ([], [1.0, -1.0])],
)
def test_it_ranks_like_the_slow_reference(
    world: World, weights: list[float], worded: list[float]
) -> None:
    expected = slow(world, weights, worded)
    ranking = world.ranking(weights, worded)
    found = ranking.best(COUNT + 5)[0]
    order = sorted(expected, key=lambda image_id: -expected[image_id][0])
    assert found.image_ids.tolist() == order
    np.testing.assert_allclose(found.scores, [expected[one][0] for one in order], atol=1e-5)
    np.testing.assert_allclose(
        ranking.probabilities(found), [expected[one][1] for one in order], atol=1e-5
    )


def test_only_what_a_filter_lets_through_is_found(world: World) -> None:
    allowed = world.ids[::3]
    whole = world.ranking([1.0], [-1.0]).best(COUNT)[0]
    found = world.ranking([1.0], [-1.0], allowed=allowed).best(COUNT)[0]
    kept = np.isin(whole.image_ids, allowed)
    assert found.image_ids.tolist() == whole.image_ids[kept].tolist()
    np.testing.assert_allclose(found.scores, whole.scores[kept], atol=1e-6)


def test_what_is_improbable_is_left_out_before_the_best_are_taken(world: World) -> None:
    whole = world.ranking([1.0], [1.0]).best(COUNT)[0]
    chances = np.array(world.ranking([1.0], [1.0]).probabilities(whole))
    least = float(np.median(chances))
    found = world.ranking([1.0], [1.0], min_probability=least).best(5)[0]
    assert found.image_ids.tolist() == whole.image_ids[chances >= least][:5].tolist()


def test_the_best_of_a_few_candidates_are_the_best_of_all(world: World) -> None:
    whole = world.ranking([1.0], [1.0]).best(3)[0]
    few = world.ranking([1.0], [1.0], candidates=10).best(3)[0]
    assert few.image_ids[0] == whole.image_ids[0]
    assert len(world.ranking([1.0], [1.0], candidates=10).best(COUNT)[0]) == COUNT


def test_images_that_vanish_meanwhile_are_left_out(world: World) -> None:
    gone = WordScores(np.append(world.ids, 10**6), np.append(world.words[0].scores, 0.99))
    ranking = SumRanking(
        world.catalog,
        world.index,
        terms=SumTerms(
            world.units[:1],
            np.ones(1),
            [(gone, 1.0), (world.words[1], 1.0)],
        ),
        probability=probability,
        allowed=None,
    )
    assert 10**6 not in ranking.best(COUNT)[0].image_ids


def test_pictures_that_cancel_out_are_told(world: World) -> None:
    with pytest.raises(UsageError, match="cancel out"):
        SumRanking(
            world.catalog,
            world.index,
            terms=SumTerms(
                np.repeat(world.units[:1], 2, axis=0),
                np.array([1.0, -1.0]),
                [(world.words[0], 1.0)],
            ),
            probability=probability,
        )


def test_log_odds_stay_finite() -> None:
    assert np.isfinite(log_odds(np.array([0.0, 1.0]))).all()
    assert log_odds(np.array([0.5])) == 0
