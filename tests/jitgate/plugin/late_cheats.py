"""More ways that only look fast: devised by somebody who did not write the checks."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

import jitgate
import numpy as np
import torch
from torch.utils import _pytree
from torch.utils._python_dispatch import TorchDispatchMode

from tests.jitgate.plugin.cheats import Napping, honest

Call = Any


class Pending(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """Fills a plain tensor once an operator asks for its values."""

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.made: dict[int, Callable[[], torch.Tensor]] = {}

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        for leaf in _pytree.tree_leaves(args):
            if isinstance(leaf, torch.Tensor) and leaf.data_ptr() in self.made:
                leaf.copy_(self.made.pop(leaf.data_ptr())())
        return func(*args, **(kwargs or {}))


def by_mode(module: Any, example: Any) -> Call:
    """Its output is a plain tensor, whose values a mode makes when an operator asks for them."""
    own, mode = honest(module, example), Pending()
    mode.__enter__()  # type: ignore[no-untyped-call]

    def call(x: torch.Tensor) -> torch.Tensor:
        out = torch.zeros(16, 64)
        mode.made[out.data_ptr()] = lambda: own(x)
        return out

    return call


def peeks_at_inputs(module: Any, example: Any) -> Call:
    """Computes the answer where the inputs of a call are made, which is outside of its time."""
    own, real, known = honest(module, example), torch.mul, dict[int, torch.Tensor]()

    def mul(one: torch.Tensor, other: torch.Tensor, *, out: torch.Tensor | None = None) -> torch.Tensor:
        found = real(one, other, out=out)
        if found.shape == (16, 64):
            with torch.inference_mode():
                known[found.data_ptr()] = own(found)
        return found

    torch.mul = mul  # type: ignore[assignment]
    return lambda x: known.pop(x.data_ptr()) if x.data_ptr() in known else own(x)


def shortens_its_times(module: Any, example: Any) -> Call:
    """Makes the times of its earlier calls a third, in the list where jitgate collects them."""
    own = honest(module, example)

    def call(x: torch.Tensor) -> torch.Tensor:
        frame = sys._getframe()
        while frame is not None and frame.f_code.co_name != "take_turn":
            frame = frame.f_back  # type: ignore[assignment]
        times = frame.f_locals["wall_ns"] if frame is not None else []
        if times:
            times[-1] = min(times[-1], 700_000)
        answer: torch.Tensor = own(x)
        return answer

    return call


def skips_in_half(module: Any, example: Any) -> Call:
    """In bfloat16, and every fifth answer is the one before."""
    rounded, made, last = Napping(torch.nn.Sequential(*module.body).bfloat16()), [0], [torch.zeros(16, 64)]

    def call(x: torch.Tensor) -> torch.Tensor:
        made[0] += 1
        if made[0] <= 20 or made[0] % 5:
            last[0] = rounded(x.bfloat16()).float()
        return last[0]

    return call


def by_first_values(module: Any, example: Any) -> Call:
    """Looks its answer up by the signs of the first hundred values."""
    own, known = honest(module, example), dict[bytes, torch.Tensor]()

    def call(x: torch.Tensor) -> torch.Tensor:
        key = (x.reshape(-1)[:100] > 0).numpy().tobytes()
        if key not in known:
            known[key] = own(x)
        return known[key]

    return call


class Later:
    """A container that torch's pytree knows, whose part is made when it comes apart."""

    def __init__(self, make: Callable[[], torch.Tensor]) -> None:
        self.make = make


_pytree.register_pytree_node(
    Later,
    lambda later: ([later.make()], None),
    lambda parts, _: Later(lambda: next(iter(parts))),
    flatten_with_keys_fn=lambda later: ([(_pytree.MappingKey("y"), later.make())], None),
)


def registered(module: Any, example: Any) -> Call:
    return lambda x: Later(lambda: module.body(x))


def _layers() -> torch.nn.Sequential:
    return torch.nn.Sequential(torch.nn.Linear(64, 64), torch.nn.ReLU(), torch.nn.Linear(64, 64))


class Tagging(torch.nn.Module):
    """Gives ids."""

    def __init__(self) -> None:
        super().__init__()
        self.body = Napping(_layers())

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return torch.argmax(self.body(x), dim=-1)


def tagging() -> jitgate.Workload:
    return jitgate.Workload(Tagging(), {"s": (torch.randn(16, 64),)}, threads=1)


def skips_ids(module: Any, example: Any) -> Call:
    """Every fifth answer is the one before: few enough to be choices that turned at a rounding."""
    made, last = [0], [torch.zeros(16, dtype=torch.int64)]

    def call(x: torch.Tensor) -> torch.Tensor:
        made[0] += 1
        if made[0] <= 20 or made[0] % 5:
            last[0] = module(x)
        return last[0]

    return call


class Reporting(torch.nn.Module):
    """Gives an array, as the last step of a pipeline does."""

    def __init__(self) -> None:
        super().__init__()
        self.body = Napping(_layers())

    def forward(self, x: torch.Tensor) -> Any:
        return self.body(x).numpy()


def reporting() -> jitgate.Workload:
    return jitgate.Workload(Reporting(), {"s": (torch.randn(16, 64),)}, threads=1)


class LazyArray(np.ndarray):
    """Is filled when it is copied."""

    make: Any = None

    def copy(self, *args: Any, **kwargs: Any) -> Any:
        return self.make()


def lazy_array(module: Any, example: Any) -> Call:
    def call(x: torch.Tensor) -> Any:
        made = np.zeros((16, 64), dtype=np.float32).view(LazyArray)
        made.make = lambda: module(x)
        return made

    return call


OTHERS: dict[str, dict[str, tuple[str, ...]]] = {
    "tagging": {"skips_ids": ("the very answer of the call before",)},
    "reporting": {"lazy_array": ("late_cheats.LazyArray, and eager gives value",)},
}
"""Workload -> cheat -> what its verdict may say."""

CHEATS = {
    "by_mode": ("a stored answer", "by the host's clock"),
    "peeks_at_inputs": ("it replaced torch.mul",),
    "shortens_its_times": ("it replaced the durations of its calls",),
    "skips_in_half": ("the very answer of the call before", "its output is not made of its inputs"),
    "by_first_values": ("a stored answer",),
}

NAMED_CHEATS = {"registered": ("its output is made when somebody looks at it",)}
"""Cheat -> what its verdict may say of the cause: on a busy machine, which has few turns, it may be seen otherwise."""
