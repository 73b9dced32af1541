"""Pictures that are in memory already: Pillow images and arrays."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lookalike.errors import BrokenImageError, ImageError, NotAnImageError

from .limits import Limits
from .picture import Picture
from .pillow import picture_of
from .quiet import quiet_pillow

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    from PIL import Image

__all__ = ["pixels_from"]

_ACCEPTED = (
    "expected uint8 of shape (rows, columns), (rows, columns, 3) or (rows, columns, 4), "
    "or floats in [0, 1] of those shapes"
)


def pixels_from(image: Any) -> Picture:
    """Return the picture in a Pillow image or an array.

    A Pillow image is turned upright by its EXIF orientation and taken to RGB like a file. An
    array is RGB, RGBA on white, or grey: uint8, or floats in [0, 1].

    Raises:
        NotAnImageError: neither of the two, or an array of another type, shape or range.
        BrokenImageError: a Pillow image whose file cannot be decoded.

    >>> import numpy as np
    >>> pixels_from(np.full((2, 3), 0.5))
    <Picture ARRAY F 3×2>
    """
    import numpy as np
    from PIL import Image

    if isinstance(image, Image.Image):
        return _from_pillow(image)
    if isinstance(image, (str, bytes)) or not hasattr(image, "__array__"):
        raise NotAnImageError(
            f"A picture cannot be a {type(image).__name__}: give a Pillow image or a NumPy array."
        )
    return _from_array(np.asarray(image))


def _from_pillow(image: Image.Image) -> Picture:
    name = str(getattr(image, "format", None) or "IMAGE")
    if min(image.size) < 1:
        raise NotAnImageError("The Pillow image is empty.")
    try:
        with quiet_pillow(Limits().max_pixels):
            image.load()
            return picture_of(image, name, image.mode, None, image.size)
    except ImageError:
        raise
    except Exception as error:  # as in decode: Pillow loads lazily and raises anything
        raise BrokenImageError(f"The Pillow image cannot be read: {error}") from error


def _from_array(array: npt.NDArray[Any]) -> Picture:
    import numpy as np
    from PIL import Image

    if array.dtype == np.bool_ or array.dtype.kind not in "uf":
        raise NotAnImageError(f"An array of type {array.dtype} is no picture: {_ACCEPTED}.")
    if array.ndim == 3 and array.shape[2] == 1:
        array = array[:, :, 0]
    if array.ndim not in (2, 3) or (array.ndim == 3 and array.shape[2] not in (3, 4)):
        raise NotAnImageError(f"An array of shape {array.shape} is no picture: {_ACCEPTED}.")
    if array.size == 0:
        raise NotAnImageError(f"The array is empty, of shape {array.shape}: {_ACCEPTED}.")
    kind = "F" if array.dtype.kind == "f" else ""
    if kind:
        array = _float_to_bytes(array)
    elif array.dtype != np.uint8:
        raise NotAnImageError(f"An array of type {array.dtype} is no picture: {_ACCEPTED}.")
    mode = kind or {2: "L", 3: "RGB", 4: "RGBA"}[2 if array.ndim == 2 else array.shape[2]]
    loaded = Image.fromarray(np.ascontiguousarray(array))
    return picture_of(loaded, "ARRAY", mode, None, loaded.size)


def _float_to_bytes(array: npt.NDArray[Any]) -> npt.NDArray[np.uint8]:
    import numpy as np

    low, high = float(array.min()), float(array.max())
    if not (low >= 0.0 and high <= 1.0):  # also when one of them is NaN
        raise NotAnImageError(
            f"The array holds values from {low:g} to {high:g}; {_ACCEPTED}."
            if low == low and high == high
            else f"The array holds values that are not numbers (NaN); {_ACCEPTED}."
        )
    return (array * 255.0 + 0.5).astype(np.uint8)
