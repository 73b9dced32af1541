"""Hashes of bytes and of looks."""

from __future__ import annotations

import hashlib
import io

import numpy as np
import pytest
from PIL import Image

from lookalike.images import content_hash, decode, perceptual_hash


def differing_bits(one: int, other: int) -> int:
    return ((one ^ other) & (2**64 - 1)).bit_count()


def test_the_content_hash_is_sha256() -> None:
    assert content_hash(b"abc") == hashlib.sha256(b"abc").digest()


def test_edits_change_few_bits_and_strangers_many(make_scene) -> None:
    images = [make_scene(seed, (400, 300)) for seed in range(8)]
    hashes = [perceptual_hash(np.asarray(image)) for image in images]
    for image, expected in zip(images, hashes, strict=True):
        stream = io.BytesIO()
        image.resize((250, 190)).save(stream, "JPEG", quality=60)
        assert differing_bits(perceptual_hash(decode(stream.getvalue()).pixels), expected) <= 8
    strangers = [differing_bits(a, b) for i, a in enumerate(hashes) for b in hashes[:i]]
    assert min(strangers) > 12
    assert 26 < np.mean(strangers) < 38


def test_a_reduced_decode_hashes_alike(make_scene) -> None:
    stream = io.BytesIO()
    make_scene(3, (1600, 1200)).save(stream, "JPEG", quality=90)
    full, reduced = decode(stream.getvalue()), decode(stream.getvalue(), shortest_side=224)
    assert differing_bits(perceptual_hash(full.pixels), perceptual_hash(reduced.pixels)) <= 2


def test_the_hash_is_the_published_one(make_scene) -> None:
    fft = pytest.importorskip("scipy.fft")
    pixels = np.asarray(make_scene(9, (32, 32)))
    grey = np.asarray(Image.fromarray(pixels).convert("L"), dtype=float)
    block = fft.dctn(grey, norm="ortho")[1:9, 1:9].ravel()
    expected = "".join("1" if value > np.median(block) else "0" for value in block)
    assert format(perceptual_hash(pixels) & (2**64 - 1), "064b") == expected


@pytest.mark.parametrize("value", [0, 255, 77])
def test_an_even_picture_hashes_to_zero(value: int) -> None:
    assert perceptual_hash(np.full((50, 70, 3), value, np.uint8)) == 0


def test_hashes_fit_into_a_signed_column(make_scene) -> None:
    hashes = [perceptual_hash(np.asarray(make_scene(seed))) for seed in range(20)]
    assert all(-(2**63) <= value < 2**63 for value in hashes)
    assert min(hashes) < 0 < max(hashes)
