"""Which ImageNet names are right for the classes of caltech_half that ImageNet knows too.

No picture of ImageNet lies beside the project, so label accuracy is measured on these. Where
ImageNet divides a class further (crabs, butterflies) any of its names is right.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from picture_sets import Sample

__all__ = ["TRUTH", "label_accuracy"]

TRUTH: dict[str, tuple[str, ...]] = {
    "Leopards": ("leopard", "jaguar", "snow leopard", "cheetah"),
    "accordion": ("accordion",),
    "barrel": ("barrel", "rain barrel"),
    "beaver": ("beaver",),
    "butterfly": (
        *("admiral", "ringlet", "monarch", "cabbage butterfly", "sulphur butterfly", "lycaenid"),
    ),
    "cannon": ("cannon",),
    "chair": ("folding chair", "rocking chair", "barber chair", "throne"),
    "cougar_body": ("cougar",),
    "crab": ("Dungeness crab", "rock crab", "fiddler crab", "king crab", "hermit crab"),
    "crocodile": ("African crocodile", "American alligator"),
    "cup": ("cup", "coffee mug"),
    "dragonfly": ("dragonfly", "damselfly"),
    "elephant": ("tusker", "Indian elephant", "African elephant"),
    "flamingo_head": ("flamingo",),
    "gerenuk": ("gazelle", "impala", "hartebeest"),
    "grand_piano": ("grand piano",),
    "kangaroo": ("wallaby",),
    "lamp": ("table lamp", "lampshade"),
    "llama": ("llama",),
    "nautilus": ("chambered nautilus",),
    "panda": ("giant panda",),
    "pizza": ("pizza",),
    "saxophone": ("sax",),
    "soccer_ball": ("soccer ball",),
    "starfish": ("starfish",),
    "stop_sign": ("street sign",),
    "trilobite": ("trilobite",),
}


def label_accuracy(
    samples: Sequence[Sample], probabilities: NDArray[np.float32], names: Sequence[str]
) -> NDArray[np.float64]:
    """Return 1 or 0 for each sample whose class is known here: is the first name right?

    Args:
        samples: n samples of caltech_half.
        probabilities: shape (n, 1000).
        names: of the 1000 classes.

    Raises:
        SystemExit: a name above is not a class of the model.
    """
    unknown = {name for right in TRUTH.values() for name in right} - set(names)
    if unknown:
        raise SystemExit(f"These are no classes of the model: {sorted(unknown)}")
    return np.array(
        [
            names[int(row.argmax())] in TRUTH[sample.label]
            for sample, row in zip(samples, probabilities, strict=True)
            if sample.label in TRUTH
        ],
        dtype=np.float64,
    )
