"""Hostile files in a process of their own, where they could do no harm to the tests."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

_CHILD = """
import json, resource, sys, time, warnings
from pathlib import Path
resource.setrlimit(resource.RLIMIT_DATA, (2 << 30, 2 << 30))
warnings.simplefilter("error")
from lookalike.errors import ImageError
from lookalike.images import decode, fit
for line in sys.stdin:
    begun = time.monotonic()
    try:
        picture = decode(Path(line.rstrip("\\n")).read_bytes(), shortest_side=224)
        fit(picture.pixels, 224)
        kind = "opened"
    except ImageError as error:
        kind = type(error).__name__
    except BaseException as error:
        kind = f"escaped: {error!r}"
    print(json.dumps([line.rstrip("\\n"), kind, time.monotonic() - begun]), flush=True)
"""


def test_every_hostile_file_opens_or_is_refused(real_pictures: Path) -> None:
    files = sorted(path for path in (real_pictures / "robust").rglob("*") if path.is_file())
    done = subprocess.run(
        [sys.executable, "-c", _CHILD],
        input="\n".join(map(str, files)) + "\n",
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    results = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(results) == len(files), f"the process ended at {files[len(results)]}: {done.stderr}"
    escaped = [result for result in results if result[1].startswith("escaped")]
    slow = [result for result in results if result[2] > 60]
    assert not escaped
    assert not slow
    opened = sum(kind == "opened" for _, kind, _ in results)
    assert opened >= 440
