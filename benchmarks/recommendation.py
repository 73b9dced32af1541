"""Recommending on ratings of films, and on simulated tastes over real pictures.

    python benchmarks/recommendation.py [--data FOLDER] [--only films|pictures]

Films: the ratings under ``interactions`` (4 and more is a like, 2 and less a dislike, the rest a
view); what is foretold are likes. There are no pictures: the content is genres and words of the
titles. Each user's last fifth is the test; weights and sizes were chosen before it, on the last
tenth of what is earlier (``--validate`` shows those).

Pictures: users who follow hidden tastes that the recommender does not see (the fine class of
``grocery_produce``; class and colour in ``clothing``). A fifth of the pictures are new: half of
the users have met them, which is what popularity knows, and the choices of the other half among
them are foretold from the looks of what these chose before.
"""

from __future__ import annotations

import argparse
import csv
import re
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from lookalike.catalog.events import KINDS, EventTable
from lookalike.encoders import DEFAULT_MODEL, load_encoder
from lookalike.evaluation import bootstrap_interval, ndcg_at_k, share_found_at_k
from lookalike.images import decode
from lookalike.recommendation.assessing import assess
from lookalike.recommendation.by_looks import ByLooks
from lookalike.recommendation.content import MatrixContent
from lookalike.recommendation.history import History, Interactions, interactions_of
from lookalike.recommendation.neighbours import fit_item_item
from lookalike.recommendation.splitting import later_by_user
from machine import describe
from picture_sets import default_root, load_set

K = 10
_LIKED = 3.0  # the weight of a like
_USERS = 400
_CHOICES = (8, 30)
_STRAY = 0.1  # share of choices that follow no taste
_COLOURS = 3


