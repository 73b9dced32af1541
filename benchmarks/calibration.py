"""What a score means: does the library it is asked in help to say that a hit is a match?

    python benchmarks/calibration.py [--data FOLDER] [--cache FOLDER]

Every picture asks for the nearest other of its set, with its own class in the gallery and without
it, so that half of the queries have no match. Each way of turning what was found into a
probability is fitted on the selection classes of the *other* sets, each set weighing the same,
as a library is a collection that nobody has fitted on; or on those of all five sets, as the card
is; or on those of the same set, as `lookalike train` does. All is measured on report classes:

- ECE, the expected calibration error in 15 bins of equal mass: of the probability that the
  nearest hit is a match;
- AUROC of the same, and of whether the right class is in the gallery at all.

The background of a query is a sample of 1,000 vectors of the gallery, drawn by a seed. Which of
its similarities are averaged is chosen on the selection classes, each set in turn left out.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from lookalike.encoders import load_encoder
from lookalike.evaluation import auroc, expected_calibration_error
from lookalike.images import decode
from machine import describe
from picture_sets import Sample, default_root, load_set, part_of

SETS = ("caltech_half", "clothing", "grocery_produce", "logos", "game_units")
PHONE = "phone to catalogue"
"""grocery_produce as it is used: a photograph in a shop against the catalogue pictures alone."""

SAMPLE = 1000
BACKGROUNDS: dict[str, tuple[float, float]] = {
    "all of the sample": (0.0, 1.0),
    "its nearest 10 %": (0.0, 0.1),
    "its nearest 5 to 20 %": (0.05, 0.2),
    "its nearest 10 to 50 %": (0.1, 0.5),
    "its farther half": (0.5, 1.0),
}
"""Which similarities to the sample are averaged, from the nearest on, in shares of it."""

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Found:
    """Of n queries: cosine of the nearest, gap to the next, backgrounds (n, ways), and truths."""

    cosine: Floats
    gap: Floats
    backgrounds: Floats
    match: NDArray[np.bool_]
    present: NDArray[np.bool_]


def asked(
    vectors: NDArray[np.float32],
    samples: Sequence[Sample],
    gallery: NDArray[np.bool_],
    queries: NDArray[np.bool_],
) -> Found:
    """Ask with each query, in the gallery without itself, with its class and without it."""
    codes = np.unique([sample.label for sample in samples], return_inverse=True)[1]
    random = np.random.default_rng(0)
    rows: list[tuple[float, float, list[float], bool, bool]] = []
    for present in (True, False):
        for query in np.flatnonzero(queries).tolist():
            same = codes == codes[query]
            allowed = gallery.copy()
            allowed[query] = False
            if not (allowed & same).any():
                continue
            places = np.flatnonzero(allowed if present else allowed & ~same)
            cosines = (vectors[places] @ vectors[query]).astype(np.float64)
            first, second = cosines[np.argsort(-cosines)[:2]]
            sample = np.sort(random.permutation(cosines)[:SAMPLE])[::-1]
            means = [
                float(sample[slice(*bounds(len(sample), shares))].mean())
                for shares in BACKGROUNDS.values()
            ]
            right = bool(same[places[cosines.argmax()]])
            rows.append((float(first), float(first - second), means, right, present))
    cosine, gap, backgrounds, match, there = zip(*rows, strict=True)
    return Found(
        np.array(cosine), np.array(gap), np.array(backgrounds), np.array(match), np.array(there)
    )


def bounds(count: int, shares: tuple[float, float]) -> tuple[int, int]:
    """Return the first and the last place of a part of a sample, which is never empty."""
    low = min(count - 1, round(shares[0] * count))
    return low, max(low + 1, round(shares[1] * count))


Inputs = Callable[[Found], Floats]


def cosine_alone(found: Found) -> Floats:
    """Return what the card looks at."""
    return found.cosine[:, None]


def normalised(way: int) -> Inputs:
    """Return a function to the cosine less a mean similarity to the background."""
    return lambda found: (found.cosine - found.backgrounds[:, way])[:, None]


def together(way: int) -> Inputs:
    """Return a function to cosine, background and gap, each with a weight of its own."""
    return lambda found: np.stack([found.cosine, found.backgrounds[:, way], found.gap], axis=1)


def fitted(parts: Sequence[Found], inputs: Inputs) -> Callable[[Found], Floats]:
    """Fit a logistic regression by Newton's method, each part weighing the same."""
    values = np.concatenate([inputs(part) for part in parts])
    truth = np.concatenate([part.match for part in parts]).astype(np.float64)
    weights = np.concatenate([np.full(len(part.match), 1 / len(part.match)) for part in parts])
    weights *= len(weights) / weights.sum()
    middle, spread = values.mean(axis=0), values.std(axis=0) + 1e-9

    def table(some: Floats) -> Floats:
        return np.concatenate([(some - middle) / spread, np.ones((len(some), 1))], axis=1)

    rows = table(values)
    parameters = np.zeros(rows.shape[1])
    for _ in range(50):
        guess = sigmoid(rows @ parameters)
        gradient = rows.T @ (weights * (guess - truth)) + 1e-3 * parameters
        curvature = (rows * (weights * guess * (1 - guess))[:, None]).T @ rows
        parameters -= np.linalg.solve(curvature + 1e-3 * np.eye(len(parameters)), gradient)
    return lambda found: sigmoid(table(inputs(found)) @ parameters)


