"""What a worker can be asked beside its timed turns: how it becomes steady, new lengths, work, peak_rates, its
cache."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from jitgate.device.clock import clock_for
from jitgate.device.device_memory import HostRoom
from jitgate.device.reading import Missing
from jitgate.model.inputs import Inputs
from jitgate.statistics import steady
from jitgate.worker.content import shapes, signature
from jitgate.worker.flop_count import count_work
from jitgate.worker.memory import Footprint
from jitgate.worker.peak_rates import measure_peak_rates
from jitgate.workloads.workload import Workload

Answer = dict[str, Any]

SETTLE_CALLS = 60
"""Calls after which nothing is expected to become steady any more."""

SETTLE_S = 60.0
"""The same in seconds, for calls that take many; rounds go on warming up from there."""

MOST_LENGTHS = 12
"""New lengths that are tried: ten pairs are the fewest that give an interval at alpha 1 %."""

LENGTHS_S = 20.0
"""Seconds after which no further new length is begun: these calls stand beside the rounds, they are not the measure."""

KNOWN_CALLS, COUNTED_CALLS = 5, 3
"""Calls at a length once it is known, and how many of them count: profiling executors need two before they settle."""


class ExtrasService:
    """The part of a stage that serves these requests. Seconds throughout; the device is synchronised at every edge."""

    _device: str
    _module: Any
    _workload: Workload | None
    _calls: dict[str, list[partial[Any]]]
    footprint: Footprint

    def __init__(self) -> None:
        self._tried: set[str] = set()

    def get_steady(self, scenario: str, first_call_s: float) -> Answer:
        """Repeat the scenario's first call until its duration is steady; `calls_s` begins with `first_call_s`."""
        call = self._calls[scenario][0]
        clock, began = clock_for(self._device), time.perf_counter()
        seen = [first_call_s]

        def settle() -> None:
            while len(seen) < SETTLE_CALLS and time.perf_counter() - began < SETTLE_S and not steady(seen):
                seen.append(clock.time(call).wall_ns / 1e9)

        _undisturbed(settle)
        return {"calls_s": seen}

    def choose_lengths(self, scenario: str, kept: list[str], folder: str) -> Answer:
        """Write inputs like `scenario`'s, of sizes that were never called here and that none of `kept` has; `count`.

        They come from the workload's other scenarios: only its factory knows how its inputs hang together.
        """
        import torch

        workload = self._workload
        if workload is None:
            raise RuntimeError("no workload is open in this worker")
        known = self._seen() | {shapes(call) for name in kept for call in workload.calls(name)}
        every = [call for name in workload.scenarios for call in workload.calls(name)]
        chosen = unlike(every, signature(workload.calls(scenario)[0]), known)
        torch.save([every[place] for place in chosen], Path(folder) / f"{scenario}.new.pt")
        return {"count": len(chosen)}

    def lengths(self, scenario: str, folder: str | None) -> Answer:
        """Time the first call and the known ones at each new length.

        folder: where `choose_lengths` wrote inputs; None: the scenario's own calls, from the second one on, where their
        sizes differ. `lengths`: [first_s, [known_s, ...]]. `problem` is the first line of what a call raised: the
        lengths before it count. `untried`: why lengths are left that were not called, where memory is the reason.
        """
        import torch

        if folder is not None:
            inputs: Sequence[Inputs] = torch.load(Path(folder) / f"{scenario}.new.pt", weights_only=True)
            calls: Sequence[Callable[[], Any]] = [self._bound(values) for values in inputs]
            self._tried |= {shapes(values) for values in inputs}
        else:
            calls = self._own_lengths(scenario)
        clock, began = clock_for(self._device), time.perf_counter()
        found: list[list[Any]] = []
        problem = untried = None

        def walk() -> None:
            nonlocal untried
            for call in calls:
                untried = None if folder is None else self._short_of_room()
                if untried is not None or time.perf_counter() - began > LENGTHS_S:
                    break
                first_s, *known_s = (clock.time(call).wall_ns / 1e9 for _ in range(1 + KNOWN_CALLS))
                found.append([first_s, known_s[-COUNTED_CALLS:]])

        try:
            _undisturbed(walk)
        except Exception as error:  # noqa: BLE001 - what a new length raises is a finding, and the variant lives on
            problem = f"{type(error).__name__}: {(str(error).splitlines() or [''])[0]}"
        return {"lengths": found, "problem": problem, "untried": untried}

    def count_work(self, scenario: str) -> Answer:
        """Arithmetic and bytes of one call; see `jitgate.worker.flop_count`. For the worker that runs the module
        itself."""
        return count_work(self._calls[scenario], self._module, self._inputs_of(scenario))

    def peak_rates(self, precision: str) -> Answer:
        """What the device does at best; see `jitgate.worker.peak_rates`."""
        return measure_peak_rates(self._device, precision)

    def empty_cache(self) -> Answer:
        """Bytes that the allocator holds before and after `torch.cuda.empty_cache()`, and how many tensors hold.

        None on a device whose allocator keeps nothing that could be emptied.
        """
        if not self._device.startswith("cuda"):
            return {"before_bytes": None, "after_bytes": None, "allocated_bytes": None}
        import torch

        return emptied(torch.cuda, torch.device(self._device))

    def _own_lengths(self, scenario: str) -> Sequence[Callable[[], Any]]:
        inputs = self._inputs_of(scenario)
        known = self._seen(but=scenario) | {shapes(inputs[0])}
        return [self._calls[scenario][place] for place in unlike(inputs, signature(inputs[0]), known)]

    def _short_of_room(self) -> str | None:
        """Why a size that nobody knows is not called: it may take as much again as this worker did until now.

        A card says that it is full, and lives on; the kernel of a host kills, and all that was measured looks dead.
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
        """Sizes that this process has called, those of one scenario left out."""
        others = [name for name in self._calls if name != but]
        return self._tried | {shapes(values) for name in others for values in self._inputs_of(name)}

    def _inputs_of(self, scenario: str) -> list[Inputs]:
        """The positional arguments of the bound calls, as they lie on the device."""
        return [tuple(call.args) for call in self._calls[scenario]]

    def _bound(self, values: Inputs) -> partial[Any]:
        """A call that waits to be made: what runs these inputs, and they themselves on the device."""
        raise NotImplementedError


def unlike(calls: Sequence[Inputs], kind: str, known: set[str]) -> list[int]:
    """Places of at most `MOST_LENGTHS` calls of signature `kind`, of sizes not `known`, each of its own."""
    chosen: dict[str, int] = {}
    for place, call in enumerate(calls):
        size = shapes(call)
        if size not in known and size not in chosen and signature(call) == kind:
            chosen[size] = place
    return list(chosen.values())[:MOST_LENGTHS]


def emptied(cuda: Any, device: Any) -> Answer:
    """cuda: the `torch.cuda` module, or a stand-in with the same functions (tests)."""
    gc.collect()
    cuda.synchronize(device)
    before = int(cuda.memory_reserved(device))
    allocated = int(cuda.memory_allocated(device))
    cuda.empty_cache()
    return {
        "before_bytes": before,
        "after_bytes": int(cuda.memory_reserved(device)),
        "allocated_bytes": allocated,
    }


def _undisturbed(walk: Callable[[], None]) -> None:
    """As a turn is timed: without gradients, and with no collection of garbage inside."""
    import torch

    gc.disable()
    try:
        with torch.inference_mode():
            walk()
    finally:
        gc.enable()
