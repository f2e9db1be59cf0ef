"""What a model sets in torch for its whole process is seen, and set in workers that do not build it."""

from __future__ import annotations

import dataclasses
import subprocess
import sys
from typing import Any

import jitgate
import pytest
import torch
from jitgate.worker.torch_switches import TorchSwitches, set_to

from tests.jitgate.pool.models import tiny


def setting() -> jitgate.Workload:
    """A model that slows its own process down where it is built."""
    torch.set_num_threads(3)
    torch.backends.mkldnn.set_flags(False)  # type: ignore[no-untyped-call]
    torch.use_deterministic_algorithms(True)
    return dataclasses.replace(tiny(), threads=None)


BUILT = """
from jitgate.model.requests import OpenModel, SetThreads, StartWorker
from jitgate.worker.service import WorkerService
from jitgate.worker.torch_switches import TorchSwitches
import torch
torch.set_num_threads(2)
one = WorkerService()
one.answer(StartWorker("cpu"))
before = TorchSwitches.now()
facts = one.answer(OpenModel("tests.jitgate.worker.test_torch_switches:setting", "here"))
print(facts.threads, sorted(facts.switches.items()))
torch.set_num_threads(2)
torch.backends.mkldnn.enabled = True
torch.use_deterministic_algorithms(False)
assert not before.changed() and before.threads_of(None) is None
one.answer(SetThreads(facts.threads, facts.switches))
print(torch.get_num_threads(), sorted(before.changed().items()))
"""


def test_a_worker_without_the_model_is_set_as_the_model_has_set_its_own() -> None:
    done = subprocess.run([sys.executable, "-c", BUILT], capture_output=True, text=True, check=True)
    first, again = done.stdout.splitlines()
    assert (
        first == again == "3 [('torch.backends.mkldnn.enabled', False), ('torch.use_deterministic_algorithms', True)]"
    )


def test_every_switch_can_be_read_and_set() -> None:
    before = TorchSwitches.now()
    assert {"torch.backends.mkldnn.enabled", "torch.backends.cudnn.benchmark"} <= set(before.switches)
    other = {name: not value for name, value in before.switches.items()}
    try:
        set_to(None, other)
        assert before.changed() == other
    finally:
        set_to(None, before.switches)
    assert not before.changed()


def test_threads_that_a_workload_asks_for_come_first(monkeypatch: pytest.MonkeyPatch) -> None:
    found: Any = TorchSwitches(2, {})
    monkeypatch.setattr(torch, "get_num_threads", lambda: 1)
    assert (found.threads_of(None), found.threads_of(4)) == (1, 4)
    monkeypatch.setattr(torch, "get_num_threads", lambda: 2)
    assert found.threads_of(None) is None