def main() -> None:
    """Measure and print Markdown."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=default_root())
    parser.add_argument("--only", choices=["films", "pictures"])
    parser.add_argument("--validate", action="store_true", help="leave the test untouched")
    arguments = parser.parse_args()
    print(describe("numpy", "lookalike"))
    if arguments.only != "pictures":
        films(arguments.data / "interactions", validate=arguments.validate)
    if arguments.only != "films":
        for name in ("clothing", "grocery_produce"):
            pictures(name, arguments.data)


def films(folder: Path, *, validate: bool) -> None:
    """Print what each recommender foretells of the likes of films."""
    known = ratings(folder / "interactions_mlsmall.csv")
    items, vectors = film_vectors(folder / "items.csv")
    content = MatrixContent(items, vectors)
    if validate:
        known = known.where(~later_by_user(known, 0.2))
    for split in ("user", "period"):
        found = assess(known, content, len(items), split=split, k=K, least_weight=_LIKED)
        print(
            f"\n### Films, split by {split}{' (validation)' if validate else ''}: "
            f"{found.users} users ({found.newcomers} without a history), {found.wanted} likes\n"
        )
        print(found.markdown())
        print("\nweights:", ", ".join(f"{n} {w:.1f}" for n, w in found.weights.items()))


def ratings(path: Path) -> Interactions:
    """Return the ratings as events: likes, views and dislikes."""
    with path.open(encoding="utf-8") as stream:
        rows = list(csv.DictReader(stream))
    stars = np.array([float(row["rating"]) for row in rows])
    like, view, dislike = (KINDS.index(kind) for kind in ("like", "view", "dislike"))
    return interactions_of(
        EventTable(
            np.array([int(row["user_id"]) for row in rows]),
            np.array([int(row["item_id"]) for row in rows]),
            np.where(stars >= 4, like, np.where(stars <= 2, dislike, view)),
            np.array([float(row["timestamp"]) for row in rows]),
            np.full(len(rows), np.nan),
        )
    )


def film_vectors(path: Path) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """Return film ids and vectors of genres, words of the title and the decade, of length 1."""
    with path.open(encoding="utf-8") as stream:
        rows = list(csv.DictReader(stream))
    bags = [_bag(row["title"], row["genres"]) for row in rows]
    counts: dict[str, int] = {}
    for bag in bags:
        for word in bag:
            counts[word] = counts.get(word, 0) + 1
    words = {word: place for place, word in enumerate(w for w, n in counts.items() if n > 1)}
    vectors = np.zeros((len(rows), len(words) + 1), np.float32)
    vectors[:, -1] = 1e-3  # no film is without a direction
    for place, bag in enumerate(bags):
        for word in bag:
            if word in words:
                vectors[place, words[word]] = np.log(len(rows) / counts[word])
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    return np.array([int(row["item_id"]) for row in rows]), vectors


def _bag(title: str, genres: str) -> set[str]:
    year = re.search(r"\((\d{3})\d\)", title)
    found = {f"genre {genre}" for genre in genres.split("|")}
    found |= set(re.findall(r"[a-z]{4,}", title.lower()))
    return found | ({f"decade {year[1]}"} if year else set())


def pictures(name: str, root: Path) -> None:
    """Print what is foretold of hidden tastes over real pictures."""
    vectors, tastes = encode(name, root)
    items = np.arange(1, len(vectors) + 1)
    content = MatrixContent(items, vectors)
    known = simulated(tastes, seed=1)
    found = assess(known, content, len(items), k=K)
    print(f"\n### {name}: {len(items)} pictures, {len(set(tastes))} hidden tastes\n")
    print(found.markdown())
    print("\nweights:", ", ".join(f"{n} {w:.1f}" for n, w in found.weights.items()))
    new_items(name, known, content, items)


def encode(name: str, root: Path) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """Return the vectors of a set's pictures and the hidden taste that each serves."""
    encoder = load_encoder(DEFAULT_MODEL)
    samples = load_set(name, root)
    vectors, colours = [], []
    for start in range(0, len(samples), 64):
        batch = []
        for sample in samples[start : start + 64]:
            pixels = decode(sample.path.read_bytes()).pixels
            height, width = pixels.shape[:2]
            middle = pixels[height // 4 : -height // 4, width // 4 : -width // 4]
            colours.append(middle.reshape(-1, 3).mean(axis=0))
            batch.append(encoder.prepare(pixels))
        vectors.append(encoder.encode(np.stack(batch)).vectors)
    classes = np.unique([sample.label for sample in samples], return_inverse=True)[1]
    if name == "clothing":  # ten classes are too few: light, middle and dark ones apart
        light = np.array(colours).mean(axis=1)
        for one in range(int(classes.max()) + 1):
            edges = np.quantile(light[classes == one], np.arange(1, _COLOURS) / _COLOURS)
            colour = np.searchsorted(edges, light)
            classes = np.where(classes == one, 1000 + one * _COLOURS + colour, classes)
    return np.concatenate(vectors), classes.astype(np.int64)


def simulated(tastes: NDArray[np.int64], *, seed: int) -> Interactions:
    """Return choices of users who follow one to three tastes, the frequent ones more often."""
    random = np.random.default_rng(seed)
    kinds, sizes = np.unique(tastes, return_counts=True)
    rows: list[tuple[int, int, float]] = []
    for user in range(_USERS):
        own = random.choice(kinds, random.integers(1, 4), replace=False, p=sizes / sizes.sum())
        liked = np.flatnonzero(np.isin(tastes, own))
        number = int(random.integers(*_CHOICES))
        followed = random.choice(liked, min(number, len(liked)), replace=False)
        stray = random.integers(0, len(tastes), len(followed))
        chosen = np.where(random.random(len(followed)) < _STRAY, stray, followed)
        rows += [(user, int(item) + 1, float(t)) for t, item in enumerate(dict.fromkeys(chosen))]
    users, items, times = (np.array(column) for column in zip(*sorted(rows), strict=True))
    ones = np.full(len(users), _LIKED)
    kind = np.full(len(users), KINDS.index("like"))
    return Interactions(users, items, ones, times, kind, np.zeros(len(users), bool))


def new_items(
    name: str, known: Interactions, content: MatrixContent, items: NDArray[np.int64]
) -> None:
    """Print how well choices among new pictures are foretold for users who met none of them."""
    random = np.random.default_rng(2)
    new = np.sort(random.choice(items, len(items) // 5, replace=False))
    of_new = np.isin(known.items, new)
    tested = known.users % 2 == 1
    earlier = known.where(~(of_new & tested))
    counts = np.array([np.count_nonzero(earlier.items == item) for item in new], float)
    together = fit_item_item(earlier)
    looks = ByLooks(content)
    names = ("chance", "popularity", "item-item", "content")
    lists: dict[str, list[NDArray[np.int64]]] = {name: [] for name in names}
    relevant = []
    for user in np.unique(known.users[of_new & tested]).tolist():
        history: History = earlier.history(user)
        if not len(history):
            continue
        relevant.append(known.items[of_new & (known.users == user)])
        scores = {
            "chance": random.random(len(new)),
            "popularity": counts,
            "item-item": together.score(history, new) + 1e-9 * counts,
            "content": looks.score(history, new),
        }
        for which, values in scores.items():
            lists[which].append(new[np.lexsort((new, -values))[:K]])
    print(f"\n#### {name}: {len(new)} new pictures, {len(relevant)} users who met none of them\n")
    print(f"| | recall@{K} | 95 % | NDCG@{K} |\n|---|---|---|---|")
    for which in names:
        recall = share_found_at_k(np.array(lists[which]), relevant, K)
        low, high = bootstrap_interval(recall)
        ndcg = ndcg_at_k(np.array(lists[which]), relevant, K).mean()
        print(f"| {which} | {recall.mean():.4f} | {low:.4f}–{high:.4f} | {ndcg:.4f} |")


if __name__ == "__main__":
    main()
