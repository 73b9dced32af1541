"""What the examples of a library's names make recognisable, kept until an example changes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from lookalike.catalog import Catalog, Generation
from lookalike.catalog import examples as named
from lookalike.catalog.following import Following
from lookalike.encoders import Encoder, model_card
from lookalike.query import encode_picture
from lookalike.results import Label, Named
from lookalike.settings import Settings

from .examples import Examples
from .fitting import NameModel, fit_names

__all__ = ["LearnedNames", "name_picture"]

_MOST = 20_000

_Stamp: TypeAlias = list[tuple[str, int, int]]


@dataclass(frozen=True, slots=True)
class _Fit:
    """What was fitted, and to which examples."""

    stamp: _Stamp
    model: NameModel | None


class LearnedNames:
    """Gives the recogniser of the examples as they are now, whichever process changed them.

    It is fitted anew when the examples differ from those of the last time. ``encoder`` is asked
    for only where a picture from outside of the library has no vector of the generation: it is
    made from the copy, and kept for this object alone.
    """

    def __init__(
        self, catalog: Catalog, generation: Generation, encoder: Callable[[], Encoder]
    ) -> None:
        self._catalog, self._generation, self._encoder = catalog, generation, encoder
        self._fits = Following(catalog, self._fit)

    def __call__(self) -> NameModel | None:
        """Return the recogniser, or None where there is no example."""
        return self._fits().model

    def _fit(self, before: _Fit | None) -> _Fit:
        with self._catalog.reading() as connection:
            stamp = named.examples_stamp(connection, self._generation.id)
        if before is not None and stamp == before.stamp:
            return before
        return _Fit(stamp, self._fitted(stamp))

    def _fitted(self, stamp: _Stamp) -> NameModel | None:
        stamp = _evenly(stamp)
        pictures = {picture for _, vector, picture in stamp if not vector}
        with self._catalog.reading() as connection:
            inside, outside = named.vector_blobs(
                connection,
                self._generation.id,
                vector_ids=(vector for _, vector, _ in stamp if vector),
                picture_ids=pictures,
            )
            missing = named.missing_pictures(connection, pictures - set(outside))
        for picture, data in missing.items():
            own = encode_picture(data, self._encoder(), Settings(), name=f"example {picture}")
            outside[picture] = own.vector.astype("<f2").tobytes()
        names: list[str] = []
        blobs: list[bytes] = []
        for name, vector_id, picture in stamp:
            blob = inside.get(vector_id) if vector_id else outside.get(picture)
            if blob is not None:  # else gone between two looks
                names.append(name)
                blobs.append(blob)
        if not names:
            return None
        vectors = np.frombuffer(b"".join(blobs), dtype="<f2").reshape(len(names), -1)
        curve = model_card(self._generation.model).calibration
        return fit_names(Examples.of(vectors.astype(np.float32), names), curve=curve)


def name_picture(model: NameModel, vector: NDArray[np.floating], *, k: int) -> Named:
    """Return the ``k`` most probable of the user's names for a vector (d,), and "unknown"."""
    probabilities, unknown = model.probabilities(np.asarray(vector)[None])
    order = np.argsort(-probabilities[0], kind="stable")[:k]
    return Named(
        tuple(Label(model.names[place], float(probabilities[0, place])) for place in order),
        float(unknown[0]),
    )


def _evenly(stamp: _Stamp) -> _Stamp:
    """Return no more than some thousands of examples, taken at even distances within each name."""
    if len(stamp) <= _MOST:
        return stamp
    by_name: dict[str, _Stamp] = {}
    for row in stamp:
        by_name.setdefault(row[0], []).append(row)
    share = max(1, _MOST // len(by_name))
    return [
        rows[place]
        for rows in by_name.values()
        for place in np.linspace(0, len(rows) - 1, min(share, len(rows))).astype(int)
    ]
