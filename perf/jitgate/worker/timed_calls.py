"""The calls of one turn: each gets inputs of its own, and its output is looked at once its time is known."""

from __future__ import annotations

import gc
import statistics
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from time import perf_counter_ns
from typing import Any

from jitgate.device.clock import Clock
from jitgate.model.inputs import Inputs
from jitgate.model.take_turn import TakeTurn
from jitgate.model.turn import StageTime, Turn
from jitgate.values.containers import node_of
from jitgate.values.leaves import leaves
from jitgate.values.tensors import kept, numbers
from jitgate.worker.before_call import BeforeCall
from jitgate.worker.late_work import LateWork
from jitgate.worker.stages import PipelineStages
from jitgate.worker.varied_inputs import VariedInputs
from jitgate.workloads.call_mode import MODE

NO_NUMBER = -1
"""Stands for the number of a call before the first turn."""

LOOKING_SHARE = 0.02
"""Of the calls' time, what looking at outputs may take; where it takes more, some are not asked whether they are
finite."""

LOOKING_S = 0.05
"""What looking may take in any case, so that it is not its first time, which is slow, that decides."""


def take_turn(
    request: TakeTurn,
    inputs: VariedInputs,
    bound: Callable[[Inputs], Callable[[], Any]],
    clock: Clock,
    stages: PipelineStages,
    watch: OutputWatch,
    before: BeforeCall,
) -> Turn:
    """Time the calls of one turn; no garbage is collected inside. bound: the variant's call with these inputs."""

    watch.keep = request.keep
    inputs.look_up(request.rows)
    wall_ns, device_ns, stage_times = [], [], list[tuple[StageTime, ...]]()
    gc.disable()
    try:
        with MODE():
            for number in range(request.start, request.start + request.count):
                before(number)
                call = bound(inputs.call(number, request.seed))
                stages.start()
                taken = clock.time(call)
                stage_times.append(stages.read())
                watch.look(number, taken.answer, taken.wall_ns)
                wall_ns.append(taken.wall_ns)
                if taken.device_ns is not None:
                    device_ns.append(taken.device_ns)
                del call, taken  # the next call's memory is its own
    except Exception:
        if not request.forgiving:
            raise
        return replace(watch.told(Turn((), ())), kept=())
    finally:
        gc.enable()
    return watch.told(Turn(tuple(wall_ns), tuple(device_ns), stage_times=tuple(stage_times)))


class OutputWatch:
    """Looks at the output of each call that a worker makes. keep: number of a call -> file for its output."""

    def __init__(self) -> None:
        self.keep: Mapping[int, Path] = {}
        self._kinds: dict[str, None] = {}
        self._not_finite: list[int] = []
        self._kept: dict[int, list[Any]] = {}
        self._threads = LateWork()
        self._late: list[float] = []
        self._unpacked_ns: list[int] = []
        self._spent_ns = self._waited_ns = self._calls_ns = 0
        self._told_ns = 0

    def look(self, number: int, answer: Any, wall_ns: int) -> None:
        """Its type and sizes, always; whether it is finite, where there is time; a copy, where it is to be kept."""
        began = perf_counter_ns()
        clocks = self._threads.clocks() if number in self.keep else {}
        self._calls_ns += wall_ns
        unpacking = perf_counter_ns()
        found = list(_values(answer))
        self._unpacked_ns.append(perf_counter_ns() - unpacking)
        self._kinds[" ".join(_kind(leaf) for leaf in found)] = None
        looks = self._spent_ns <= LOOKING_SHARE * self._calls_ns + LOOKING_S * 1e9
        if (looks or number in self.keep) and not all(_finite(leaf) for leaf in found):
            self._not_finite.append(number)
        if number in self.keep:
            self._kept[number] = [_plain(leaf) for leaf in leaves(answer)]
        looked = perf_counter_ns()
        self._spent_ns += looked - began
        if clocks:
            self._late.append(self._threads.after(clocks) / wall_ns)
            self._waited_ns += perf_counter_ns() - looked

    def told(self, turn: Turn) -> Turn:
        """The turn with what was seen since the last one; what was kept is written."""
        import numpy as np

        began = perf_counter_ns()
        for number, arrays in self._kept.items():
            with self.keep[number].open("wb") as file:
                np.savez(file, *arrays)
        self._spent_ns += perf_counter_ns() - began
        all_ns = self._spent_ns + self._waited_ns
        whole = replace(
            turn,
            outputs=tuple(self._kinds),
            not_finite=tuple(self._not_finite),
            kept=tuple(self._kept),
            looking_s=(all_ns - self._told_ns) / 1e9,
            unpacking_s=statistics.median(self._unpacked_ns) / 1e9 if self._unpacked_ns else 0.0,
            late=tuple(self._late),
        )
        self._told_ns = all_ns
        self._kinds, self._not_finite, self._kept, self._late, self._unpacked_ns = {}, [], {}, [], []
        return whole


def _values(output: Any) -> Iterator[Any]:
    """The leaves of an output, tensors of a subclass as they are: what they consist of is made when it is asked for."""
    import torch

    node = None if isinstance(output, torch.Tensor) else node_of(output)
    if node is None:
        yield output
    else:
        for part in node.parts:
            yield from _values(part)


def _kind(leaf: Any) -> str:
    """Class and sizes of a tensor; numbers in a tensor or not are alike."""
    import torch

    if not isinstance(leaf, torch.Tensor) or leaf.is_nested or not leaf.dim():
        return "value"
    # How a subclass computes, and when, is its own.
    plain = type(leaf) in (torch.Tensor, torch.nn.Parameter)
    name = "Tensor" if plain else f"{type(leaf).__module__}.{type(leaf).__qualname__}"
    return f"{name}{list(leaf.shape)}".replace(" ", "")


def _finite(leaf: Any) -> bool:
    import torch

    if not isinstance(leaf, torch.Tensor) or not (leaf.is_floating_point() or leaf.is_complex()):
        return True
    if leaf.layout is not torch.strided or leaf.is_nested or leaf.dtype.itemsize < 2:
        return True
    # A sum is one pass and no memory; where it overflows, each value is asked.
    wide = torch.float32 if leaf.dtype.itemsize == 2 else None
    return bool(leaf.sum(dtype=wide).isfinite()) or bool(leaf.isfinite().all())


def _plain(leaf: Any) -> Any:
    """A copy as numbers that numpy knows; what holds none, as text."""
    import numpy as np
    import torch

    found = numbers(kept(leaf))
    if found is None:
        return np.asarray(f"{type(leaf).__name__} {leaf}")
    dense = found if found.layout is torch.strided else found.to_dense()
    narrow = dense.is_floating_point() and dense.dtype.itemsize < torch.float32.itemsize
    return (dense.to(torch.float32) if narrow else dense).numpy()
