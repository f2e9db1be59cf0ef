"""The right answers: written once, compared by all; what holds nothing to compare is no answer."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from jitgate.model.requests import WriteOutputs
from jitgate.worker.outputs import read, write
from jitgate.workloads.workload import Workload

WORKLOAD = Workload(torch.nn.Identity(), {"s": (torch.ones(1),)})


def written(outputs: list[Any], folder: Path) -> None:
    write([partial(lambda output: output, output) for output in outputs], WORKLOAD, WriteOutputs("s", folder))


@pytest.mark.parametrize(
    ("output", "what"),
    [
        (None, "output is None"),
        ((), "output is without any number"),
        ({"tag": "yes", "none": None}, "output is without any number"),
        (torch.zeros(0, 4), "output is without any number"),
    ],
)
def test_an_output_with_nothing_to_compare_is_refused(tmp_path: Path, output: Any, what: str) -> None:
    with pytest.raises(TypeError, match=f"^{what}, so that no variant could be wrong; let forward return its tensors$"):
        written([output], tmp_path)


@pytest.mark.parametrize(
    "outputs", [[torch.zeros(0, 4), torch.ones(2, 4)], [3], [np.float32(1)], [[torch.tensor(True)]]]
)
def test_any_number_in_any_call_can_be_compared(tmp_path: Path, outputs: list[Any]) -> None:
    written(outputs, tmp_path)
    calls = [partial(lambda output: output, output) for output in outputs]
    assert read(calls, lambda call: call(), "s", tmp_path).rel_l2 == 0.0
