"""What a worker is at, in memory that the process watching it can read at any moment.

A message for each picture would wake the watching thread each time, which costs about a tenth
of the speed on two busy cores.
"""

from __future__ import annotations

import mmap
import os
import struct
import tempfile
import time

__all__ = ["ProgressNote"]

_NUMBER = struct.Struct("q")
_SINCE = struct.Struct("d")
_SIZE = _NUMBER.size + _SINCE.size
_ENCODING = -1


class ProgressNote:
    """Sixteen bytes shared by a worker and its keeper: the picture in hand, and since when.

    One side makes it with :meth:`create` and passes ``descriptor`` on, the other opens that.
    The time is that of ``time.monotonic``, the same clock in all processes of a machine.
    """

    def __init__(self, descriptor: int) -> None:
        self.descriptor = descriptor
        self._memory = mmap.mmap(descriptor, _SIZE)

    @classmethod
    def create(cls) -> ProgressNote:
        """Make a new note."""
        if hasattr(os, "memfd_create"):
            descriptor = os.memfd_create("lookalike-note")
        else:
            with tempfile.TemporaryFile() as file:
                descriptor = os.dup(file.fileno())
        # Written, not only reserved: touching what a full disk cannot give ends a process.
        os.write(descriptor, bytes(_SIZE))
        return cls(descriptor)

    def __enter__(self) -> ProgressNote:
        return self

    def __exit__(self, *exception: object) -> None:
        self._memory.close()
        os.close(self.descriptor)

    def write(self, number: int | None) -> None:
        """Say that work on the picture of this number begins, or encoding when it is None."""
        # The time goes first: read between the two, the picture before seems to begin now.
        _SINCE.pack_into(self._memory, _NUMBER.size, time.monotonic())
        _NUMBER.pack_into(self._memory, 0, _ENCODING if number is None else number)

    def read(self) -> tuple[int | None, float]:
        """Return the number of the picture in hand, None while encoding, and the seconds since."""
        (number,) = _NUMBER.unpack_from(self._memory, 0)
        (since,) = _SINCE.unpack_from(self._memory, _NUMBER.size)
        return (None if number == _ENCODING else number), time.monotonic() - since
