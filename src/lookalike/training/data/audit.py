"""The same picture in two parts: what makes a figure better than the model is."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import combinations
from typing import TYPE_CHECKING

from lookalike.errors import TrainingDataError
from lookalike.images import content_hash, perceptual_hash

from .pictures import Progress, each_picture
from .samples import DataSet
from .split import PARTS, Split

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from lookalike.images.picture import Pixels

    Hashes = npt.NDArray[np.uint64]

__all__ = ["Audit", "NearDuplicate", "audit", "near_hashes"]

_NEAR = 6
_FEWEST_BITS = 24
_CELLS = 1 << 22
_MOST_SHOWN = 10


@dataclass(frozen=True, slots=True)
class NearDuplicate:
    """Two samples of different parts, by their places, that look the same.

    ``distance`` is the number of bits, 0 to 6, by which their perceptual hashes differ.
    """

    first: int
    second: int
    distance: int


@dataclass(frozen=True, slots=True)
class Audit:
    """What was found in more than one part; ``names`` are those of all samples."""

    near: tuple[NearDuplicate, ...]
    names: tuple[str, ...] = ()
    between: tuple[tuple[str, str, int], ...] = ()
    """Two parts, and how many near duplicates there are between them."""

    def __len__(self) -> int:
        return len(self.near)

    def __repr__(self) -> str:
        return f"<Audit {len(self):,} near duplicates>"

    def describe(self) -> str:
        """Return what was found in a few lines, the first pairs by name."""
        if not self.near:
            return "No picture of one part looks the same as one of another."
        count = len(self.near)
        lines = [
            f"{count:,} pair{' of pictures looks' if count == 1 else 's of pictures look'} the "
            "same and are in different parts:"
        ]
        lines += [f"  {number:,} in {one} and {other}" for one, other, number in self.between]
        for pair in self.near[:_MOST_SHOWN]:
            first, second = self.names[pair.first], self.names[pair.second]
            lines.append(f"  {first} and {second} (distance {pair.distance})")
        if count > _MOST_SHOWN:
            lines.append(f"  and {count - _MOST_SHOWN:,} more")
        return "\n".join(lines)

    def without_duplicates(self, split: Split) -> Split:
        """Return the split without the pictures to fit that look like one of the other parts.

        Raises:
            TrainingDataError: nothing to learn from would be left.
        """
        import numpy as np

        touched = {place for pair in self.near for place in (pair.first, pair.second)}
        kept = split.fit[~np.isin(split.fit, sorted(touched))]
        labels = [split.labels[place] for place in kept]
        had_several = len({split.labels[place] for place in split.fit}) < len(split.fit)
        if not labels or (had_several and len(set(labels)) == len(labels)):
            raise TrainingDataError(
                f"Of {len(split.fit):,} pictures to learn from {len(split.fit) - len(kept):,} are "
                "in the other parts too, and no two of a class are left. Remove duplicates first."
            )
        return replace(split, fit=kept)


def audit(data: DataSet, split: Split, *, progress: Progress | None = None) -> Audit:
    """Find the pictures of one part that look the same as one of another.

    Two look the same when their files are equal, or their perceptual hashes differ in at most
    6 of 64 bits. Pictures of a single colour have no such hash and count only when equal.
    Pictures that cannot be decoded are passed over.

    Args:
        data: the samples.
        split: the parts, of the same data.
        progress: called with how many pictures have been looked at, and of how many.

    Raises:
        TrainingDataError: the split is one of other data.
    """
    import numpy as np

    names = tuple(sample.name for sample in data.samples)
    if split.names != names:
        raise TrainingDataError("The split was made of other pictures than those of the data.")

    parts = [getattr(split, part) for part in PARTS]
    part_of = np.repeat(np.arange(len(parts)), [len(part) for part in parts])
    looks = _looks_of(data, np.concatenate(parts), progress)
    near: list[NearDuplicate] = []
    between: list[tuple[str, str, int]] = []
    for one, other in combinations(range(len(parts)), 2):
        found = looks.alike(np.flatnonzero(part_of == one), np.flatnonzero(part_of == other))
        near += found
        if found:
            between.append((PARTS[one], PARTS[other], len(found)))
    return Audit(tuple(near), names, tuple(between))


@dataclass(frozen=True, slots=True)
class _Looks:
    """What the pictures at some ``places`` of the data look like, in arrays of shape (n,).

    ``contents`` are numbers, the same for equal files; ``known`` says which could be decoded and
    ``patterned`` which of these show more than a single colour.
    """

    places: npt.NDArray[np.int64]
    contents: npt.NDArray[np.int64]
    hashes: Hashes
    known: npt.NDArray[np.bool_]
    patterned: npt.NDArray[np.bool_]

    def alike(self, left: npt.NDArray[np.intp], right: npt.NDArray[np.intp]) -> list[NearDuplicate]:
        """Return the pairs of a left and a right picture that look the same, nearest first."""
        files = _equal(self.contents, left[self.known[left]], right[self.known[right]])
        distances = dict.fromkeys(files, 0)
        some, others = left[self.patterned[left]], right[self.patterned[right]]
        for row, column, distance in near_hashes(
            self.hashes[some], self.hashes[others], most=_NEAR
        ):
            distances.setdefault((int(some[row]), int(others[column])), distance)
        found = [
            NearDuplicate(int(self.places[row]), int(self.places[column]), distance)
            for (row, column), distance in distances.items()
        ]
        return sorted(found, key=lambda pair: (pair.distance, pair.first, pair.second))


def _looks_of(data: DataSet, places: npt.NDArray[np.int64], progress: Progress | None) -> _Looks:
    import numpy as np

    def look(content: bytes, pixels: Pixels) -> tuple[bytes, int]:
        return content_hash(content), perceptual_hash(pixels)

    paths = [data.samples[place].path for place in places]
    looks = list(each_picture(paths, look, progress=progress))
    known = np.array([isinstance(found, tuple) for found in looks], dtype=bool)
    contents = [found[0] if isinstance(found, tuple) else b"" for found in looks]
    signed = [found[1] if isinstance(found, tuple) else 0 for found in looks]
    hashes = np.array(signed, dtype=np.int64).view(np.uint64)
    numbers = {content: number for number, content in enumerate(dict.fromkeys(contents))}
    return _Looks(
        places,
        np.array([numbers[found] for found in contents], dtype=np.int64),
        hashes,
        known,
        known & (np.bitwise_count(hashes) >= _FEWEST_BITS),
    )


def near_hashes(first: Hashes, second: Hashes, *, most: int) -> Iterator[tuple[int, int, int]]:
    """Yield the pairs of hashes that differ in few bits.

    Args:
        first: uint64 of shape (n,).
        second: uint64 of shape (m,).
        most: the largest number of differing bits, 0 to 64.

    Yields:
        The place in ``first``, the place in ``second``, and the number of differing bits.
    """
    import numpy as np

    step = max(1, _CELLS // max(1, len(second)))
    for start in range(0, len(first), step):
        differing = np.bitwise_count(first[start : start + step, None] ^ second[None, :])
        rows, columns = np.nonzero(differing <= most)
        for row, column in zip(rows.tolist(), columns.tolist(), strict=True):
            yield start + row, column, int(differing[row, column])


def _equal(
    content: npt.NDArray[np.int64], left: npt.NDArray[np.intp], right: npt.NDArray[np.intp]
) -> Iterator[tuple[int, int]]:
    """Yield the pairs of places, one from each side, whose content has the same number."""
    places: dict[int, list[int]] = {}
    for place in right.tolist():
        places.setdefault(int(content[place]), []).append(place)
    for place in left.tolist():
        for other in places.get(int(content[place]), ()):
            yield place, other