def sigmoid(values: Floats) -> Floats:
    """Return 1 / (1 + exp(-x))."""
    result: Floats = 1.0 / (1.0 + np.exp(-np.clip(values, -500.0, 500.0)))
    return result


def main() -> None:
    """Print one line for each way and set."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=default_root())
    parser.add_argument("--cache", type=Path, help="folder to keep vectors in")
    arguments = parser.parse_args()
    selection: dict[str, Found] = {}
    report: dict[str, Found] = {}
    for name in SETS:
        samples = load_set(name, arguments.data)
        vectors = embedded(name, samples, arguments.cache)
        parts = part_of(samples)
        for part, into in (("selection", selection), ("report", report)):
            rows = np.array([parts[sample.label] == part for sample in samples])
            own = [sample for sample, chosen in zip(samples, rows, strict=True) if chosen]
            every = np.ones(len(own), bool)
            into[name] = asked(vectors[rows], own, every, every)
            if part == "report" and any(sample.role for sample in own):
                queries = np.array([sample.role == "query" for sample in own])
                catalogue = np.array([sample.role == "gallery" for sample in own])
                into[PHONE] = asked(vectors[rows], own, catalogue, queries)
    way = chosen_background(selection)
    background = list(BACKGROUNDS)[way]
    raw = {name: (lambda found: np.clip(found.cosine, 0.0, 1.0)) for name in report}
    line("raw cosine", raw, report)
    card = load_encoder().card
    line(
        "card as shipped",
        {name: lambda found: card.probability(found.cosine) for name in report},
        report,
    )
    for title, inputs in (
        ("card", cosine_alone),
        (f"cosine less background ({background})", normalised(way)),
        ("cosine, background and gap", together(way)),
    ):
        own_fit = fitted([selection[name] for name in SETS], inputs)
        line(f"{title}, fitted on all five sets", dict.fromkeys(report, own_fit), report)
        others = {
            name: fitted([selection[one] for one in SETS if one != base(name)], inputs)
            for name in report
        }
        line(f"{title}, fitted on the others", others, report)
    same = {name: fitted([selection[base(name)]], cosine_alone) for name in report}
    line("card, fitted on the same set", same, report)
    print(f"calibration: {describe('onnxruntime', 'numpy')}")


def base(name: str) -> str:
    """Return the set that a row is made of."""
    return "grocery_produce" if name == PHONE else name


def chosen_background(selection: dict[str, Found]) -> int:
    """Return the background with the least ECE on selection classes, each set left out in turn."""
    ways = {title: normalised(way) for way, title in enumerate(BACKGROUNDS)}
    errors = {}
    for title, inputs in {"none": cosine_alone, **ways}.items():
        each = []
        for name in SETS:
            others = [selection[one] for one in SETS if one != name]
            each.append(error_of(fitted(others, inputs)(selection[name]), selection[name]))
        errors[title] = float(np.mean(each))
        print(f"calibration choice, background {title}: ECE {errors[title]:.3f} on selection")
    return min(range(len(BACKGROUNDS)), key=lambda way: errors[list(BACKGROUNDS)[way]])


def error_of(probability: Floats, found: Found) -> float:
    """Return the ECE in 15 bins of equal mass."""
    return expected_calibration_error(probability, found.match, bins=15, equal_mass=True)


def line(title: str, ways: dict[str, Callable[[Found], Floats]], report: dict[str, Found]) -> None:
    """Print a row for each set, and the mean over the five."""
    figures = {}
    for name, found in report.items():
        probability = ways[name](found)
        figures[name] = (
            error_of(probability, found),
            auroc(probability, found.match),
            auroc(probability, found.present),
        )
    figures["mean of five"] = tuple(
        float(value) for value in np.mean([figures[name] for name in SETS], axis=0)
    )  # type: ignore[assignment]
    for name, (error, match, present) in figures.items():
        print(
            f"calibration {title}, {name}: ECE {error:.3f}, AUROC match {match:.3f}, "
            f"AUROC in the gallery {present:.3f}"
        )


def embedded(name: str, samples: Sequence[Sample], cache: Path | None) -> NDArray[np.float32]:
    """Return the vectors of a set as a library stores them, (n, d)."""
    path = None if cache is None else cache / f"{name}.npz"
    if path is not None and path.exists():
        with np.load(path) as kept:
            return kept["vectors"].astype(np.float32)
    encoder = load_encoder()
    batches = []
    for start in range(0, len(samples), 64):
        batch = [
            encoder.prepare(
                decode(sample.path.read_bytes(), shortest_side=encoder.card.decode_side).pixels
            )
            for sample in samples[start : start + 64]
        ]
        batches.append(encoder.encode(np.stack(batch)).vectors.astype(np.float16))
    vectors = np.concatenate(batches)
    if path is not None:
        path.parent.mkdir(parents=True, exist_ok=True)
        np.savez(path, vectors=vectors)
    return vectors.astype(np.float32)


if __name__ == "__main__":
    main()
