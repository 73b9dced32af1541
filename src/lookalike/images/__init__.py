"""Bytes to pixels: every format, every mode, safely."""

from .colours import COLOUR_NAMES, colour_shares
from .decode import decode
from .fit import fit, thumbnail_jpeg
from .hashes import content_hash, perceptual_hash
from .limits import Limits
from .memory import pixels_from
from .picture import Picture

__all__ = [
    "COLOUR_NAMES",
    "Limits",
    "Picture",
    "colour_shares",
    "content_hash",
    "decode",
    "fit",
    "perceptual_hash",
    "pixels_from",
    "thumbnail_jpeg",
]
