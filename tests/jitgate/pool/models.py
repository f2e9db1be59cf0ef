"""Tiny workloads and variants that worker processes import by name."""

from __future__ import annotations

import copy
import os
import signal
import sys
import time
from typing import Any

import jitgate
import torch
from jitgate.workloads.weight_source import WeightSource, current


class Tiny(torch.nn.Module):
    """Two linears, 64 wide."""

    def __init__(self) -> None:
        super().__init__()
        self.first = torch.nn.Linear(64, 64)
        self.second = torch.nn.Linear(64, 64)

    def forward(self, x: torch.Tensor, scale: int = 1) -> torch.Tensor:
        answer: torch.Tensor = self.second(torch.relu(self.first(x))) * scale
        return answer


def tiny() -> jitgate.Workload:
    """A fixed scenario, and one whose every call has another length."""
    lengths = [torch.randn(2 + number, 64) for number in range(4)]
    return jitgate.Workload(Tiny(), {"short": (torch.randn(8, 64), 1), "varied": [(x, 1) for x in lengths]}, threads=1)


def unseeded() -> jitgate.Workload:
    """Other weights in every process."""
    torch.manual_seed(int.from_bytes(os.urandom(4)))
    return jitgate.Workload(Tiny(), {"short": (torch.randn(8, 64), 1), "varied": [(torch.randn(8, 64), 1)]})


def not_a_workload() -> Any:
    return Tiny()


def misfit_factory() -> jitgate.Workload:
    return jitgate.Workload(torch.nn.Linear(1, 1), {"s": (torch.zeros(1), torch.zeros(1))})


def raising_factory() -> jitgate.Workload:
    raise FileNotFoundError("weights.pt")


def lacking_factory() -> jitgate.Workload:
    raise jitgate.Unavailable("the model needs a flux capacitor; install one")


def starved_factory() -> jitgate.Workload:
    raise MemoryError("Unable to allocate 300. MiB for an array")


def leaving_factory() -> jitgate.Workload:
    sys.exit("no weights")


def interrupted_factory() -> jitgate.Workload:
    raise KeyboardInterrupt


def translating_factory() -> jitgate.Workload:
    sizes: dict[str, int] = {}
    try:
        sizes["hidden"]
    except KeyError as error:
        raise ValueError("no such size") from error
    raise AssertionError


def plain(module: Any, example: tuple[Any, ...]) -> Any:
    return module


def copied(module: Any, example: tuple[Any, ...]) -> Any:
    return copy.deepcopy(module)


def sprawling(module: Any, example: tuple[Any, ...]) -> Any:
    """Takes 64 MiB in calls that are not as long as `short`'s, and gives them back."""

    def run(x: torch.Tensor, scale: int) -> Any:
        if x.size(0) != 8:
            torch.ones(16 << 20)
        return module(x, scale)

    return run


def off_by_one_percent(module: Any, example: tuple[Any, ...]) -> Any:
    return lambda *inputs: module(*inputs) * 1.01


def not_callable(module: Any, example: tuple[Any, ...]) -> Any:
    return 42


def unavailable(module: Any, example: tuple[Any, ...]) -> Any:
    raise jitgate.Unavailable("needs a flux capacitor; install one")


def dies(module: Any, example: tuple[Any, ...]) -> Any:
    """Kills its own process at the fifth call, as a crash in native code would; its stderr has a last word."""
    made = 0

    def call(*inputs: Any) -> Any:
        nonlocal made
        made += 1
        if made == 5:
            print("famous last words", file=sys.stderr, flush=True)
            os.kill(os.getpid(), signal.SIGKILL if hasattr(signal, "SIGKILL") else signal.SIGTERM)
        return module(*inputs)

    return call


def hangs(module: Any, example: tuple[Any, ...]) -> Any:
    """Never returns from its fifth call."""
    made = 0

    def call(*inputs: Any) -> Any:
        nonlocal made
        made += 1
        if made == 5:
            time.sleep(3600)
        return module(*inputs)

    return call


def raises(module: Any, example: tuple[Any, ...]) -> Any:
    """Raises at its fifth call."""
    made = 0

    def call(*inputs: Any) -> Any:
        nonlocal made
        made += 1
        if made == 5:
            raise RuntimeError("out of paper")
        return module(*inputs)

    return call


seen: list[WeightSource] = []


def curious_factory() -> jitgate.Workload:
    """Notes where it is told that weights come from, and takes none."""
    seen.append(current())
    return tiny()


def loading_factory() -> jitgate.Workload:
    """Takes the weights of a checkpoint where there is one."""
    return jitgate.Workload(
        jitgate.load_weights(Tiny(), "tiny.pt", "part."), {"short": (torch.randn(8, 64), 1)}, threads=1
    )


def demanding_factory(first: int) -> jitgate.Workload:
    """Takes what no one gives it."""
    raise AssertionError(first)


NET = torch.nn.Linear(2, 2)
