"""What tells copies of a picture: the hashes of its file and of its looks."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import sqlalchemy as sa
from numpy.typing import NDArray

from .records import chunks
from .tables import images

__all__ = ["Fingerprints", "fingerprints_of"]


@dataclass(frozen=True, slots=True)
class Fingerprints:
    """Of some images: ``image_ids`` int64 (n,), ``contents`` n hashes of 32 bytes, and ``looks``.

    ``looks`` is uint64 (n,): of two the number of differing bits says how unlike they are.
    """

    image_ids: NDArray[np.int64]
    contents: tuple[bytes, ...]
    looks: NDArray[np.uint64]


def fingerprints_of(connection: sa.Connection, image_ids: NDArray[np.int64]) -> Fingerprints:
    """Return the fingerprints of images in the order asked for, without those that are gone."""
    known: dict[int, tuple[bytes, int]] = {}
    for chunk in chunks(image_ids.tolist()):
        query = sa.select(images.c.id, images.c.content_hash, images.c.perceptual_hash)
        for row in connection.execute(query.where(images.c.id.in_(chunk))):
            known[row[0]] = row[1], row[2]
    present = [image_id for image_id in image_ids.tolist() if image_id in known]
    looks = np.array([known[image_id][1] for image_id in present], np.int64)
    return Fingerprints(
        np.array(present, np.int64),
        tuple(known[image_id][0] for image_id in present),
        looks.view(np.uint64),
    )
