"""Hostile and odd files, hundreds of them, through the whole pipeline."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

import lookalike


@pytest.mark.slow
def test_every_hostile_file_is_indexed_or_refused_with_a_reason(
    real_pictures: Path, tmp_path: Path
) -> None:
    folder = real_pictures / "robust"
    with lookalike.open(tmp_path / "library") as library:
        report = library.add(folder)
        assert report.added > 400
        assert report.failed > 200
        failures = library.failures()
        assert len(failures) == report.failed
        assert all(failure.reason and "Traceback" not in failure.reason for failure in failures)
        assert {failure.kind for failure in failures} <= {
            "BrokenImageError",
            "NotAnImageError",
            "ImageTooLargeError",
            "ImageTimeoutError",
        }
        assert library.check() == ()
        again = library.add(folder)
        assert (again.added, again.failed, again.skipped) == (0, 0, report.failed)
        images = list(library.iterate())
        for image in images[:: max(1, len(images) // 50)]:
            hits = library.search(image.uri, k=1)
            assert hits[0].score > 0.999


def test_the_eight_orientations_give_one_vector(real_pictures: Path, tmp_path: Path) -> None:
    folder = real_pictures / "robust" / "exif_orientation"
    with lookalike.open(tmp_path / "library") as library:
        report = library.add(folder)
        assert report.failed == 0
        library.export(tmp_path / "vectors.npy")
    vectors = np.load(tmp_path / "vectors.npy")
    lines = (tmp_path / "vectors.jsonl").read_text().splitlines()
    kinds = [Path(json.loads(line)["uri"]).stem.rsplit("_", 1)[0] for line in lines]
    assert sorted(set(kinds)) == ["Landscape", "Portrait"]
    for kind in set(kinds):
        same = vectors[[row for row, other in enumerate(kinds) if other == kind]]
        assert len(same) >= 8
        # Each picture has another digit drawn in its middle: nearly one vector, not quite.
        assert (same @ same.T).min() > 0.85, kind
