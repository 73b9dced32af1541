"""Short texts about things that can be seen, made from WordNet: what the word vectors learn on.

Captions are put together at random from nouns, adjectives, verbs and places; beside them stand
nouns alone and the explanations of nouns. No caption of any data set is among them.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from wordnet import adjective_counts, noun_counts, read_nouns

__all__ = ["make_corpus"]

_VISIBLE = {5, 6, 8, 13, 15, 17, 18, 19, 20, 27}  # WordNet's fields, from animals to substances
_CAPTIONS, _NOUNS, _FREQUENT, _GLOSSES = 45_000, 10_000, 8_000, 15_000
_LOOKS = [
    "red",
    "green",
    "blue",
    "yellow",
    "black",
    "white",
    "orange",
    "brown",
    "pink",
    "purple",
    "grey",
    "old",
    "young",
    "big",
    "small",
    "wooden",
]
_DOING = [
    "sitting",
    "standing",
    "lying",
    "walking",
    "running",
    "riding",
    "holding",
    "eating",
    "playing",
    "looking",
    "flying",
    "swimming",
    "jumping",
    "driving",
    "parked",
    "hanging",
    "resting",
    "sleeping",
    "grazing",
    "carrying",
    "wearing",
    "cutting",
    "cooking",
    "talking",
    "reading",
    "skiing",
    "surfing",
    "watching",
    "throwing",
    "hitting",
]
_WHERE = [
    "on",
    "in",
    "near",
    "with",
    "next to",
    "under",
    "behind",
    "in front of",
    "on top of",
    "over",
    "beside",
    "at",
    "by",
    "from",
    "of",
    "inside",
    "through",
    "along",
]
_PLACES = [
    "a table",
    "the street",
    "the grass",
    "a field",
    "the beach",
    "the water",
    "a room",
    "the snow",
    "a road",
    "a kitchen",
    "the sky",
    "a bed",
    "a tree",
    "the ground",
    "a river",
    "a park",
    "a city",
    "a plate",
    "a bowl",
    "the ocean",
    "a wall",
    "a mountain",
    "a train station",
    "an airport",
    "a bathroom",
]
_MANY = ("two", "three", "several", "some", "many", "a group of", "a bunch of")
_HOW_MANY = [
    "a",
    "the",
    "two",
    "three",
    "several",
    "some",
    "many",
    "a group of",
    "a bunch of",
    "a close up of a",
    "a picture of a",
    "a photo of a",
]


def make_corpus(wordnet: Path) -> list[str]:
    """Return the texts in an order that is random and always the same."""
    random = np.random.default_rng(0)
    nouns = read_nouns(wordnet)
    counts = noun_counts(wordnet)
    weights: dict[str, float] = {}
    for synset in nouns.values():
        if synset.field in _VISIBLE:
            for word in synset.words:
                count = counts.get(word.replace(" ", "_").lower(), 0) + 0.2
                weights[word] = max(weights.get(word, 0.0), count)
    words = sorted(weights)
    captions = _captions(random, words, weights, adjective_counts(wordnet))
    chosen = [words[number] for number in random.permutation(len(words))[:_NOUNS]]
    frequent = sorted(weights, key=lambda word: -weights[word])[:_FREQUENT]
    glosses = [synset.gloss.split(";")[0] for synset in nouns.values() if synset.field in _VISIBLE]
    glosses = [glosses[number] for number in random.permutation(len(glosses))[:_GLOSSES]]
    texts = captions + chosen + frequent + glosses
    return [texts[number] for number in np.random.default_rng(1).permutation(len(texts))]


def _captions(
    random: np.random.Generator,
    words: list[str],
    weights: dict[str, float],
    adjectives: dict[str, int],
) -> list[str]:
    chances = np.sqrt(np.array([weights[word] for word in words]))
    looks = sorted(adjectives)
    look_chances = np.sqrt([adjectives[word] for word in looks])
    drawn = iter(random.choice(len(words), size=_CAPTIONS * 3, p=chances / chances.sum()))
    look = iter(random.choice(len(looks), size=_CAPTIONS * 2, p=look_chances / look_chances.sum()))

    def thing() -> str:
        noun = words[next(drawn)]
        number = _HOW_MANY[random.integers(len(_HOW_MANY))]
        if number in _MANY and random.random() < 0.8:
            noun += "s"
        if random.random() >= 0.35:
            return f"{number} {noun}"
        if random.random() < 0.5:
            return f"{number} {_LOOKS[random.integers(len(_LOOKS))]} {noun}"
        return f"{number} {looks[next(look)].replace('_', ' ')} {noun}"

    found = []
    for _ in range(_CAPTIONS):
        text = thing()
        if random.random() < 0.5:
            text += f" {_DOING[random.integers(len(_DOING))]}"
        if random.random() < 0.8:
            where = _WHERE[random.integers(len(_WHERE))]
            inside = random.random() < 0.55
            text += f" {where} {thing() if inside else _PLACES[random.integers(len(_PLACES))]}"
        if random.random() < 0.1:
            text += f" and {thing()}"
        found.append(text)
    return found
