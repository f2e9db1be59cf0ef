"""The calls of one turn: each gets inputs of its own, and its output is looked at once its time is known."""

from __future__ import annotations

import cmath
import gc
import statistics
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from time import perf_counter_ns
from typing import Any

from jitgate.device.clock import Clock
from jitgate.device.thread_clock import thread_ns
from jitgate.model.inputs import Inputs
from jitgate.model.take_turn import TakeTurn
from jitgate.model.turn import StageTime, Turn
from jitgate.values.containers import node_of
from jitgate.values.leaves import leaves
from jitgate.worker.before_call import BeforeCall
from jitgate.worker.kept_outputs import as_numbers, packed, write_arrays
from jitgate.worker.late_work import LateWork
from jitgate.worker.stages import PipelineStages
from jitgate.worker.varied_inputs import VariedInputs
from jitgate.workloads.call_mode import MODE

NO_NUMBER = -1
"""Stands for the number of a call before the first turn."""

MANY = 64
"""Values of a tensor from which two different ones have hardly the same sum, also in numbers of few bits."""

PLAIN = frozenset({"builtins", "numpy", "torch.nested._internal.nested_tensor"})
"""Modules whose values are there when they are given. A class of a model's own may make them when it is asked."""

Marks = tuple[tuple[complex, complex], ...]

LOOKING_SHARE = 0.01
"""Of the calls' time, what looking at outputs may take; where all would take more, some calls are not looked at. Those
that are kept are looked at besides."""

FIRST_NS = 5e6
"""What looking may take besides, so that the first calls are looked at, as far as they are a few hundred."""

FIRST_LOOK_NS = 20_000.0
"""What a look is taken to cost before there was one: that of a few tensors."""


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
    watch.begin(request)
    inputs.look_up(request.rows, together=request.together)
    wall_ns, device_ns, stage_times = [], [], list[tuple[StageTime, ...]]()
    gc.disable()
    try:
        with MODE():
            for number in range(request.start, request.start + request.count):
                before(number)
                making = perf_counter_ns()
                values = inputs.call(number, request.seed)
                watch.making_ns.append(perf_counter_ns() - making)
                call = bound(values)
                stages.start()
                taken = clock.time(call)
                stage_times.append(stages.read())
                watch.look(number, taken.answer, taken.wall_ns)
                wall_ns.append(taken.wall_ns)
                if taken.device_ns is not None:
                    device_ns.append(taken.device_ns)
                del values, call, taken  # the next call's memory is its own
    except Exception:
        if not request.forgiving:
            raise
        return replace(watch.told(Turn((), ())), kept={})
    finally:
        gc.enable()
    return watch.told(Turn(tuple(wall_ns), tuple(device_ns), stage_times=tuple(stage_times)))


