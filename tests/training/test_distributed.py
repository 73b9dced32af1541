"""Two processes together compute what one does alone."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

torch = pytest.importorskip("torch")

import torch.distributed as dist
import torch.nn.functional as F

from lookalike.training.losses import LOSSES, build_loss, koleo
from lookalike.training.steps.distributed import gather
from lookalike.training.steps.processes import from_first, mean_gradients, mean_statistics

CASES = {"even": [6, 6], "uneven": [7, 5], "one alone": [11, 1]}


def _problem(name: str) -> tuple[Any, Any, Any, Any]:
    generator = torch.Generator().manual_seed(7)
    rows = torch.randn(12, 6, generator=generator, dtype=torch.float64)
    labels = torch.arange(12) % 4
    torch.manual_seed(3)
    model = torch.nn.Linear(6, 5).double()
    if name == "koleo":
        return rows, labels, model, None
    return rows, labels, model, build_loss(name, classes=4, dimensions=5).double()


def _backward(name: str, sizes: list[int], rank: int) -> list[Any]:
    """Return the loss and all gradients after one backward pass of this process's share."""
    rows, labels, model, loss = _problem(name)
    start = sum(sizes[:rank])
    mine = slice(start, start + sizes[rank])
    embeddings = gather(F.normalize(model(rows[mine]), dim=1))
    value = koleo(embeddings) if loss is None else loss(embeddings, gather(labels[mine]))
    value.backward()
    parameters = [*model.parameters(), *([] if loss is None else loss.parameters())]
    mean_gradients(parameters)
    return [value.detach(), *(parameter.grad for parameter in parameters)]


def _statistics(rank: int) -> list[Any]:
    """Return what batch normalisation has learned, before and after it is averaged, and a number.

    The second layer does not learn, and keeps what it has.
    """
    layers = torch.nn.Sequential(torch.nn.BatchNorm1d(3), torch.nn.BatchNorm1d(3)).double()
    layers[1].eval()
    layers[1].running_mean += rank
    layers(torch.randn(4, 3, generator=torch.Generator().manual_seed(rank), dtype=torch.float64))
    before = [layers[0].running_mean.clone(), layers[0].running_var.clone()]
    mean_statistics(layers)
    after = [layers[0].running_mean, layers[0].running_var]
    number = torch.tensor(from_first(lambda: rank + 5.0))
    return [*before, *after, layers[1].running_mean, number]


def _work(rank: int, folder: str) -> None:
    torch.set_num_threads(1)
    dist.init_process_group("gloo", init_method=f"file://{folder}/meet", rank=rank, world_size=2)
    found = {
        (name, case): _backward(name, sizes, rank)
        for name in [*LOSSES, "koleo"]
        for case, sizes in CASES.items()
    }
    found["statistics", ""] = _statistics(rank)
    torch.save(found, f"{folder}/{rank}.pt")
    dist.destroy_process_group()


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> list[dict[tuple[str, str], list[Any]]]:
    folder = tmp_path_factory.mktemp("processes")
    processes = [
        subprocess.Popen([sys.executable, __file__, str(rank), str(folder)]) for rank in range(2)
    ]
    assert [process.wait(timeout=300) for process in processes] == [0, 0]
    return [torch.load(Path(folder) / f"{rank}.pt") for rank in range(2)]


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("name", [*LOSSES, "koleo"])
def test_two_processes_equal_one(
    found: list[dict[tuple[str, str], list[Any]]], name: str, case: str
) -> None:
    torch.set_num_threads(1)
    expected = _backward(name, [12], 0)
    for process in found:
        for ours, alone in zip(process[name, case], expected, strict=True):
            torch.testing.assert_close(ours, alone, atol=1e-10, rtol=1e-10)


def test_statistics_are_averaged_and_the_first_process_is_asked(
    found: list[dict[tuple[str, str], list[Any]]],
) -> None:
    first, second = (process["statistics", ""] for process in found)
    for place in range(2):
        assert not torch.equal(first[place], second[place])
        mean = (first[place] + second[place]) / 2.0
        for process in (first, second):
            torch.testing.assert_close(process[2 + place], mean, rtol=0, atol=1e-12)
    assert [float(process[4][0]) for process in (first, second)] == [0.0, 1.0]
    assert [float(process[5]) for process in (first, second)] == [5.0, 5.0]


if __name__ == "__main__":
    _work(int(sys.argv[1]), sys.argv[2])
