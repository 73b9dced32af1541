"""Fit a vector to each piece of a word, so that the sum over a text says what an encoder says."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray

from lookalike.encoders.texts.wordpiece import WordPieces

__all__ = ["fit_pieces", "kept_pieces", "quantised"]

_KEPT = re.compile(r"(##)?[a-z0-9]+|['\-.,&]")
_EPOCHS, _BATCH, _RATE = 5, 256, 3e-3
_HELD_OUT = 2000

Floats = NDArray[np.float32]


def kept_pieces(vocabulary: Sequence[str]) -> list[int]:
    """Return the numbers of the pieces in Latin letters and digits, which English needs."""
    return [number for number, piece in enumerate(vocabulary) if _KEPT.fullmatch(piece)]


def fit_pieces(
    pieces: Sequence[str], first: Floats, texts: Sequence[str], targets: Floats
) -> Floats:
    """Return the vectors (pieces, t) whose normalised sums are nearest to the targets.

    Args:
        pieces: the pieces of words.
        first: where to begin, (pieces, t): what the encoder says of each piece alone. Frequent
            pieces, which come first, begin shorter.
        texts: n texts.
        targets: what the encoder says of them, (n, t), of norm 1.
    """
    cutter = WordPieces({piece: number for number, piece in enumerate(pieces)})
    bags = [cutter.pieces(text) for text in texts]
    known = np.array([row for row, bag in enumerate(bags) if bag])
    held_out, learned = known[:_HELD_OUT], known[_HELD_OUT:]
    weights = np.log1p(np.arange(len(pieces)))[:, None] / 10
    start = torch.tensor(first * weights, dtype=torch.float32)
    table = torch.nn.EmbeddingBag.from_pretrained(start, freeze=False, mode="sum", sparse=True)
    optimiser = torch.optim.SparseAdam(list(table.parameters()), lr=_RATE)
    goals = torch.tensor(targets)
    random = np.random.default_rng(0)

    def cosine(rows: NDArray[np.int64]) -> torch.Tensor:
        numbers = torch.tensor(np.concatenate([np.array(bags[row]) for row in rows]))
        offsets = torch.tensor(np.cumsum([0] + [len(bags[row]) for row in rows[:-1]]))
        found = torch.nn.functional.normalize(table(numbers, offsets), dim=1)
        return (found * goals[rows]).sum(1).mean()

    for epoch in range(_EPOCHS):
        for group in optimiser.param_groups:
            group["lr"] = _RATE * (1 - epoch / _EPOCHS)
        order = random.permutation(learned)
        for begin in range(0, len(order), _BATCH):
            loss = 1 - cosine(order[begin : begin + _BATCH])
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
        with torch.no_grad():
            print(f"epoch {epoch + 1}: cosine on held-out texts {cosine(held_out):.4f}", flush=True)
    return table.weight.detach().numpy()


def quantised(vectors: Floats) -> tuple[NDArray[np.int8], Floats]:
    """Return the rows in 8 bits and what each is multiplied with."""
    scales = np.maximum(np.abs(vectors).max(axis=1), 1e-9) / 127
    return np.rint(vectors / scales[:, None]).astype(np.int8), scales.astype(np.float32)
