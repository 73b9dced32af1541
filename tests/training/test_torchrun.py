"""Training in two processes, from the command to the model."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

torch = pytest.importorskip("torch")

from lookalike.encoders import load_encoder
from lookalike.training import preset, train

SETTINGS = {
    "capacity": 0.25,
    "input_size": 32,
    "dimensions": 8,
    "epochs": 2,
    "classes_per_batch": 3,
    "images_per_class": 2,
    "views": 1,
}


@pytest.mark.slow
def test_torchrun_makes_one_model_with_the_losses_of_one_process(tmp_path: Path) -> None:
    random = np.random.default_rng(0)
    pictures, out = tmp_path / "pictures", tmp_path / "two"
    for number in range(9):
        (pictures / f"{number}").mkdir(parents=True)
        colour = random.integers(40, 200, 3)
        for picture in range(4):
            pixels = np.clip(colour + random.integers(-90, 90, (40, 40, 3)), 0, 255)
            Image.fromarray(pixels.astype(np.uint8)).save(pictures / f"{number}/{picture}.png")
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone"]
    command += ["--nproc-per-node", "2", "-m", "lookalike", "train", str(pictures)]
    command += ["--preset", "scratch", "--set", 'stages=["head", "all"]', "--out", str(out)]
    for name, value in SETTINGS.items():
        command += ["--set", f"{name}={value}"]
    ran = subprocess.run(command, capture_output=True, text=True, timeout=300)
    promoted = "\nPromoted: " in ran.stderr
    assert promoted or "\nNot promoted: " in ran.stderr, ran.stderr
    assert ran.returncode == (0 if promoted else 1)
    assert ran.stdout.count("| trained |") == 1  # only the first process speaks
    assert ran.stderr.count("romoted: ") == 1

    log = [json.loads(line) for line in (out / "log.jsonl").read_text().splitlines()]
    assert [(entry["stage"], entry["epoch"]) for entry in log] == [
        (stage, epoch) for stage in ("head", "all") for epoch in range(3)
    ]
    recipe = preset("scratch").changed(**SETTINGS, stages=["head"])
    one = train([pictures], out=tmp_path / "one", recipe=recipe)
    for name, entries in (("selection_map_at_r", slice(0, 3)), ("loss", slice(1, 3))):
        expected = [entry[name] for entry in one.history[entries]]
        assert [entry[name] for entry in log[entries]] == pytest.approx(expected, rel=1e-5)

    encoder = load_encoder(str(out))
    vectors = encoder.encode(np.full((1, 32, 32, 3), 127, np.uint8)).vectors
    assert vectors.shape == (1, 8)
    assert not list(out.rglob("*.tmp"))
