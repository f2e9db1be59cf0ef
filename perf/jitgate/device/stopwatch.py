"""When the stages of a call begin and end: readings at the edges and nothing else, so that the call stays the same.

On a CPU a reading takes some 50 ns. On CUDA, waiting for the device at each edge would change what is timed, so the
stopwatch queues an event instead, and reads it when the call is over.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from time import perf_counter_ns
from typing import Any, Protocol


@dataclass(frozen=True)
class Laps:
    """One call, in seconds. spent_s: stage -> sum over its calls. first_s: stage -> from the start of the call to the
    end of the stage's first call. calls: stage -> how often it was called."""

    spent_s: dict[str, float]
    first_s: dict[str, float]
    calls: dict[str, int]


class Stopwatch(Protocol):
    """Times the stages of one call after another."""

    def start(self) -> None:
        """A call begins."""
        ...

    def begin(self, stage: str) -> None:
        """A call of `stage` begins; another stage may run meanwhile, in a thread of its own."""
        ...

    def end(self, stage: str) -> None: ...

    def read(self) -> Laps:
        """The laps of the call that has just ended; on a device, after synchronising."""
        ...


@dataclass
class WallStopwatch:
    """CPU: a stage has ended when it returns."""

    _started: int = 0
    _since: dict[str, int] = field(default_factory=dict)
    _spent: dict[str, int] = field(default_factory=dict)
    _first: dict[str, int] = field(default_factory=dict)
    _calls: dict[str, int] = field(default_factory=dict)

    def start(self) -> None:
        self._spent, self._first, self._calls = {}, {}, {}
        self._started = perf_counter_ns()

    def begin(self, stage: str) -> None:
        self._since[stage] = perf_counter_ns()

    def end(self, stage: str) -> None:
        now = perf_counter_ns()
        self._spent[stage] = self._spent.get(stage, 0) + now - self._since[stage]
        self._calls[stage] = self._calls.get(stage, 0) + 1
        self._first.setdefault(stage, now - self._started)

    def read(self) -> Laps:
        return Laps(_seconds(self._spent), _seconds(self._first), dict(self._calls))


class CudaStopwatch:
    """CUDA: events in the stream that the stages run in.

    cuda: the `torch.cuda` module, or a stand-in with `Event` (tests). Not yet measured on a card.
    Source: CUDA C++ Programming Guide, "Events".
    """

    def __init__(self, cuda: Any) -> None:
        self._cuda = cuda
        self._start = self._mark()
        self._edges: list[tuple[str, Any, Any]] = []
        self._since: dict[str, Any] = {}

    def start(self) -> None:
        self._edges = []
        self._start = self._mark()

    def begin(self, stage: str) -> None:
        self._since[stage] = self._mark()

    def end(self, stage: str) -> None:
        self._edges.append((stage, self._since[stage], self._mark()))

    def read(self) -> Laps:
        laps = Laps({}, {}, {})
        for stage, begin, end in self._edges:
            laps.spent_s[stage] = laps.spent_s.get(stage, 0.0) + begin.elapsed_time(end) / 1e3
            laps.calls[stage] = laps.calls.get(stage, 0) + 1
            laps.first_s.setdefault(stage, self._start.elapsed_time(end) / 1e3)
        return laps

    def _mark(self) -> Any:
        event = self._cuda.Event(enable_timing=True)
        event.record()
        return event


def stopwatch_for(device: str) -> Stopwatch:
    """The stopwatch of a torch device string; call it in a worker."""
    if device.startswith("cuda"):
        import torch

        return CudaStopwatch(torch.cuda)
    return WallStopwatch()


def _seconds(nanoseconds: dict[str, int]) -> dict[str, float]:
    return {stage: spent / 1e9 for stage, spent in nanoseconds.items()}
