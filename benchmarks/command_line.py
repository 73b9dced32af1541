"""Cold times of the command line: help, a search in 10,000 images, a second index run.

    python benchmarks/command_line.py

"Cold" is a new process; with --drop-caches (needs root) the system's file cache is dropped
before each run as well.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from machine import describe, median, spread
from memory import make_small


def timed(*command: str, drop_caches: bool) -> float:
    """Return the seconds that a command takes as a whole."""
    if drop_caches:
        subprocess.run(["sync"], check=True)
        Path("/proc/sys/vm/drop_caches").write_text("3\n")
    began = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return time.perf_counter() - began


def main() -> None:
    """Measure and print one line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=10_000)
    parser.add_argument("--runs", type=int, default=9)
    parser.add_argument("--drop-caches", action="store_true")
    parser.add_argument("--keep", type=Path, help="keep pictures and library in this folder")
    arguments = parser.parse_args()
    lookalike = str(Path(sys.executable).with_name("lookalike"))
    with tempfile.TemporaryDirectory() as temporary:
        place = arguments.keep or Path(temporary)
        pictures, library = place / "pictures", str(place / "library")
        make_small(pictures, arguments.count)
        index = (lookalike, "index", str(pictures), "--library", library)
        subprocess.run(index, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        query = str(next(pictures.rglob("*7.jpg")))
        commands = {
            "--help": (lookalike, "--help"),
            "search": (lookalike, "search", query, "--library", library),
            "second index": index,
        }
        times: dict[str, list[float]] = {name: [] for name in commands}
        for _ in range(arguments.runs):
            for name, command in commands.items():
                times[name].append(timed(*command, drop_caches=arguments.drop_caches))
        print(
            f"command line ({'caches dropped' if arguments.drop_caches else 'new process'}): "
            + ", ".join(
                f"{name} {median(values):.2f} s ({spread(values)})"
                for name, values in times.items()
            )
            + f" with {arguments.count:,} images; {describe('typer', 'onnxruntime')}"
        )


if __name__ == "__main__":
    main()
