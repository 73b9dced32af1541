"""The processes of one training run, as torchrun starts them."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager

import torch
import torch.distributed as dist
from torch import Tensor, nn

__all__ = [
    "from_first",
    "is_first",
    "joined",
    "mean_gradients",
    "mean_statistics",
    "rank",
    "started_first",
    "wait_for_all",
    "world",
]


@contextmanager
def joined() -> Iterator[None]:
    """Join the processes that torchrun started, if it did, for as long as the context lasts."""
    if int(os.environ.get("WORLD_SIZE", "1")) == 1 or dist.is_initialized():
        yield
        return
    dist.init_process_group("gloo")
    try:
        yield
    finally:
        dist.destroy_process_group()


def world() -> int:
    """Return how many processes train together."""
    return dist.get_world_size() if dist.is_initialized() else 1


def rank() -> int:
    """Return the number of this process, from 0."""
    return dist.get_rank() if dist.is_initialized() else 0


def is_first() -> bool:
    """Tell whether this is the process that writes files."""
    return rank() == 0


def wait_for_all() -> None:
    """Wait until every process has come this far."""
    if world() > 1:
        dist.barrier()


def started_first() -> bool:
    """Tell whether torchrun started this process as the first, before any are joined."""
    return int(os.environ.get("WORLD_SIZE", "1")) == 1 or os.environ.get("RANK", "0") == "0"


def from_first(compute: Callable[[], float]) -> float:
    """Let the first process compute a number, and return it in all of them."""
    answer = torch.zeros(1, dtype=torch.float64)
    if is_first():
        answer[0] = compute()
    if world() > 1:
        dist.broadcast(answer, 0)
    return float(answer[0])


def mean_statistics(model: nn.Module) -> None:
    """Average over all processes what batch normalisation has learned of its inputs.

    In training each process normalises its own part of a batch by that part.
    """
    if world() == 1:
        return
    for module in model.modules():
        if isinstance(module, nn.modules.batchnorm._BatchNorm) and module.training:
            for values in (module.running_mean, module.running_var):
                if values is not None:
                    dist.all_reduce(values)
                    values /= world()


def mean_gradients(parameters: Iterable[Tensor]) -> None:
    """Average the gradients over all processes, as DistributedDataParallel does.

    A parameter without a gradient here may have one elsewhere, so it counts as zero.
    """
    if world() == 1:
        return
    for parameter in parameters:
        if not parameter.requires_grad:
            continue
        if parameter.grad is None:
            parameter.grad = parameter.new_zeros(parameter.shape)
        dist.all_reduce(parameter.grad)
        parameter.grad /= world()
