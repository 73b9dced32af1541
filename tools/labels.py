"""Short names of the 1000 classes of ImageNet-1k, from WordNet."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

__all__ = ["class_names"]

_CLEARER = {
    "n01608432": "kite (bird)",
    "n02012849": "crane (bird)",
    "n03126707": "crane (machine)",
    "n03710637": "maillot (tights)",
    "n03710721": "maillot (swimsuit)",
    "n01514668": "rooster",
    "n04336792": "stretcher",
}
"""Where WordNet's first word is shared by two classes or would be misread."""


def class_names() -> tuple[str, ...]:
    """Return one name for each class, in the order of the network's outputs; all differ.

    It is the first lemma of the class's WordNet synset. The list of synsets and their lemmas
    comes with timm (Apache-2.0); the lemmas are WordNet's (WordNet licence).
    """
    package = find_spec("timm")  # importing it would need torchvision
    if package is None or package.origin is None:
        raise SystemExit("The names of the classes need timm: pip install --no-deps timm")
    folder = Path(package.origin).parent / "data" / "_info"
    lemmas = dict(
        line.split("\t", 1)
        for line in (folder / "imagenet_synset_to_lemma.txt").read_text("utf-8").splitlines()
    )
    synsets = (folder / "imagenet_synsets.txt").read_text("utf-8").split()
    names = tuple(_CLEARER.get(synset, lemmas[synset].split(",")[0].strip()) for synset in synsets)
    if len(set(names)) != len(names) or len(names) != 1000:
        raise SystemExit("The names of the classes are not 1000 different ones.")
    return names
