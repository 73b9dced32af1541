"""Words to vectors, and pictures to the same space."""

from pathlib import Path

import numpy as np
import pytest

from lookalike.encoders import load_encoder, model_card
from lookalike.encoders.texts import (
    StaticTextEncoder,
    TextBridge,
    load_bridge,
    shipped_text_encoder,
)
from lookalike.errors import ModelFileError


def small() -> StaticTextEncoder:
    vectors = np.array([[100, 0], [0, 50], [0, 100]], np.int8)
    return StaticTextEncoder(["cat", "dog", "##s"], vectors, np.array([1, 2, 1], np.float32))


def test_a_text_is_the_normalised_sum_of_its_pieces() -> None:
    found = small().encode(["Cat, dog!", "cats", "nothing known", ""])
    diagonal = [0.5**0.5, 0.5**0.5]
    np.testing.assert_allclose(found, [diagonal, diagonal, [0, 0], [0, 0]], atol=1e-6)


def test_parts_that_do_not_fit_are_refused() -> None:
    with pytest.raises(ModelFileError, match="do not belong together"):
        StaticTextEncoder(["cat"], np.zeros((2, 2), np.int8), np.ones(2, np.float32))


def test_a_damaged_file_is_told(tmp_path: Path) -> None:
    (tmp_path / "words.npz").write_bytes(b"no archive")
    with pytest.raises(ModelFileError, match="cannot be read"):
        StaticTextEncoder.load(tmp_path / "words.npz")


def test_the_shipped_encoder_puts_like_beside_like() -> None:
    encoder = shipped_text_encoder()
    kitten, cat, truck = encoder.encode(["a kitten", "a cat", "a truck"])
    assert kitten @ cat > kitten @ truck + 0.3


def test_the_bridge_undoes_the_head() -> None:
    """s = c (z P + o) with |z| = 1 and P of orthogonal columns: the logits of z come back."""
    random = np.random.default_rng(0)
    rotation = np.linalg.qr(random.normal(size=(6, 6)))[0]
    stretch = random.uniform(0.5, 2.0, 6)
    projection, offset = rotation * stretch, random.normal(size=6) * 0.1
    pooled = np.abs(random.normal(size=(20, 6)))
    pooled /= np.linalg.norm(pooled, axis=1, keepdims=True)
    stored = pooled @ projection + offset
    stored /= np.linalg.norm(stored, axis=1, keepdims=True)
    classifier = random.normal(size=(6, 4))
    weights = np.linalg.inv(projection) @ classifier
    scales = np.abs(weights).max(axis=0) / 127
    bridge = TextBridge(
        offset=offset.astype(np.float32),
        stretch=stretch.astype(np.float32),
        weights=np.rint(weights / scales).astype(np.int8),
        scales=scales.astype(np.float32),
        bias=(-offset @ weights).astype(np.float32),
        classes=np.eye(4, dtype=np.float32),
        sharpness=1.0,
    )
    np.testing.assert_allclose(bridge.logits(stored), pooled @ classifier, atol=0.08)
    found = bridge.pictures(stored)
    np.testing.assert_allclose(np.linalg.norm(found, axis=1), 1, atol=1e-5)


def test_the_shipped_bridge_names_what_the_network_names(real_pictures: Path) -> None:
    from lookalike.images import decode

    encoder = load_encoder(threads=1)
    bridge = load_bridge(encoder.card)
    assert bridge is not None
    paths = sorted((real_pictures / "coco_ccby").glob("*.jpg"))[:24]
    pixels = [encoder.prepare(decode(path.read_bytes()).pixels) for path in paths]
    found = encoder.encode(np.stack(pixels))
    assert found.probabilities is not None
    same = bridge.logits(found.vectors).argmax(1) == found.probabilities.argmax(1)
    assert same.mean() > 0.7


def test_a_bridge_of_another_build_of_the_model_is_not_used(tmp_path: Path) -> None:
    card = model_card()
    import dataclasses

    assert load_bridge(dataclasses.replace(card, sha256="0" * 64)) is None
    assert load_bridge(dataclasses.replace(card, folder=tmp_path)) is None
