"""Secondary figures of a worker: how it becomes steady, unseen shapes, operations, peak rates, its cache."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from jitgate.device.clock import clock_for
from jitgate.device.device_memory import HostRoom
from jitgate.device.reading import Missing
from jitgate.model import requests
from jitgate.model.answers import Done, MeasuredPeakRates
from jitgate.model.error_words import shortly
from jitgate.model.figures import FlopCount, UnseenShapes
from jitgate.model.inputs import Inputs, inputs_of
from jitgate.model.memory_peaks import EmptiedCache
from jitgate.statistics import steady
from jitgate.worker import inputs
from jitgate.worker.before_call import BeforeCall
from jitgate.worker.content import shapes, signature
from jitgate.worker.flop_count import count_flops
from jitgate.worker.handlers import handles
from jitgate.worker.memory import Footprint
from jitgate.worker.peak_rates import measure_peak_rates
from jitgate.worker.stored_answer import look_up_s
from jitgate.worker.timed_calls import NO_NUMBER, OutputWatch
from jitgate.worker.varied_inputs import fresh
from jitgate.workloads.call_mode import MODE
from jitgate.workloads.workload import Workload

STEADY_CALLS = 60
"""Calls after which nothing is expected to become steady any more."""

STEADY_S = 60.0
"""The same in seconds, for slow calls; the rounds go on warming up."""

MOST_SHAPES = 12
"""New shapes that are tried: ten pairs are the fewest that give an interval at alpha 1 %."""

SHAPES_S = 20.0
"""Seconds after which no further new shape is begun: these calls are a secondary figure."""

KNOWN_CALLS, COUNTED_CALLS = 5, 3
"""Calls of a shape once it is known, and how many of them count: profiling executors need two until then."""


class ExtrasService:
    """The part of a service that answers these requests. The device is synchronised before and after what is timed."""

    _device: str
    _module: Any
    _workload: Workload | None
    _calls: dict[str, list[partial[Any]]]
    footprint: Footprint

    def __init__(self) -> None:
        self._tried: set[str] = set()
        self._watch = OutputWatch()
        self._before = BeforeCall()

    @handles(requests.BecomeSteady)
    def become_steady(self, request: requests.BecomeSteady) -> tuple[float, ...]:
        call = self._calls[request.scenario][0]
        clock, began = clock_for(self._device), time.perf_counter()
        seen = [request.first_call_s]

        def repeat() -> None:
            while len(seen) < STEADY_CALLS and not steady(seen):
                spent_s = time.perf_counter() - began
                if spent_s >= STEADY_S or spent_s + seen[-1] > request.limit_s:
                    break
                self._before(0)
                taken = clock.time(fresh(call))
                self._watch.look(NO_NUMBER, taken.answer, taken.wall_ns)
                seen.append(taken.wall_ns / 1e9)

        _undisturbed(repeat)
        return tuple(seen)

    @handles(requests.FreezeGarbage)
    def freeze_garbage(self, request: requests.FreezeGarbage) -> Done:  # noqa: ARG002 - it has no fields
        gc.collect()
        gc.freeze()
        return Done()

    @handles(requests.ChooseUnseenShapes)
    def choose_unseen_shapes(self, request: requests.ChooseUnseenShapes) -> int:
        """Inputs come from the workload's other scenarios: only its factory knows how its inputs belong together."""
        workload = self._workload
        if workload is None:
            raise RuntimeError("no workload is open in this worker")
        known = self._seen() | {shapes(call) for name in request.ahead for call in workload.calls(name)}
        every = [call for name in workload.scenarios for call in workload.calls(name)]
        chosen = unlike(every, signature(workload.calls(request.scenario)[0]), known)
        inputs.write(
            inputs.inputs_file(request.folder, request.scenario, unseen=True), [every[place] for place in chosen]
        )
        return len(chosen)

    @handles(requests.TimeUnseenShapes)
    def time_unseen_shapes(self, request: requests.TimeUnseenShapes) -> UnseenShapes:
        """The scenario's own shapes are those of its calls from the second one on, where their sizes differ.

        `problem` is the first line of what a call raised: the shapes before it count.
        """
        folder = request.folder
        if folder is not None:
            unseen = inputs.read(inputs.inputs_file(folder, request.scenario, unseen=True))
            calls: Sequence[Callable[[], Any]] = [self._bound(values) for values in unseen]
            self._tried |= {shapes(values) for values in unseen}
        else:
            calls = self._own_shapes(request.scenario)
        clock, began = clock_for(self._device), time.perf_counter()
        found: list[tuple[float, list[float]]] = []
        problem = untried = None

        def walk() -> None:
            nonlocal untried
            for call in calls:
                untried = None if folder is None else self._too_little_memory()
                if untried is not None or time.perf_counter() - began > SHAPES_S:
                    break
                first_s, *known_s = (clock.time(call).wall_ns / 1e9 for _ in range(1 + KNOWN_CALLS))
                found.append((first_s, known_s[-COUNTED_CALLS:]))

        try:
            _undisturbed(walk)
        except Exception as error:  # noqa: BLE001 - what a new shape raises is a finding, and the variant goes on
            problem = shortly(error)
        return UnseenShapes.timed(found, problem, untried)

    @handles(requests.CountFlops)
    def count_flops(self, request: requests.CountFlops) -> FlopCount:
        return count_flops(self._calls[request.scenario], self._module, self._inputs_of(request.scenario))

    @handles(requests.MeasurePeakRates)
    def peak_rates(self, request: requests.MeasurePeakRates) -> MeasuredPeakRates:
        return measure_peak_rates(self._device, request.precision)

    @handles(requests.TimeStoredAnswer)
    def time_stored_answer(self, request: requests.TimeStoredAnswer) -> float:
        return look_up_s(self._calls[request.scenario][0], clock_for(self._device))

    @handles(requests.EmptyCache)
    def empty_cache(self, request: requests.EmptyCache) -> EmptiedCache:  # noqa: ARG002 - it has no fields
        """Nothing is known of a device whose allocator keeps nothing that could be emptied."""
        if not self._device.startswith("cuda"):
            return EmptiedCache()
        import torch

        return emptied(torch.cuda, torch.device(self._device))

    def _own_shapes(self, scenario: str) -> Sequence[Callable[[], Any]]:
        own = self._inputs_of(scenario)
        known = self._seen(but=scenario) | {shapes(own[0])}
        return [self._calls[scenario][place] for place in unlike(own, signature(own[0]), known)]

    def _too_little_memory(self) -> str | None:
        """Why a new shape is not called: it may take as much again as this worker has taken until now.

        A card reports that it is full, and the process goes on; the kernel of a host kills the process.
        """
        room = HostRoom().read()
        if isinstance(room, Missing) or not self._device.startswith("cpu"):
            return None
        own = self.footprint.reader.read()
        taken = max(own.level_bytes, own.peak_bytes or 0)
        if room.free_bytes >= taken:
            return None
        return f"{room.free_bytes >> 20} MiB of memory were free, and this worker had taken {taken >> 20} MiB"

    def _seen(self, but: str | None = None) -> set[str]:
        """Sizes that this process has called, but those of one scenario."""
        others = [name for name in self._calls if name != but]
        return self._tried | {shapes(values) for name in others for values in self._inputs_of(name)}

    def _inputs_of(self, scenario: str) -> list[Inputs]:
        """The arguments of the bound calls, as they lie on the device."""
        return [inputs_of(call) for call in self._calls[scenario]]

    def _bound(self, values: Inputs) -> partial[Any]:
        """A call ready to be made: the runner of these inputs, and the inputs on the device."""
        raise NotImplementedError


def unlike(calls: Sequence[Inputs], kind: str, known: set[str]) -> list[int]:
    """Places of at most `MOST_SHAPES` calls of signature `kind`, of sizes not `known`, each of its own."""
    chosen: dict[str, int] = {}
    for place, call in enumerate(calls):
        size = shapes(call)
        if size not in known and size not in chosen and signature(call) == kind:
            chosen[size] = place
    return list(chosen.values())[:MOST_SHAPES]


def emptied(cuda: Any, device: Any) -> EmptiedCache:
    """Empty it. cuda: the `torch.cuda` module, or a fake of it (tests)."""
    gc.collect()
    cuda.synchronize(device)
    before = int(cuda.memory_reserved(device))
    allocated = int(cuda.memory_allocated(device))
    cuda.empty_cache()
    return EmptiedCache(before, int(cuda.memory_reserved(device)), allocated)


def _undisturbed(walk: Callable[[], None]) -> None:
    """As a turn is timed: without gradients, and with no collection of garbage inside."""

    gc.disable()
    try:
        with MODE():
            walk()
    finally:
        gc.enable()
