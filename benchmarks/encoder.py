"""The 8-bit encoder against the same network in 32 bits.

    python tools/build_models.py --reference build/reference.onnx   # needs torch, once
    python benchmarks/encoder.py --reference build/reference.onnx

Speed: both encode the same batches in turn, in batches of 16 on all cores; medians of the
rounds. Cosine: of the two embeddings of report pictures of every set. Labels: how often the
first names agree, and how often they are right, on caltech_half (no pictures of ImageNet lie
beside the project; see label_truth.py), classes outside the fit part.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from label_truth import label_accuracy
from lookalike.encoders import Encoder, load_encoder
from lookalike.evaluation import bootstrap_interval
from lookalike.images import decode
from machine import cores, describe, median, spread
from picture_sets import SETS, default_root, load_set, part_of

_BATCH = 16


def main() -> None:
    """Measure and print one line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--reference", type=Path, required=True, help="the 32-bit ONNX file")
    parser.add_argument("--data", type=Path, default=default_root())
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--pictures", type=int, default=60, help="of each set, for the cosine")
    arguments = parser.parse_args()
    encoder, exact = load_encoder(threads=cores()), session(arguments.reference)
    rates = speed(encoder, exact, arguments.rounds)
    ratio = median(rates[0]) / median(rates[1])
    batch = report_pictures(encoder, arguments.data, arguments.pictures)
    cosine = (encoder.encode(batch).vectors * run(exact, batch)[0]).sum(axis=1)
    print(
        f"encoder: 8-bit {median(rates[0]):.0f} images/s ({spread(rates[0])}), 32-bit "
        f"{median(rates[1]):.0f} ({spread(rates[1])}), {ratio:.2f} times; cosine mean "
        f"{cosine.mean():.4f}, least {cosine.min():.4f} ({len(cosine)} pictures); "
        f"{labels(encoder, exact, arguments.data)}; {describe('onnxruntime', 'numpy')}"
    )


def session(path: Path) -> Any:
    """Return a session of the 32-bit network, with threads as the encoder's."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    options.intra_op_num_threads = cores()
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])


def run(exact: Any, batch: NDArray[np.uint8]) -> list[NDArray[np.float32]]:
    """Return embeddings and probabilities of the 32-bit network."""
    parts = [
        exact.run(["semantic", "probabilities"], {"pixels": batch[start : start + _BATCH]})
        for start in range(0, len(batch), _BATCH)
    ]
    return [np.concatenate(values) for values in zip(*parts, strict=True)]


def speed(encoder: Encoder, exact: Any, rounds: int) -> tuple[list[float], list[float]]:
    """Return images a second of both, in interleaved rounds of four batches."""
    random = np.random.default_rng(1)
    batch = random.integers(0, 256, (4 * _BATCH, 224, 224, 3), dtype=np.uint8)
    rates: tuple[list[float], list[float]] = ([], [])
    for number in range(rounds + 1):
        for found, encode in zip(rates, (encoder.encode, lambda b: run(exact, b)), strict=True):
            began = time.perf_counter()
            encode(batch)
            if number:  # the first round warms up
                found.append(len(batch) / (time.perf_counter() - began))
    return rates


def report_pictures(encoder: Encoder, root: Path, count: int) -> NDArray[np.uint8]:
    """Return prepared pictures of the report part of every set."""
    random = np.random.default_rng(0)
    paths: list[Path] = []
    for name in SETS:
        samples = load_set(name, root)
        parts = part_of(samples)
        found = [sample.path for sample in samples if parts[sample.label] == "report"]
        paths += [found[place] for place in random.permutation(len(found))[:count]]
    return prepared(encoder, paths)


def prepared(encoder: Encoder, paths: list[Path]) -> NDArray[np.uint8]:
    """Return pictures as the network takes them."""
    side = encoder.card.decode_side
    return np.stack(
        [encoder.prepare(decode(path.read_bytes(), shortest_side=side).pixels) for path in paths]
    )


def labels(encoder: Encoder, exact: Any, root: Path) -> str:
    """Return agreement and accuracy of the first names, as text."""
    samples = load_set("caltech_half", root)
    parts = part_of(samples)
    samples = tuple(sample for sample in samples if parts[sample.label] != "fit")
    batch = prepared(encoder, [sample.path for sample in samples])
    small, large = encoder.encode(batch).probabilities, run(exact, batch)[1]
    if small is None:
        raise SystemExit("The model names no classes.")
    same = small.argmax(axis=1) == large.argmax(axis=1)
    names = encoder.card.label_names
    right = [label_accuracy(samples, found, names) for found in (small, large)]
    low, high = bootstrap_interval(right[0] - right[1])
    return (
        f"first names agree on {same.mean():.1%} of {len(same)}, right {right[0].mean():.1%} "
        f"against {right[1].mean():.1%} of {len(right[0])} (difference "
        f"[{100 * low:+.1f}, {100 * high:+.1f}] points)"
    )


if __name__ == "__main__":
    main()
