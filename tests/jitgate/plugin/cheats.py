"""A model of some milliseconds, honest ways to run it, and ways that only look fast."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import jitgate
import torch

Call = Any


class Napping(torch.nn.Module):
    """Layers, and a nap that no compiler sees: slow enough that a cheat shows."""

    def __init__(self, body: torch.nn.Module) -> None:
        super().__init__()
        self.body = body

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        time.sleep(0.002)
        answer: torch.Tensor = self.body(x)
        return answer


def napping() -> jitgate.Workload:
    layers = [layer for _ in range(3) for layer in (torch.nn.Linear(64, 64), torch.nn.ReLU())]
    return jitgate.Workload(Napping(torch.nn.Sequential(*layers)), {"s": (torch.randn(16, 64),)}, threads=1)


def honest(module: Any, example: Any) -> Call:
    """The same layers at the same price, in a module of its own."""
    return Napping(torch.nn.Sequential(*module.body))


def half(module: Any, example: Any) -> Call:
    """The same in bfloat16."""
    rounded = Napping(torch.nn.Sequential(*module.body).bfloat16())
    return lambda x: rounded(x.bfloat16()).float()


def memoised_by_content(module: Any, example: Any) -> Call:
    """A cache that is right: no timed call finds anything in it."""
    own, known = honest(module, example), dict[bytes, torch.Tensor]()

    def call(x: torch.Tensor) -> torch.Tensor:
        key = x.numpy().tobytes()
        if key not in known:
            known[key] = own(x)
        return known[key]

    return call


def stored(module: Any, example: Any) -> Call:
    answer = module(*example)
    return lambda *inputs: answer


def first_answer(module: Any, example: Any) -> Call:
    own, kept = honest(module, example), list[torch.Tensor]()

    def call(x: torch.Tensor) -> torch.Tensor:
        if not kept:
            kept.append(own(x))
        return kept[0]

    return call


def by_address(module: Any, example: Any) -> Call:
    own, known = honest(module, example), dict[int, torch.Tensor]()
    return lambda x: known.setdefault(x.data_ptr(), own(x) if x.data_ptr() not in known else x)


def later(module: Any, example: Any) -> Call:
    """Returns before it is done."""
    own, pool, out = honest(module, example), ThreadPoolExecutor(1), torch.empty(16, 64)
    first = [True]

    def work(x: torch.Tensor) -> None:
        with torch.inference_mode():
            out.copy_(own(x))

    def call(x: torch.Tensor) -> torch.Tensor:
        done = pool.submit(work, x)
        if first[0]:
            done.result()
        first[0] = False
        return out

    return call


class Lazy(torch.Tensor):
    """Computes when somebody looks."""

    pending: Any

    @classmethod
    def __torch_dispatch__(  # type: ignore[override]
        cls, func: Any, types: Any, args: Any = (), kwargs: Any = None
    ) -> Any:
        from torch.utils._pytree import tree_map

        def force(leaf: Any) -> Any:
            return leaf.pending() if isinstance(leaf, cls) else leaf

        return func(*tree_map(force, args), **tree_map(force, kwargs or {}))


def lazy(module: Any, example: Any) -> Call:
    own = honest(module, example)

    def call(x: torch.Tensor) -> Any:
        made = torch.Tensor._make_wrapper_subclass(Lazy, (16, 64), dtype=torch.float32)
        made.pending = lambda: own(x)
        return made

    return call


def looks_at_the_stack(module: Any, example: Any) -> Call:
    import sys

    own, nothing = honest(module, example), torch.zeros(16, 64)

    def call(x: torch.Tensor) -> torch.Tensor:
        frame, names = sys._getframe(), set[str]()
        while frame is not None:
            names.add(frame.f_code.co_name)
            frame = frame.f_back  # type: ignore[assignment]
        return nothing if "take_turn" in names else own(x)

    return call


def counts(module: Any, example: Any) -> Call:
    """Right in every compared call, and skips the rest."""
    own, nothing, made = honest(module, example), torch.zeros(16, 64), [0]

    def call(x: torch.Tensor) -> torch.Tensor:
        made[0] += 1
        return own(x) if made[0] <= 4 else nothing

    return call


def sometimes(module: Any, example: Any) -> Call:
    """Skips every other call."""
    own, made, last = honest(module, example), [0], [torch.zeros(16, 64)]

    def call(x: torch.Tensor) -> torch.Tensor:
        made[0] += 1
        if made[0] <= 20 or made[0] % 2:
            last[0] = own(x)
        return last[0]

    return call


def one_nan(module: Any, example: Any) -> Call:
    """NaN in the 37th call only."""
    own, made = honest(module, example), [0]

    def call(x: torch.Tensor) -> torch.Tensor:
        made[0] += 1
        answer: torch.Tensor = own(x)
        return answer * float("nan") if made[0] == 37 else answer

    return call


def slow_clock(module: Any, example: Any) -> Call:
    real, began = time.perf_counter_ns, time.perf_counter_ns()
    time.perf_counter_ns = lambda: began + (real() - began) // 10
    return honest(module, example)


def slow_clock_inside(module: Any, example: Any) -> Call:
    """Replaces the clock where jitgate has it, for the one reading that ends a call."""
    from jitgate.device import clock

    real, own = time.perf_counter_ns, honest(module, example)

    def call(x: torch.Tensor) -> torch.Tensor:
        began = real()
        answer: torch.Tensor = own(x)

        def fake() -> int:
            setattr(clock, "perf_counter_ns", real)  # noqa: B010 - the module does not export it
            return began + (real() - began) // 10

        setattr(clock, "perf_counter_ns", fake)  # noqa: B010
        return answer

    return call


def friendly_reader(module: Any, example: Any) -> Call:
    from jitgate.model.accuracy import Accuracy
    from jitgate.worker import outputs

    outputs.read = lambda *arguments, **named: Accuracy(0.0)
    nothing = torch.zeros(16, 64)
    return lambda x: nothing


class Named(torch.nn.Module):
    """Layers for two threads; its output has a name."""

    def __init__(self, body: torch.nn.Module) -> None:
        super().__init__()
        self.body = body

    def forward(self, x: torch.Tensor) -> dict[str, torch.Tensor]:
        return {"y": self.body(x)}


def named() -> jitgate.Workload:
    layers = [layer for _ in range(6) for layer in (torch.nn.Linear(256, 256), torch.nn.ReLU())]
    return jitgate.Workload(Named(torch.nn.Sequential(*layers)), {"s": (torch.randn(128, 256),)}, threads=2)


class Waiting(dict[str, Any]):
    """Makes its items when somebody looks."""

    def __getitem__(self, name: str) -> Any:
        return super().__getitem__(name)()


def waited_for(module: Any, example: Any) -> Call:
    """Returns before a thread is done, and whoever looks waits for it."""
    pool = ThreadPoolExecutor(1)

    def work(x: torch.Tensor) -> torch.Tensor:
        with torch.inference_mode():
            answer: torch.Tensor = module.body(x)
        return answer

    return lambda x: Waiting(y=pool.submit(work, x).result)


def made_when_seen(module: Any, example: Any) -> Call:
    return lambda x: Waiting(y=lambda: module.body(x))


def in_threads(module: Any, example: Any) -> Call:
    """Half of the batch in each of two threads, and done when it returns."""
    pool = ThreadPoolExecutor(2)

    def work(x: torch.Tensor) -> torch.Tensor:
        with torch.inference_mode():
            answer: torch.Tensor = module.body(x)
        return answer

    return lambda x: {"y": torch.cat(list(pool.map(work, x.chunk(2))))}


HONEST = ("honest", "half", "memoised_by_content")
HONEST_NAMED = ("in_threads", "compile", "onnxruntime")

NAMED_CHEATS = {
    "waited_for": "a thread of its own works on after a timed call has returned",
    "made_when_seen": "its output is made when somebody looks at it",
}

CHEATS = {
    "stored": "a stored answer",
    "first_answer": "a stored answer",
    "by_address": "timed calls",
    "later": "timed call",
    "lazy": "Lazy[16,64], and eager gives Tensor[16,64]",
    "looks_at_the_stack": "a stored answer",
    "counts": "a stored answer",
    "sometimes": "timed calls",
    "one_nan": "one of its calls gave NaN or Inf",
    "slow_clock": "it replaced time.perf_counter_ns",
    "slow_clock_inside": "by the host's clock",
    "friendly_reader": "it replaced jitgate.worker.outputs.read",
}
"""Cheat -> what its verdict says of the cause."""
