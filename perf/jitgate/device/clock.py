"""How long one call takes, with the device synchronised at both edges."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from time import perf_counter_ns  # bound here: a model that replaces `time.perf_counter_ns` changes no duration
from typing import Any, Protocol


@dataclass(frozen=True)
class CallTime:
    """One call, and what it gave. `device_ns` is None where the device has no timer of its own."""

    wall_ns: int
    device_ns: int | None
    answer: Any = field(default=None, compare=False, repr=False)


class Clock(Protocol):
    """Times calls on one device."""

    def time(self, call: Callable[[], Any]) -> CallTime:
        """Run `call` once and return how long it took, including the work that it queued on the device."""
        ...


class WallClock:
    """CPU: a call has ended when it returns."""

    def time(self, call: Callable[[], Any]) -> CallTime:
        start = perf_counter_ns()
        answer = call()
        return CallTime(perf_counter_ns() - start, None, answer)


class CudaClock:
    """CUDA: wall time between two synchronisations, and device time between two events.

    cuda: the `torch.cuda` module, or a stand-in with `Event`, `synchronize` (tests).
    Source: CUDA C++ Programming Guide, "Events"; kernel launches are asynchronous, so an unsynchronised wall time
    measures the launch and not the work.
    """

    def __init__(self, cuda: Any, device: Any) -> None:
        self._cuda = cuda
        self._device = device

    def time(self, call: Callable[[], Any]) -> CallTime:
        begin = self._cuda.Event(enable_timing=True)
        end = self._cuda.Event(enable_timing=True)
        self._cuda.synchronize(self._device)
        start = perf_counter_ns()
        begin.record()
        answer = call()
        end.record()
        self._cuda.synchronize(self._device)
        wall_ns = perf_counter_ns() - start
        return CallTime(wall_ns, round(begin.elapsed_time(end) * 1e6), answer)


def clock_for(device: str) -> Clock:
    """The clock of a torch device string (`cpu`, `cuda:0`); call it in a worker."""
    if device.startswith("cuda"):
        import torch

        return CudaClock(torch.cuda, torch.device(device))
    return WallClock()
