"""What it costs to decode a JPEG and fit it to the network's 224 pixels.

    python benchmarks/decode.py

Core-milliseconds a picture, one process, for 12-megapixel and 1-megapixel JPEGs: Lookalike's
decode and fit, Pillow's draft mode with its resize, OpenCV's reduced decode with its resize
(where it is installed), and simplejpeg's bare decode at the scale that Lookalike chooses, which
nothing built on it can beat. The contenders take turns; medians over the rounds are printed.
"""

from __future__ import annotations

import argparse
import importlib.util
import io
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import simplejpeg
from PIL import Image

from lookalike.images import decode, fit
from lookalike.images.scale import reduction
from machine import describe, median, spread
from pictures import SIZES, make_folder

SIDE = 224


def lookalike(data: bytes) -> object:
    """Decode and fit as indexing does."""
    return fit(decode(data, shortest_side=SIDE).pixels, SIDE)


def pillow(data: bytes) -> object:
    """Decode with Pillow's draft mode and resize."""
    with Image.open(io.BytesIO(data)) as image:
        image.draft("RGB", (SIDE, SIDE))
        return image.convert("RGB").resize((SIDE, SIDE), Image.Resampling.BILINEAR)


def bare(data: bytes) -> object:
    """Decode with simplejpeg at the scale that Lookalike chooses, and do nothing else."""
    height, width, _, _ = simplejpeg.decode_jpeg_header(data)
    factor = reduction(width, height, SIDE, largest=8)
    return simplejpeg.decode_jpeg(
        data, min_height=-(-height // factor), min_width=-(-width // factor)
    )


def opencv() -> Callable[[bytes], object]:
    """Return a decode and resize with OpenCV on one thread."""
    import cv2

    cv2.setNumThreads(1)
    flags = {2: cv2.IMREAD_REDUCED_COLOR_2, 4: cv2.IMREAD_REDUCED_COLOR_4}

    def run(data: bytes) -> object:
        height, width, _, _ = simplejpeg.decode_jpeg_header(data)
        factor = reduction(width, height, SIDE, largest=8)
        flag = flags.get(factor, cv2.IMREAD_REDUCED_COLOR_8 if factor == 8 else cv2.IMREAD_COLOR)
        pixels = cv2.imdecode(np.frombuffer(data, np.uint8), flag)
        return cv2.resize(pixels, (SIDE, SIDE), interpolation=cv2.INTER_AREA)

    return run


def measure(
    contenders: dict[str, Callable[[bytes], object]], files: list[bytes], rounds: int
) -> dict[str, list[float]]:
    """Return core-milliseconds a picture of each contender, one value for each round."""
    found: dict[str, list[float]] = {name: [] for name in contenders}
    for run in contenders.values():
        run(files[0])
    for _ in range(rounds):
        for name, run in contenders.items():
            began = time.process_time()
            for data in files:
                run(data)
            found[name].append((time.process_time() - began) / len(files) * 1000)
    return found


def main() -> None:
    """Measure both sizes and print one line."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--pictures", type=int, default=12, help="JPEGs of each size")
    parser.add_argument("--rounds", type=int, default=9)
    arguments = parser.parse_args()
    contenders = {"lookalike": lookalike, "Pillow draft": pillow, "simplejpeg bare": bare}
    packages = ["pillow", "simplejpeg"]
    if importlib.util.find_spec("cv2") is not None:
        contenders["OpenCV"] = opencv()
        packages.append("opencv-python-headless")
    parts = []
    with tempfile.TemporaryDirectory() as folder:
        for name in ("12MP", "1MP"):
            make_folder(Path(folder) / name, arguments.pictures, SIZES[name])
            files = [path.read_bytes() for path in sorted((Path(folder) / name).iterdir())]
            times = measure(contenders, files, arguments.rounds)
            ours = median(times["lookalike"])
            others = ", ".join(
                f"{other} {median(values):.1f} (x{median(values) / ours:.2f})"
                for other, values in times.items()
                if other != "lookalike"
            )
            parts.append(
                f"{name} {ours:.1f} core-ms ({spread(times['lookalike'])}) against {others}"
            )
    print(f"decode and fit: {'; '.join(parts)}; {describe(*packages)}")


if __name__ == "__main__":
    main()
