"""A workload that can't be one is refused where it is made, in a sentence with what to write."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from jitgate.workloads.workload import Workload


@pytest.mark.parametrize(
    ("module", "words"),
    [
        (torch.nn.Linear, r"must be a torch.nn.Module, not a class; write Linear\(\.\.\.\)"),
        (lambda x: x, "must be a torch.nn.Module, not function"),
        (torch.nn.ModuleList([torch.nn.Linear(1, 1)]), r"ModuleList has no forward\(\); give one of its parts"),
        (None, "must be a torch.nn.Module, not NoneType"),
    ],
)
def test_what_is_no_module_is_refused(module: Any, words: str) -> None:
    with pytest.raises(TypeError, match=words):
        Workload(module, {"s": (torch.ones(1),)})
