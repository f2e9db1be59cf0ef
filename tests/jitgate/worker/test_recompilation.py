"""What torch built anew, by its own counters: the real compiler, with a backend that costs nothing."""

from __future__ import annotations

import itertools
import sys
from collections.abc import Iterator
from types import SimpleNamespace

import pytest
import torch
from jitgate.worker.recompilation import Recompilations, _recorded_graphs


@pytest.fixture(autouse=True)
def fresh_compiler() -> Iterator[None]:
    torch._dynamo.reset()
    yield
    torch._dynamo.reset()


def test_a_recompile_is_counted_with_the_guard_that_failed() -> None:
    rebuilt = Recompilations()
    rebuilt.since()
    compiled = torch.compile(lambda x: x + 1, backend="eager", dynamic=False)
    compiled(torch.ones(3))
    assert rebuilt.since() == {"recompile": 1}, "the first one has no guard that failed"
    compiled(torch.ones(3))
    assert rebuilt.since() == {}
    compiled(torch.ones(4))
    compiled(torch.ones(5))
    found = rebuilt.since()
    assert found.total() == 2
    assert all(said.startswith("recompile: ") and "size" in said for said in found)


def test_a_graph_break_is_counted_with_its_reason() -> None:
    rebuilt = Recompilations()

    def broken(x: torch.Tensor) -> torch.Tensor:
        x = x + 1
        torch._dynamo.graph_break()
        return x + 1

    compiled = torch.compile(broken, backend="eager")
    rebuilt.since()
    compiled(torch.ones(3))
    found = rebuilt.since()
    assert sum(count for said, count in found.items() if said.startswith("graph break: ")) == 1
    compiled(torch.ones(3))
    assert rebuilt.since() == {}


def test_counters_that_were_cleared_are_no_rebuilds() -> None:
    rebuilt = Recompilations()
    torch.compile(lambda x: x * 3, backend="eager")(torch.ones(3))
    rebuilt.since()
    torch._dynamo.utils.counters.clear()
    assert rebuilt.since() == {}


def test_inductors_cuda_graphs_are_counted_by_their_tree(monkeypatch: pytest.MonkeyPatch) -> None:
    """RejectionReason a stand-in: no card was there to record on."""
    manager = SimpleNamespace(graph_counter=itertools.count(0))
    trees = SimpleNamespace(get_manager=lambda device, create_if_none_exists: manager)
    monkeypatch.setitem(sys.modules, "torch._inductor.cudagraph_trees", trees)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "is_initialized", lambda: True)
    monkeypatch.setattr(torch.cuda, "current_device", lambda: 0)
    rebuilt = Recompilations()
    assert _recorded_graphs() == 0
    rebuilt.since()
    next(manager.graph_counter), next(manager.graph_counter)
    assert rebuilt.since() == {"CUDA-graph re-capture": 2}
    assert rebuilt.since() == {}
