"""Loads what any worker loads with its first operations before the model, since it is not the model's memory."""

from __future__ import annotations

import contextlib
import tempfile
import traceback
from pathlib import Path
from typing import Any

from jitgate.model.take_turn import TakeTurn
from jitgate.model.turn import Turn
from jitgate.values import files
from jitgate.worker.accuracy import compare
from jitgate.worker.content import weights_digest
from jitgate.worker.timed_calls import OutputWatch


def prewarm(torch: Any) -> None:
    """Run once what models and this suite's own requests load on first use.

    That is the code of kernels, the pool of threads, the writer and the reader of tensors (accuracy), the parts of
    numpy that torch and the warm-up import late, and the path of a refused allocation. Together they were seen to add
    some 9 MiB to a process's resident memory, most of it mapped code.
    """
    import numpy.ma
    import numpy.random  # noqa: F401 - torch imports it when it first makes an array

    with torch.inference_mode():
        x = torch.ones(64, 64)
        x = torch.nn.functional.linear(x, x, x[0]).softmax(-1) + torch.full((64, 64), 1.0)
        torch.nn.functional.layer_norm(x, (64,)).sum().item()
        (x - x.double()).norm().item()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "tensor.pt"
        files.save(path, {"output": x}, "output")
        files.load(path)
        _keep({"output": x}, path)
    compare({"output": x}, {"output": x})
    weights_digest(torch.nn.Linear(2, 2))
    _refused(torch)


def _keep(output: Any, path: Path) -> None:
    """What is done with the outputs of timed calls."""
    watch = OutputWatch()
    watch.begin(TakeTurn("", 0, 1, keep={0: path}))
    watch.look(0, output, 1)
    watch.told(Turn((1,), ()))


def _refused(torch: Any) -> None:
    """An allocation that no machine grants, and its traceback, which reads the sources that it names."""
    with contextlib.suppress(RuntimeError):
        try:
            torch.empty(1 << 60, dtype=torch.uint8)
        except RuntimeError:
            traceback.format_exc()
            raise
