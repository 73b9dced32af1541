"""Indexing speed against its bound, for 1-megapixel and 12-megapixel JPEGs.

    python benchmarks/pipeline.py

The bound is cores / (core-seconds to decode and resize one + core-seconds to encode one).
Both are measured alone, in the same run, each by as many processes as there are cores, so
that the cores share caches and clock as they do while indexing; a row with one process says
what sharing costs. Runs are interleaved; medians are printed.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from machine import cores, describe, median, spread
from pictures import SIZES, make_folder

MEASURE = """
import sys, time
from pathlib import Path
import numpy as np
from lookalike.encoders import load_encoder
from lookalike.images import decode

what, folder = sys.argv[1:3]
part, parts, seconds = int(sys.argv[3]), int(sys.argv[4]), float(sys.argv[5])
encoder = load_encoder(threads=1)
side = encoder.card.decode_side
files = sorted(Path(folder).iterdir())[part::parts]

def prepared(file):
    return encoder.prepare(decode(file.read_bytes(), shortest_side=side).pixels)

batch = np.stack(([prepared(file) for file in files[:16]] * 16)[:16])
encoder.encode(batch)
print("ready", flush=True)
sys.stdin.readline()
count, began, end = 0, time.process_time(), time.monotonic() + seconds
while time.monotonic() < end:
    if what == "decode":
        for file in files[count % len(files):][:16]:
            prepared(file)
            count += 1
    else:
        encoder.encode(batch)
        count += 16
print((time.process_time() - began) / count)
"""


def core_seconds(what: str, folder: Path, processes: int, seconds: float) -> float:
    """Return the core-seconds that one picture takes in the given number of processes."""
    running = [
        subprocess.Popen(
            [
                *(sys.executable, "-c", MEASURE, what, str(folder)),
                *(str(part), str(processes), str(seconds)),
            ],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for part in range(processes)
    ]
    for process in running:
        assert process.stdout is not None
        process.stdout.readline()
    for process in running:
        assert process.stdin is not None
        process.stdin.write("\n")
        process.stdin.flush()
    results = [float(process.communicate()[0]) for process in running]
    return sum(results) / len(results)


def indexing_rate(folder: Path, count: int) -> tuple[float, float]:
    """Return pictures a second: of the whole run, and without the start of the workers."""
    import lookalike

    with tempfile.TemporaryDirectory() as temporary:
        with lookalike.open(Path(temporary) / "library") as library:
            first: list[tuple[float, int]] = []

            def progress(state: lookalike.Progress) -> None:
                if state.done and state.stage == "index":
                    first.append((time.monotonic(), state.done))

            began = time.monotonic()
            report = library.add(folder, progress=progress)
            ended = time.monotonic()
        if report.added != count:
            raise SystemExit(f"{report.added} of {count} pictures were indexed: {report}")
        steady = (first[-1][1] - first[0][1]) / (first[-1][0] - first[0][0])
        return count / (ended - began), steady


def main() -> None:
    """Measure and print one line for each size."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--size", choices=sorted(SIZES), action="append")
    parser.add_argument("--count", type=int, help="pictures (default: 3000 or 1000)")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--keep", type=Path, help="keep the pictures in this folder")
    arguments = parser.parse_args()
    for name in arguments.size or sorted(SIZES, reverse=False):
        count = arguments.count or {"1MP": 3000, "12MP": 1000}[name]
        with tempfile.TemporaryDirectory() as temporary:
            folder = (arguments.keep or Path(temporary)) / f"{name}-{count}"
            make_folder(folder, count, SIZES[name])
            size = median([path.stat().st_size for path in folder.iterdir()])
            decodes, encodes, rates, steadies, singles = [], [], [], [], []
            for _ in range(arguments.runs):
                decodes.append(core_seconds("decode", folder, cores(), 6.0))
                encodes.append(core_seconds("encode", folder, cores(), 6.0))
                singles.append(
                    core_seconds("decode", folder, 1, 3.0) + core_seconds("encode", folder, 1, 3.0)
                )
                rate, steady = indexing_rate(folder, count)
                rates.append(rate)
                steadies.append(steady)
            bound = cores() / (median(decodes) + median(encodes))
            print(
                f"pipeline {name}: {median(rates):.1f} images/s over {count} "
                f"({spread(rates)}; {median(steadies):.1f} after start-up), "
                f"{median(rates) / bound:.1%} of the bound {bound:.1f} "
                f"(core-ms: decode {median(decodes) * 1e3:.2f}, "
                f"encode {median(encodes) * 1e3:.2f}; one process alone, both: "
                f"{median(singles) * 1e3:.2f}); files of {size / 1e3:.0f} kB; "
                f"{describe('onnxruntime', 'simplejpeg', 'numpy')}"
            )


if __name__ == "__main__":
    main()
