"""Weigh what `pip install .` brings: install it into a new environment and add up the files.

python tools/weigh.py            # plain
python tools/weigh.py demo       # with an extra
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import venv
from importlib import metadata
from pathlib import Path

_SHOWN = 8
_PROJECT = Path(__file__).parents[1]


def main() -> None:
    """Print the total and the heaviest packages, in megabytes (10**6 bytes)."""
    extras = f"[{','.join(sys.argv[1:])}]" if len(sys.argv) > 1 else ""
    with tempfile.TemporaryDirectory() as temporary:
        venv.create(temporary, with_pip=True)
        python = Path(temporary) / "bin" / "python"
        packages = next((Path(temporary) / "lib").iterdir()) / "site-packages"
        before = {entry.name for entry in packages.iterdir()}
        command = [str(python), "-m", "pip", "install", "-q", "-c", "constraints.txt"]
        subprocess.run([*command, f".{extras}"], check=True, cwd=_PROJECT)
        sizes = {}
        for found in metadata.distributions(path=[str(packages)]):
            name = found.metadata["Name"]
            files = [packages / file for file in found.files or ()]
            if name.lower() not in {"pip", "setuptools"}:
                sizes[name] = sum(file.stat().st_size for file in files if file.is_file())
        on_disk = sum(
            file.stat().st_size
            for entry in packages.iterdir()
            if entry.name not in before
            for file in (entry.rglob("*") if entry.is_dir() else [entry])
            if file.is_file()
        )
    heaviest = sorted(sizes.items(), key=lambda item: -item[1])[:_SHOWN]
    print(
        f"pip install .{extras}: {on_disk / 1e6:.0f} MB in {len(sizes)} packages ("
        + ", ".join(f"{name} {size / 1e6:.0f}" for name, size in heaviest)
        + ")"
    )


if __name__ == "__main__":
    main()
