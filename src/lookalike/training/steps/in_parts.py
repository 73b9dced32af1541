"""A large batch through a network in small parts, on several threads, with the same gradient."""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache, partial
from typing import Any, TypeVar

import torch
from torch import Tensor, nn

from lookalike.training.networks import Embedder

__all__ = ["embed_in_parts", "features_in_parts"]

_PIXELS = 4 * 224 * 224
"""Pixels in a part: its maps stay in the processor's cache, which is worth more than a wide batch.

Measured once with EfficientNet-Lite0, all layers trained, on two cores: a batch of 64 as a whole
took twice the time of parts of 4.
"""

_TRIM_THRESHOLD, _MMAP_THRESHOLD, _ARENAS = -1, -3, -8  # as in malloc.h

_In = TypeVar("_In")
_Out = TypeVar("_Out")


def embed_in_parts(embedder: Embedder, pixels: Tensor, *, bfloat16: bool = False) -> Tensor:
    """Return the embeddings of ``embedder(pixels)``; the head sees the whole batch at once."""
    result: Tensor = embedder.head(features_in_parts(embedder, pixels, bfloat16=bfloat16))
    return result


def features_in_parts(embedder: Embedder, pixels: Tensor, *, bfloat16: bool = False) -> Tensor:
    """Return ``embedder.features(pixels)``, computed part by part on torch's number of threads.

    The gradient reaches the pixels and the weights as if the batch had gone through as one; it
    is summed in the order of the parts, so that a run can be repeated to the last bit. Where a
    layer looks across the batch, as batch normalisation does while it learns its statistics, the
    batch does go through as one.

    Args:
        pixels: (n, 3, side, side), floats in [0, 1].
        bfloat16: whether the backbone computes its products so.
    """
    features = partial(embedder.features, bfloat16=bfloat16)
    pixels = pixels.contiguous(memory_format=torch.channels_last)
    if len(pixels) < 2 or any(_looks_across(module) for module in embedder.modules()):
        return features(pixels)
    learned = [
        parameter
        for module in (embedder.backbone, embedder.pooling)
        for parameter in module.parameters()
        if parameter.requires_grad
    ]
    result: Tensor = _InParts.apply(features, pixels, *learned)  # type: ignore[no-untyped-call]
    return result


def _looks_across(module: nn.Module) -> bool:
    """Tell whether a layer treats a picture differently in another batch, or draws at random."""
    kinds = (nn.modules.batchnorm._BatchNorm, nn.modules.dropout._DropoutNd)
    return module.training and isinstance(module, kinds)


class _InParts(torch.autograd.Function):
    @staticmethod
    def forward(
        context: Any, features: Callable[[Tensor], Tensor], pixels: Tensor, *learned: Tensor
    ) -> Tensor:
        wanted = any(context.needs_input_grad)
        to_pixels = bool(context.needs_input_grad[1])

        def run(part: Tensor) -> tuple[Tensor, Tensor]:
            with torch.set_grad_enabled(wanted):
                entered = part.detach().requires_grad_(to_pixels)
                return entered, features(entered)

        size = max(1, _PIXELS // (pixels.shape[-1] * pixels.shape[-2]))
        ran = list(_each(run, torch.split(pixels, size)))
        context.ran, context.learned = (ran if wanted else []), learned
        return torch.cat([left.detach() for _, left in ran])

    @staticmethod
    def backward(context: Any, *gradients: Tensor) -> tuple[Tensor | None, ...]:
        ran, learned = context.ran, context.learned
        to_pixels = context.needs_input_grad[1]

        def run(job: tuple[tuple[Tensor, Tensor], Tensor]) -> tuple[Tensor | None, ...]:
            (entered, left), gradient = job
            inputs = [entered, *learned] if to_pixels else learned
            return torch.autograd.grad(left, inputs, gradient, allow_unused=True)

        parts = torch.split(gradients[0], [len(left) for _, left in ran])
        sums: list[Tensor | None] = [None] * len(learned)
        entries: list[Tensor] = []
        for found in _each(run, list(zip(ran, parts, strict=True))):
            if to_pixels and found[0] is not None:
                entries.append(found[0])
            for place, gradient in enumerate(found[1:] if to_pixels else found):
                if gradient is not None:
                    before = sums[place]
                    sums[place] = gradient if before is None else before.add_(gradient)
        context.ran = []
        return None, torch.cat(entries) if entries else None, *sums


def _each(run: Callable[[_In], _Out], jobs: Sequence[_In]) -> Iterable[_Out]:
    """Run the jobs on as many threads as torch may use and yield what they give, in order."""
    before = torch.get_num_threads()
    threads = min(before, len(jobs))
    if threads < 2:
        yield from map(run, jobs)
        return
    pool = _threads(threads)
    # MKL has one number of threads for all that call it. Above one it would share out each
    # product anew, by what is idle, and two equal runs would differ in a last bit.
    torch.set_num_threads(1)
    try:
        yield from pool.map(run, jobs)
    finally:
        torch.set_num_threads(before)


@cache
def _threads(count: int) -> ThreadPoolExecutor:
    _keep_memory()
    return ThreadPoolExecutor(count, "part", initializer=torch.set_num_threads, initargs=(1,))


def _keep_memory() -> None:
    """Let glibc keep what is freed, for all threads together; elsewhere do nothing.

    By default it hands each large block back to the system and clears a new one for the next
    layer, a tenth of the time of a step.
    """
    try:
        change = ctypes.CDLL(None).mallopt
    except (OSError, AttributeError):
        return
    for setting, value in ((_MMAP_THRESHOLD, 1 << 30), (_TRIM_THRESHOLD, -1), (_ARENAS, 1)):
        change(setting, value)
