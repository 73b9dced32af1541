"""Compare poolings and whitenings of the shipped network on the selection classes.

    python tools/compare_heads.py --cache build/features

Prints the rows of the table in docs/model.md: leave-one-out recall@1 and MAP@R, in percent, the
mean over the seven sets and grocery_produce a second time among its photographs, which share the
classes of its catalogue. Needs what build_models.py needs; the features stay in the cache.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np

from build_models import LAST_MAP, backbone, quantised_layers, read_sets
from features import FITS, extract
from head import HeadRecipe, fit_head, normalised, read_recipe
from lookalike.evaluation import map_at_r, rank_gallery, rank_leave_one_out, recall_at_k
from network import load_network
from picture_sets import SETS, default_root

POOLINGS = ("avg", "gem2", "gem3")
WHITENINGS = (
    (0.2, 0.0),
    (0.25, 0.0),
    (0.25, 0.1),
    (0.25, 0.3),
    (0.25, 0.5),
    (0.25, 1.0),
    (0.35, 0.3),
    (0.35, 1.0),
)
WITHIN = ((0.125, 0.3), (0.25, 0.3), (0.25, 1.0), (0.5, 1.0), (0.5, 3.0))
"""After power 0.25 with shrinkage 0.5: power and shrinkage within the classes. The recipe of the
model that ships follows as the last row."""


def main() -> None:
    """Print a row for each way to make the square, pooling and whitening."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=default_root())
    parser.add_argument("--cache", type=Path, default=Path("build/features"))
    parser.add_argument("--fits", nargs="+", choices=sorted(FITS), default=["squash", "squash 0.9"])
    arguments = parser.parse_args()
    pictures = read_sets(arguments.data)
    network = load_network()
    graph = backbone(network, quantised_layers(network, pictures)).SerializeToString()
    paths = [sample.path for sample in pictures.samples]
    parts, sets = np.asarray(pictures.parts), np.asarray(pictures.sets)
    labels = np.array([sample.label for sample in pictures.samples])
    roles = np.array([sample.role for sample in pictures.samples])
    fit = parts == "fit"
    recipes = [
        *(HeadRecipe(power=power, shrinkage=shrinkage) for power, shrinkage in WHITENINGS),
        *(
            HeadRecipe(within_power=power, within_shrinkage=shrinkage)
            for power, shrinkage in WITHIN
        ),
        read_recipe(),
    ]
    for how in arguments.fits:
        pooled = extract(graph, [LAST_MAP], paths, how, arguments.cache)
        for pooling in POOLINGS:
            features = normalised(pooled[f"{LAST_MAP}/{pooling}"])
            for recipe in (None, *recipes):
                vectors = features
                if recipe is not None:
                    head = fit_head(features[fit], list(sets[fit]), list(labels[fit]), recipe)
                    vectors = head.apply(features)
                figures = judge(vectors, labels, sets, parts == "selection", roles)
                recall, precision = (100 * value for value in figures)
                print(
                    f"{how:10} {pooling:5} {said(recipe):50} "
                    f"recall@1 {recall:.1f}  MAP@R {precision:.1f}",
                    flush=True,
                )


def said(recipe: HeadRecipe | None) -> str:
    """Return a recipe in words."""
    if recipe is None:
        return "no head"
    text = f"power {recipe.power}, shrinkage {recipe.shrinkage}"
    if recipe.within_power:
        text += f", within classes {recipe.within_power}, {recipe.within_shrinkage}"
    return text


def judge(
    vectors: np.ndarray,
    labels: np.ndarray,
    sets: np.ndarray,
    chosen: np.ndarray,
    roles: np.ndarray,
) -> tuple[float, float]:
    """Return mean recall@1 and MAP@R over the sets, of the chosen pictures."""
    figures = []
    for name in SETS:
        mine = chosen & (sets == name)
        photographs = mine & (roles != "gallery")
        figures.append(rank_leave_one_out(vectors[photographs], labels[photographs]))
        if name == "grocery_produce":
            query, gallery = mine & (roles == "query"), mine & (roles == "gallery")
            figures.append(
                rank_gallery(vectors[query], labels[query], vectors[gallery], labels[gallery])
            )
    recall = [float(np.nanmean(recall_at_k(ranking, 1))) for ranking in figures]
    precision = [float(np.nanmean(map_at_r(ranking))) for ranking in figures]
    return float(np.mean(recall)), float(np.mean(precision))


if __name__ == "__main__":
    main()
