"""Search a library with words, without a network."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from lookalike.catalog import Catalog, Generation
from lookalike.catalog.picture_colours import colours_of
from lookalike.catalog.reading import all_ids
from lookalike.catalog.text_index import images_saying
from lookalike.encoders import ModelCard
from lookalike.encoders.texts import TextBridge, load_bridge, shipped_text_encoder
from lookalike.encoders.texts.tower_encoder import has_towers, towers_of
from lookalike.encoders.texts.two_tower import TwoTowers
from lookalike.errors import UsageError
from lookalike.settings import Settings

from .colouring import fill_colours
from .matrix import WordMatrix
from .question import Question, read_question
from .scores import WordScores, combine, coverage

__all__ = ["WordSearcher"]

_FOLDER = "words"
_SHORT = 3
_ENOUGH = 0.25
_NO_SPREAD = 1e-6
_COLOUR_CANDIDATES = 200

Floats = NDArray[np.float32]


class WordSearcher:
    """Scores all images of one generation for words; one object may serve several threads.

    What the network saw, where the model has a bridge to words or a tower for them; what
    addresses and metadata say; the colours.
    """

    def __init__(
        self, catalog: Catalog, generation: Generation, card: ModelCard, settings: Settings
    ) -> None:
        self._catalog, self._settings = catalog, settings
        self._matrix: WordMatrix | None = None
        self._towers: TwoTowers | None = None
        bridge = load_bridge(card)
        if has_towers(card.folder):
            self._towers = towers_of(card.folder)
            self._matrix = _own_space(catalog, generation)
        elif bridge is not None:
            self._matrix = _matrix(catalog, generation, bridge)
        self._generation = generation

    def scores(self, text: str) -> WordScores:
        """Return a score for every image.

        Raises:
            UsageError: there is no word in the text.
        """
        question = read_question(text)
        if not (question.english or question.words):
            raise UsageError(f"There is no word in {text!r} to search by.")
        ids, seen = self._seen(question) if self._towers is None else self._judged(text, question)
        with self._catalog.reading() as connection:
            found = images_saying(
                connection, [spelling for word in question.words for spelling in word]
            )
        spelled = iter(found)
        matches = [frozenset().union(*(next(spelled) for _ in word)) for word in question.words]
        said = coverage(ids, matches)
        coloured = None  # two towers know colours
        if question.colours and self._towers is None:
            coloured = self._coloured(ids, seen, question)
        if seen is None and said is None and coloured is None:
            return WordScores(ids, np.zeros(len(ids), np.float32))
        return WordScores(ids, combine(seen, said, coloured))

    def _seen(self, question: Question) -> tuple[NDArray[np.int64], Floats | None]:
        """Return the ids of all images, and their cosines with what is asked for."""
        text = question.things or ("" if question.colours else question.english)
        if self._matrix is None:
            return self._all_ids(), None
        texts = [question.english if question.things else text]
        if len(text.split()) <= _SHORT:
            texts.append(f"a photo of a {texts[0]}")
        vectors = shipped_text_encoder().encode(texts).sum(axis=0)
        length = float(np.linalg.norm(vectors))
        vectors = vectors / length if length else vectors
        ids, cosines = self._matrix.scores(vectors[None])
        return ids, cosines[0] if text and length else None

    def _judged(self, text: str, question: Question) -> tuple[NDArray[np.int64], Floats]:
        """Return the ids and what two towers find: an eighth of how far a picture stands out.

        Their cosines lie close together, and where differs from model to model: what counts is by
        how many standard deviations one is above the others. The question is asked as it was
        put and in English.
        """
        if self._towers is None or self._matrix is None:
            raise UsageError("The model of this library has no tower for words.")
        texts = list(dict.fromkeys((text, question.english or text)))
        vector = self._towers.encode(texts).mean(axis=0)
        ids, cosines = self._matrix.scores(vector[None])
        spread = float(cosines[0].std()) if len(ids) else 0.0
        if spread < _NO_SPREAD:
            return ids, np.zeros(len(ids), np.float32)
        return ids, np.clip((cosines[0] - cosines[0].mean()) / (8 * spread), -1, 1)

    def _all_ids(self) -> NDArray[np.int64]:
        with self._catalog.reading() as connection:
            return all_ids(connection)

    def _coloured(
        self, ids: NDArray[np.int64], seen: Floats | None, question: Question
    ) -> Floats | None:
        """Return how much of the colours each image shows, in [0, 1]; a quarter is enough."""
        order = ids if seen is None else ids[np.argsort(-seen, kind="stable")]
        fill_colours(self._catalog, order[:_COLOUR_CANDIDATES].tolist(), settings=self._settings)
        with self._catalog.reading() as connection:
            known, shares = colours_of(connection)
        if not len(known):
            return None
        shown = np.minimum(1.0, shares[:, list(question.colours)] / (255.0 * _ENOUGH)).mean(axis=1)
        found = np.zeros(len(ids), np.float32)
        if len(ids):
            place = np.minimum(np.searchsorted(ids, known), len(ids) - 1)
            same = ids[place] == known
            found[place[same]] = shown[same]
        return found


def _matrix(catalog: Catalog, generation: Generation, bridge: TextBridge) -> WordMatrix:
    return WordMatrix(
        catalog,
        generation,
        Path(catalog.path).parent / _FOLDER,
        pictures=bridge.pictures,
        dimensions=bridge.dimensions,
        key=bridge.key,
    )


def _own_space(catalog: Catalog, generation: Generation) -> WordMatrix:
    """Return the vectors as they are: two towers share one space."""
    return WordMatrix(
        catalog,
        generation,
        Path(catalog.path).parent / _FOLDER,
        pictures=lambda vectors: vectors.astype(np.float32),
        dimensions=generation.dimensions,
        key="own-space",
    )
