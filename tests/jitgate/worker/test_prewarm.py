"""What is loaded before the model: nothing of the suite's own is loaded, and counted as the model's, after it."""

from __future__ import annotations

import subprocess
import sys

SCRIPT = """
import sys, tempfile, pathlib, torch
from jitgate.worker.prewarm import prewarm

prewarm(torch)
before = set(sys.modules)

import numpy
from jitgate.worker.content import weights_digest

module = torch.nn.Linear(3, 3)
with tempfile.TemporaryDirectory() as folder, torch.inference_mode():
    path = pathlib.Path(folder) / "out.pt"
    torch.save([module(torch.zeros(3))], path)
    torch.load(path, weights_only=True)
    numpy.median(module(torch.zeros(2, 3)).numpy())
weights_digest(module)
print(sorted(set(sys.modules) - before))
"""


def test_what_parity_and_warm_up_use_is_loaded_before_the_model() -> None:
    done = subprocess.run([sys.executable, "-c", SCRIPT], capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == "[]"
