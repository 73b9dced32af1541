"""Every error that Lookalike raises on purpose.

::

    LookalikeError
    ├── UsageError                (ValueError)          an argument that makes no sense
    ├── SettingsError             (ValueError)          a setting that cannot be read
    ├── MissingExtraError         (ImportError)         an optional package is not installed
    ├── SourceError
    │   ├── SourceNotFoundError   (FileNotFoundError)   no such path
    │   ├── EmptySourceError      (ValueError)          nothing to index there
    │   ├── TableError            (ValueError)          a table that cannot be read
    │   └── FetchError            (OSError)             a URL that cannot be fetched
    │       └── BlockedAddressError (PermissionError)   a URL that may not be fetched
    ├── ImageError                (ValueError)
    │   ├── NotAnImageError                             the bytes are no known picture format
    │   ├── BrokenImageError                            a picture, but damaged
    │   ├── ImageTooLargeError                          refused by its size, before decoding
    │   └── ImageTimeoutError     (TimeoutError)        took longer than the limit
    ├── ModelError
    │   ├── ModelNotFoundError    (KeyError)            no model of that name
    │   └── ModelFileError        (ValueError)          a model file or card that is damaged
    ├── TrainingError
    │   ├── TrainingDataError     (ValueError)          pictures that nothing can be learned from
    │   ├── DivergedError         (ArithmeticError)     the loss is no finite number any more
    │   └── CheckpointError       (ValueError)          damaged, or of another recipe
    └── LibraryError
        ├── LibraryNotFoundError  (FileNotFoundError)   no library there
        ├── LibraryTooNewError    (RuntimeError)        made by a newer version
        ├── LibraryBrokenError    (RuntimeError)        the catalog or index is damaged
        ├── LibraryBusyError      (BlockingIOError)     another process is writing
        ├── LibraryStorageError   (OSError)             disk full, read-only or failing
        ├── LibraryClosedError    (ValueError)          used after it was closed
        └── NotInLibraryError     (KeyError)            no such image in the library
"""

__all__ = [
    "BlockedAddressError",
    "BrokenImageError",
    "CheckpointError",
    "DivergedError",
    "EmptySourceError",
    "FetchError",
    "ImageError",
    "ImageTimeoutError",
    "ImageTooLargeError",
    "LibraryBrokenError",
    "LibraryBusyError",
    "LibraryClosedError",
    "LibraryError",
    "LibraryNotFoundError",
    "LibraryStorageError",
    "LibraryTooNewError",
    "LookalikeError",
    "MissingExtraError",
    "ModelError",
    "ModelFileError",
    "ModelNotFoundError",
    "NotAnImageError",
    "NotInLibraryError",
    "SettingsError",
    "SourceError",
    "SourceNotFoundError",
    "TableError",
    "TrainingDataError",
    "TrainingError",
    "UsageError",
]


class LookalikeError(Exception):
    """The root of every error raised on purpose; its text is meant for people."""

    def __str__(self) -> str:
        # KeyError prints its repr and OSError its errno: people want the sentence.
        return str(self.args[0]) if self.args else self.__class__.__name__


class UsageError(LookalikeError, ValueError):
    """An argument, or a combination of arguments, that makes no sense."""


class SettingsError(LookalikeError, ValueError):
    """A setting from the environment or the settings file that cannot be read."""


class MissingExtraError(LookalikeError, ImportError):
    """An optional package is needed and not installed; the text names the extra."""


class SourceError(LookalikeError):
    """Something is wrong with where the pictures come from."""


class SourceNotFoundError(SourceError, FileNotFoundError):
    """There is no such path."""


class EmptySourceError(SourceError, ValueError):
    """The source exists and holds nothing that could be indexed."""


class TableError(SourceError, ValueError):
    """A table that cannot be read, or that has no column of pictures."""


class FetchError(SourceError, OSError):
    """A URL that could not be fetched: refused, too slow, too large, not found."""


class BlockedAddressError(FetchError, PermissionError):
    """A URL that leads to a private address, which is not fetched unless allowed."""


class ImageError(LookalikeError, ValueError):
    """Bytes that could not be turned into pixels."""


class NotAnImageError(ImageError):
    """The bytes are of no picture format that is read here."""


class BrokenImageError(ImageError):
    """The bytes begin like a picture and cannot be decoded."""


class ImageTooLargeError(ImageError):
    """The picture was refused by its declared size, before decoding."""


class ImageTimeoutError(ImageError, TimeoutError):
    """The picture took longer than the time limit."""


class ModelError(LookalikeError):
    """Something is wrong with a model."""


class ModelNotFoundError(ModelError, KeyError):
    """There is no model of that name."""


class ModelFileError(ModelError, ValueError):
    """A model file or its card is damaged or does not fit."""


class TrainingError(LookalikeError):
    """Something is wrong with a training run."""


class TrainingDataError(TrainingError, ValueError):
    """Pictures or labels from which nothing can be learned, such as one single class."""


class DivergedError(TrainingError, ArithmeticError):
    """The loss became infinite or no number; the last good checkpoint is kept."""


class CheckpointError(TrainingError, ValueError):
    """A checkpoint that is damaged, or that belongs to another recipe."""


class LibraryError(LookalikeError):
    """Something is wrong with a library."""


class LibraryNotFoundError(LibraryError, FileNotFoundError):
    """There is no library at that place."""


class LibraryTooNewError(LibraryError, RuntimeError):
    """The library was made by a newer version of Lookalike."""


class LibraryBrokenError(LibraryError, RuntimeError):
    """The catalog or the index of a library is damaged."""


class LibraryBusyError(LibraryError, BlockingIOError):
    """Another process is writing to the library."""


class LibraryStorageError(LibraryError, OSError):
    """The disk under the library is full, may not be written or does not answer."""


class LibraryClosedError(LibraryError, ValueError):
    """The library was closed before."""


class NotInLibraryError(LibraryError, KeyError):
    """The library holds no such image."""