class OutputWatch:
    """Looks at outputs of the calls that a worker makes: at as many as their share of the time pays for, and at those
    that are to be kept. keep: number of a call -> file for its output. making_ns: what making the inputs of each call
    of a turn took."""

    def __init__(self) -> None:
        self.keep: Mapping[int, Path] = {}
        self._threads = LateWork()
        self._last: tuple[int, Marks] = -1, ()
        self._due = {NO_NUMBER}
        self._has_looked = False
        self._funds_ns, self._call_ns, self._look_ns = FIRST_NS, 0.0, FIRST_LOOK_NS
        self._kinds: dict[tuple[Any, ...], list[int]] = {}
        self._not_finite: list[int] = []
        self._clear()

    def _clear(self) -> None:
        self.making_ns: list[int] = []
        self._unpacked_ns: list[int] = []
        self._looks_ns: list[int] = []
        self._kept: dict[int, list[Any]] = {}
        self._late: list[float] = []
        self._repeats: list[int] = []
        self._looked = self._turn_ns = self._spent_ns = self._waited_ns = self._cpu_ns = 0

    def begin(self, request: TakeTurn) -> None:
        """A turn begins. What looks before the first one took is in no turn's time."""
        began = perf_counter_ns()
        if self._looks_ns:
            self._look_ns = max(1.0, statistics.fmean(self._looks_ns))
        self._clear()
        self.keep = request.keep
        funds_ns = self._funds_ns + LOOKING_SHARE * request.count * self._call_ns
        looks = max(0, min(request.count, int(funds_ns / self._look_ns)))
        # One after the other, so that an answer of the call before shows, and from the same call on in all workers.
        self._due = {NO_NUMBER, *(request.start + (request.looking + at) % request.count for at in range(looks))}
        self._spent_ns = self._cpu_ns = perf_counter_ns() - began

    def look(self, number: int, answer: Any, wall_ns: int) -> None:
        """Type, sizes and values of an output whose turn it is; a copy, where it is to be kept."""
        self._turn_ns += wall_ns
        is_kept = number in self.keep
        if not is_kept and number not in self._due:
            return
        began, began_cpu = perf_counter_ns(), thread_ns()
        clocks = self._threads.clocks() if is_kept else {}
        unpacking = perf_counter_ns() if clocks else began
        found = _values(answer)
        self._unpacked_ns.append(perf_counter_ns() - unpacking)
        if is_kept:  # first of all: what is asked of it may change it
            self._kept[number] = [as_numbers(leaf) for leaf in leaves(answer)]
        self._kinds.setdefault(tuple(map(_kind, found)), []).append(number)
        self._look_at_values(number, found)
        looked, look_ns = perf_counter_ns(), thread_ns() - began_cpu
        self._spent_ns += looked - began
        self._cpu_ns += look_ns
        if not is_kept and self._has_looked:  # the first look is slow
            self._looks_ns.append(look_ns)
        self._has_looked = True
        if number == NO_NUMBER:
            self._call_ns = wall_ns
        if clocks:
            self._late.append(self._threads.after(clocks) / wall_ns)
            self._waited_ns += perf_counter_ns() - looked

    def _look_at_values(self, number: int, found: Sequence[Any]) -> None:
        sums = [_sum(leaf) for leaf in found]
        if any(each is not None and not cmath.isfinite(each) for each in sums):
            self._not_finite.append(number)
        pairs = zip(sums, found, strict=True)
        marks = tuple((each, _middle(leaf)) for each, leaf in pairs if each is not None and leaf.numel() >= MANY)
        marks += tuple((int(leaf.sum()), _middle(leaf)) for leaf in found if _is_ids(leaf))
        before, self._last = self._last, (number, marks)
        if marks and before[1] and before[0] == number - 1:
            self._looked += 1
            self._repeats += [number] if before[1] == marks else []

    def told(self, turn: Turn) -> Turn:
        """The turn with what was seen in it, and before the first one; what was kept is written."""
        began, began_cpu = perf_counter_ns(), thread_ns()
        contents = {number: packed(arrays) for number, arrays in self._kept.items()}
        for number, arrays in self._kept.items():
            if contents[number] is None:
                write_arrays(self.keep[number], arrays)
        seen: dict[str, tuple[int, ...]] = {}
        for kinds, numbers in self._kinds.items():
            words = " ".join(map(_in_words, kinds))
            seen[words] = (*seen.get(words, ()), *numbers)
        self._spent_ns += perf_counter_ns() - began
        self._cpu_ns += thread_ns() - began_cpu
        self._funds_ns += LOOKING_SHARE * self._turn_ns - sum(self._looks_ns)
        if turn.wall_ns:
            self._call_ns = self._turn_ns / len(turn.wall_ns)
        whole = replace(
            turn,
            seen=seen,
            not_finite=tuple(self._not_finite),
            kept=contents,
            looking_s=(self._spent_ns + self._waited_ns) / 1e9,
            looking_cpu_s=(self._cpu_ns + self._waited_ns) / 1e9,
            making_s=_median_s(self.making_ns),
            unpacking_s=_median_s(self._unpacked_ns),
            looked=self._looked,
            repeats=tuple(self._repeats),
            edited=bool(turn.wall_ns) and sum(turn.wall_ns) != self._turn_ns,
            late=tuple(self._late),
        )
        self._kinds, self._not_finite = {}, []
        return whole


def _values(output: Any) -> list[Any]:
    """The leaves of an output, tensors of a subclass as they are: what they consist of is made when it is asked for."""
    import torch

    node = None if isinstance(output, torch.Tensor) else node_of(output)
    if node is None:
        return [output]
    if all(isinstance(part, torch.Tensor) for part in node.parts):
        return node.parts
    return [leaf for part in node.parts for leaf in _values(part)]


def _kind(leaf: Any) -> Any:
    """Its class and sizes, as text; of a plain tensor, whose kind every call is asked for, the sizes as they are."""
    import torch

    kind = type(leaf)
    if kind in (torch.Tensor, torch.nn.Parameter):
        return "value" if leaf.is_nested else leaf.shape
    if kind.__module__ in PLAIN:
        return "value"
    # How a subclass computes, and when, is its own.
    name = f"{kind.__module__}.{kind.__qualname__}"
    return f"{name}{list(leaf.shape)}".replace(" ", "") if isinstance(leaf, torch.Tensor) else name


def _in_words(kind: Any) -> str:
    """Numbers in a tensor or not are alike."""
    if isinstance(kind, str):
        return kind
    return f"Tensor{list(kind)}".replace(" ", "") if kind else "value"


def _sum(leaf: Any) -> complex | None:
    """Of all its values, which tells whether all are finite; None for what holds no such numbers."""
    import torch

    if not isinstance(leaf, torch.Tensor) or not (leaf.is_floating_point() or leaf.is_complex()):
        return None
    if leaf.layout is not torch.strided or leaf.is_nested or leaf.dtype.itemsize < 2:
        return None
    # One pass and no memory; where it overflows, each value is asked.
    wide = torch.float32 if leaf.dtype.itemsize == 2 else None
    if leaf.dtype is torch.complex32:  # no arithmetic is written for it
        leaf = leaf.to(torch.complex64)
    found: complex = leaf.sum(dtype=wide).item()
    return None if not cmath.isfinite(found) and bool(leaf.isfinite().all()) else found


def _is_ids(leaf: Any) -> bool:
    """Plain integers, which a choice among many is given as."""
    import torch

    return type(leaf) is torch.Tensor and leaf.dtype in (torch.int32, torch.int64) and bool(leaf.numel())


def _middle(leaf: Any) -> complex:
    """One of its values: probabilities, or what is normalised, have the same sum in every call."""
    found: complex = leaf[tuple(size // 2 for size in leaf.shape)].item()
    return found


def _median_s(each_ns: Sequence[int]) -> float | None:
    return statistics.median(each_ns) / 1e9 if each_ns else None
