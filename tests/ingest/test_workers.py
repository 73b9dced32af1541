"""How many processes re-embedding starts."""

from typing import Any, cast

import pytest

from lookalike import Settings
from lookalike.ingest import filling
from lookalike.ingest.filling import Reembedding


@pytest.mark.parametrize(("asked", "set_to", "workers"), [(None, 0, 3), (None, 2, 2), (5, 2, 5)])
def test_reembedding_works_on_the_cores_of_this_process(
    monkeypatch: pytest.MonkeyPatch, asked: int | None, set_to: int, workers: int
) -> None:
    monkeypatch.setattr(filling, "cores", lambda: 3)
    nothing = cast("Any", None)
    run = Reembedding(nothing, nothing, settings=Settings(workers=set_to), workers=asked)
    assert run._workers == workers
