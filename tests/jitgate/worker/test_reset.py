"""What clears a model that keeps state clears the one that runs, also where that is a copy."""

from __future__ import annotations

import copy
from typing import Any

import pytest
import torch
from jitgate.worker.before_call import before_calls_of, of_runner, reset_follows
from jitgate.workloads.workload import Workload

X = torch.ones(2, 4)


class Layer(torch.nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.seen = 0

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        self.seen += 1
        return x * self.seen

    def clear(self) -> None:
        self.seen = 0


class Model(torch.nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.layer = Layer()

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        found: torch.Tensor = self.layer(x)
        return found


def workload(reset: Any = None) -> Workload:
    module = Model()
    return Workload(module, {"s": (X,)}, reset=module.layer.clear if reset is None else reset(module))


def of_module(module: Any) -> Any:
    return lambda running: running.layer.clear()


def of_nothing(module: Any) -> Any:
    return lambda: [module.layer.clear()]


@pytest.mark.parametrize("reset", [None, of_module], ids=["a method", "a function of the module"])
def test_a_copy_is_cleared(reset: Any) -> None:
    made = workload(reset)
    own, running = before_calls_of(made), copy.deepcopy(made.module)
    copied = of_runner(own, made, running)
    for _ in range(2):
        own(0)
        copied(0)
        torch.testing.assert_close(made.module(X), X)
        torch.testing.assert_close(running(X), X)
    assert reset_follows(made)


def test_a_function_of_nothing_clears_what_it_names_and_that_is_known() -> None:
    made = workload(of_nothing)
    assert not reset_follows(made)
    running = copy.deepcopy(made.module)
    running(X)
    of_runner(before_calls_of(made), made, running)(0)
    torch.testing.assert_close(running(X), 2 * X)


def test_a_runner_that_is_no_module_and_one_without_that_layer_keep_what_there_is() -> None:
    made = workload()
    before = before_calls_of(made)
    assert of_runner(before, made, len) == before
    made.module(X)
    of_runner(before, made, torch.nn.Linear(4, 4))(0)
    torch.testing.assert_close(made.module(X), X)


def test_without_reset_nothing_has_to_follow() -> None:
    assert reset_follows(Workload(Model(), {"s": (X,)}))
