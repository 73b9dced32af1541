"""Pictures changed by chance, so that a model learns what to overlook."""

from .colour import blur, colour_jitter, greyscale, jpeg
from .edits import EDITS, EDITS_VERSION
from .overlay import cutout, overlay_picture, overlay_text
from .presets import Augmentation, Preset, augmentation
from .recipes import Recipe
from .steps import crop_and_scale, flip, perspective, rotation

__all__ = [
    "EDITS",
    "EDITS_VERSION",
    "Augmentation",
    "Preset",
    "Recipe",
    "augmentation",
    "blur",
    "colour_jitter",
    "crop_and_scale",
    "cutout",
    "flip",
    "greyscale",
    "jpeg",
    "overlay_picture",
    "overlay_text",
    "perspective",
    "rotation",
]
