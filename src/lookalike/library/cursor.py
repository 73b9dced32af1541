"""Where the next page of a listing begins: a text that callers hand back as it is."""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lookalike.errors import UsageError

__all__ = ["Cursor"]


@dataclass(frozen=True, slots=True)
class Cursor:
    """The place after the last image shown, and which one that was, for one filter and order."""

    where: str | None
    sort: str | None
    place: int = 0
    last_id: int = 0

    @classmethod
    def read(cls, text: str | None, where: str | None, sort: str | None) -> Cursor:
        """Read what ``written`` gave; None is the start.

        Raises:
            UsageError: it is no cursor, or one of another filter or order.
        """
        if text is None:
            return cls(where, sort)
        try:
            place, last_id, stamp = json.loads(base64.urlsafe_b64decode(text.encode("ascii")))
            if not (isinstance(place, int) and isinstance(last_id, int)):
                raise ValueError
        except (ValueError, TypeError, AttributeError, binascii.Error) as error:
            raise UsageError(f"{text!r} is no cursor: expected the next of a page.") from error
        if stamp != _stamp(where, sort):
            raise UsageError("The cursor is of a listing with another filter or order.")
        return cls(where, sort, place, last_id)

    def written(self) -> str:
        """Return the cursor as a text of letters, digits, - and _."""
        values = [self.place, self.last_id, _stamp(self.where, self.sort)]
        return base64.urlsafe_b64encode(json.dumps(values).encode("ascii")).decode("ascii")

    def place_in(self, listed: NDArray[np.int64], *, in_order_of_ids: bool) -> int:
        """Return where to go on in ids (n,), also when images came or went before that place."""
        if not self.last_id:
            return 0
        if in_order_of_ids:
            return int(np.searchsorted(listed, self.last_id, side="right"))
        found = np.flatnonzero(listed == self.last_id)
        return int(found[0]) + 1 if len(found) else min(self.place, len(listed))


def _stamp(where: str | None, sort: str | None) -> str:
    return hashlib.sha256(json.dumps([where, sort]).encode()).hexdigest()[:12]
