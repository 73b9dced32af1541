"""Rows of all processes together, with the exact gradient."""

from __future__ import annotations

from typing import Any

import torch
import torch.distributed as dist
from torch import Tensor

__all__ = ["gather"]


def gather(rows: Tensor) -> Tensor:
    """Return the rows of all processes, in the order of their ranks: (n_1 + ... + n_w, ...).

    The gradient that each process computes for the rows of another travels back to it and is
    summed. When every process computes the loss of the whole batch and gradients of parameters
    are averaged over the processes, each weight gets exactly the gradient that one process
    with the whole batch would compute, also those of a loss's own proxies. Processes may have
    different numbers of rows. Outside of a process group the rows themselves are returned.
    """
    if not dist.is_initialized() or dist.get_world_size() == 1:
        return rows
    counts = [torch.zeros(1, dtype=torch.int64) for _ in range(dist.get_world_size())]
    dist.all_gather(counts, torch.tensor([len(rows)]))
    sizes = [int(count) for count in counts]
    if rows.requires_grad:
        gathered: Tensor = _Gather.apply(rows, sizes)  # type: ignore[no-untyped-call]
        return gathered
    return _gathered(rows, sizes)


def _gathered(rows: Tensor, sizes: list[int]) -> Tensor:
    most = max(sizes)
    padded = rows.new_zeros(most, *rows.shape[1:])
    padded[: len(rows)] = rows
    parts = [torch.empty_like(padded) for _ in sizes]
    dist.all_gather(parts, padded.contiguous())
    return torch.cat([part[:size] for part, size in zip(parts, sizes, strict=True)])


class _Gather(torch.autograd.Function):
    @staticmethod
    def forward(context: Any, rows: Tensor, sizes: list[int]) -> Tensor:
        context.sizes = sizes
        return _gathered(rows.detach(), sizes)

    @staticmethod
    def backward(context: Any, *gradients: Tensor) -> tuple[Tensor, None]:
        total = gradients[0].contiguous().clone()
        dist.all_reduce(total)
        start = sum(context.sizes[: dist.get_rank()])
        return total[start : start + context.sizes[dist.get_rank()]], None
