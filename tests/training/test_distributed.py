"""Two processes together compute what one does alone."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

torch = pytest.importorskip("torch")

import torch.distributed as dist  # noqa: E402
import torch.nn.functional as F  # noqa: E402

from lookalike.training.distributed import gather  # noqa: E402
from lookalike.training.losses import LOSSES, build_loss, koleo  # noqa: E402
from lookalike.training.processes import mean_gradients  # noqa: E402

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


def _work(rank: int, folder: str) -> None:
    torch.set_num_threads(1)
    dist.init_process_group("gloo", init_method=f"file://{folder}/meet", rank=rank, world_size=2)
    found = {
        (name, case): _backward(name, sizes, rank)
        for name in [*LOSSES, "koleo"]
        for case, sizes in CASES.items()
    }
    torch.save(found, f"{folder}/{rank}.pt")
    dist.destroy_process_group()


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> list[dict[tuple[str, str], list[Any]]]:
    folder = tmp_path_factory.mktemp("processes")
    processes = [
        subprocess.Popen([sys.executable, __file__, str(rank), str(folder)]) for rank in range(2)
    ]
    assert [process.wait(timeout=120) for process in processes] == [0, 0]
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


if __name__ == "__main__":
    _work(int(sys.argv[1]), sys.argv[2])
