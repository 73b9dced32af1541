"""Training with 1 and 2 processes: images a second, and the ratio, on one line.

    python benchmarks/training_scaling.py

Each step does what the trainer does: forward, the embeddings of all processes gathered with
their exact gradient, the loss of the whole batch, backward, gradients averaged, AdamW. The
batch is the same for all, so two processes have half of it each; that the losses agree, and at
the first step the norm of the gradient, is checked (AdamW hides the scale of a gradient from
the losses; later norms drift apart in float32, as they do between one thread and two). The
compact network keeps its batch statistics fixed here, for each process would have its own.
Pixels are random: reading and augmenting are not measured. The settings take turns, so that a
machine that slows down slows all alike.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from typing import Any

import torch

from lookalike.training.losses import build_loss
from lookalike.training.networks import build_embedder
from lookalike.training.steps.distributed import gather
from lookalike.training.steps.processes import joined, mean_gradients, rank, world
from lookalike.training.steps.samplers import share
from machine import describe, median, spread

_WARM = 2
_IMAGES_PER_CLASS = 4
_SAME = 1e-5
_SETTINGS = (  # processes, threads of each
    (1, 1),
    (1, 2),
    (2, 1),
)


def main() -> None:
    """Measure what the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--backbone", default="compact")
    parser.add_argument("--loss", default="supervised_contrastive")
    parser.add_argument("--batch", type=int, default=64)
    parser.add_argument("--side", type=int, default=96)
    parser.add_argument("--steps", type=int, default=10, help="of each round")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--worker", type=int, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.worker is not None:
        with joined():
            work(arguments, threads=arguments.worker)
        return
    found: dict[tuple[int, int], list[dict[str, Any]]] = {setting: [] for setting in _SETTINGS}
    for _ in range(arguments.rounds):
        for processes, threads in _SETTINGS:
            found[processes, threads].append(launched(processes, threads, sys.argv[1:]))
    report(arguments, found)


def launched(processes: int, threads: int, settings: list[str]) -> dict[str, Any]:
    """Run one round under torchrun and return what its first process printed."""
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone"]
    command += ["--nproc-per-node", str(processes), __file__, *settings]
    environment = os.environ | {"OMP_NUM_THREADS": str(threads)}
    done = subprocess.run(
        [*command, "--worker", str(threads)],
        env=environment,
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    result: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return result


def work(arguments: argparse.Namespace, *, threads: int) -> None:
    """Take the steps of one round as one of its processes."""
    torch.set_num_threads(threads)
    torch.manual_seed(0)
    embedder = build_embedder(arguments.backbone, input_size=arguments.side)
    embedder.backbone.eval()
    classes = max(2, arguments.batch // _IMAGES_PER_CLASS)
    loss = build_loss(arguments.loss, classes=classes, dimensions=embedder.head.dimensions)
    parameters = [*embedder.parameters(), *loss.parameters()]
    optimiser = torch.optim.AdamW([p for p in parameters if p.requires_grad], lr=1e-4)
    generator = torch.Generator().manual_seed(1)
    side = arguments.side
    pixels = torch.rand(arguments.batch, 3, side, side, generator=generator)
    labels = torch.arange(arguments.batch) % classes
    places = torch.arange(arguments.batch).numpy()
    mine = torch.from_numpy(share(places, rank=rank(), world=world()))
    losses, seconds, norm = [], [], 0.0
    for _ in range(_WARM + arguments.steps):
        started = time.perf_counter()
        embeddings = gather(embedder(pixels[mine]))
        value = loss(embeddings, gather(labels[mine]))
        optimiser.zero_grad()
        value.backward()
        mean_gradients(parameters)
        optimiser.step()
        seconds.append(time.perf_counter() - started)
        losses.append(float(value.detach()))
        if len(losses) == 1:
            gradients = [p.grad for p in parameters if p.grad is not None]
            norm = float(torch.nn.utils.get_total_norm(gradients))
    if rank() == 0:
        rate = arguments.steps * arguments.batch / sum(seconds[_WARM:])
        print(json.dumps({"rate": rate, "losses": losses, "norm": norm}), flush=True)


def apart(one: float, two: float) -> float:
    """Return how far two numbers differ, as a share of the first."""
    return abs(one - two) / abs(one)


def report(
    arguments: argparse.Namespace, found: dict[tuple[int, int], list[dict[str, Any]]]
) -> None:
    """Print the line.

    Raises:
        SystemExit: losses or gradients with one and with two processes differ.
    """
    rates = {setting: [entry["rate"] for entry in rounds] for setting, rounds in found.items()}
    alone, together = found[1, 1][0], found[2, 1][0]
    loss = max(map(apart, alone["losses"], together["losses"]))
    norm = apart(alone["norm"], together["norm"])
    one, wide, two = (median(rates[setting]) for setting in _SETTINGS)
    print(
        f"{arguments.backbone} at {arguments.side} px, batch {arguments.batch}, {arguments.loss}: "
        f"1 process {one:.0f} images/s ({spread(rates[1, 1])}), "
        f"2 processes {two:.0f} ({spread(rates[2, 1])}), ratio {two / one:.2f}; "
        f"1 process with 2 threads {wide:.0f} ({spread(rates[1, 2])}); "
        f"losses differ by at most {loss:.1e} of themselves, "
        f"the first gradient's norm by {norm:.1e}; "
        f"{describe('torch')}"
    )
    if max(loss, norm) > _SAME:
        raise SystemExit("Two processes do not compute what one does.")


if __name__ == "__main__":
    main()
