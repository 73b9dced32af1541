"""Peak memory of indexing 100,000 pictures, all processes together.

    python benchmarks/memory.py

Counts each shared page once (proportional set size), sampled four times a second over the
indexing process and its workers; the plain sum of resident sizes is printed beside it.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import psutil
from PIL import Image

from machine import describe
from pictures import photographs


def make_small(folder: Path, count: int) -> None:
    """Write ``count`` different small JPEGs in folders of a thousand."""
    sources = [image.resize((160, 120)) for image in photographs()]
    generator = np.random.default_rng(11)
    for number in range(count):
        path = folder / f"{number // 1000:04d}" / f"{number:06d}.jpg"
        if path.exists():
            continue
        path.parent.mkdir(parents=True, exist_ok=True)
        source = sources[number % len(sources)]
        left, top = (int(value) for value in generator.integers(0, 60, 2))
        right, bottom = (int(value) for value in generator.integers(61, 121, 2))
        box = (min(left, right - 20), min(top, bottom - 20), right, bottom)
        image = source.resize((96, 96), Image.Resampling.BILINEAR, box)
        pixels = np.asarray(image, dtype=np.int16) + int(generator.integers(-30, 31))
        pixels[0, 0] = (number & 255, number >> 8 & 255, number >> 16)
        Image.fromarray(pixels.clip(0, 255).astype(np.uint8)).save(path, quality=80)


def memory(process: psutil.Process) -> tuple[int, int]:
    """Return the proportional and the plain resident size of a process tree, in bytes."""
    shared = plain = 0
    for member in [process, *process.children(recursive=True)]:
        try:
            info = member.memory_full_info()
        except psutil.Error:  # it ended between the listing and the question
            continue
        shared += info.pss
        plain += info.rss
    return shared, plain


def main() -> None:
    """Index in a process of its own and print its peak."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=100_000)
    parser.add_argument("--keep", type=Path, help="keep pictures and library in this folder")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        place = arguments.keep or Path(temporary)
        make_small(place / "pictures", arguments.count)
        began = time.monotonic()
        command = [
            *(sys.executable, "-m", "lookalike", "index", str(place / "pictures")),
            *("--library", str(place / "library"), "--json"),
        ]
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        tree = psutil.Process(process.pid)
        peak_shared = peak_plain = 0
        while process.poll() is None:
            try:
                shared, plain = memory(tree)
            except psutil.Error:
                break
            peak_shared, peak_plain = max(peak_shared, shared), max(peak_plain, plain)
            time.sleep(0.25)
        code = process.wait()
        if code != 0:
            raise SystemExit(f"indexing ended with exit code {code}")
        print(
            f"memory: {peak_shared / 1e6:.0f} MB at peak over all processes (sum of resident "
            f"sizes {peak_plain / 1e6:.0f} MB) indexing {arguments.count:,} pictures in "
            f"{time.monotonic() - began:.0f} s; {describe('onnxruntime', 'faiss-cpu')}"
        )


if __name__ == "__main__":
    main()
