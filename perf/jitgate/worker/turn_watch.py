"""Looks at what else a worker's process does while it is timed: tracers, debug aids, other threads. Runs in workers."""

from __future__ import annotations

import contextlib
import os
import sys
import time
import tracemalloc
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any, TypeVar

import psutil

from jitgate.model.answers import ModelFacts
from jitgate.model.requests import OpenModel, Request, SetThreads, StartWorker
from jitgate.model.surroundings import Surroundings
from jitgate.model.take_turn import TakeTurn
from jitgate.model.tree_requests import EnterTree
from jitgate.worker.process_state import ProcessState

AnswerT = TypeVar("AnswerT")

DEBUG_MALLOC = ("debug", "malloc_debug", "pymalloc_debug")
"""Values of PYTHONMALLOC by which every small object is filled and checked. TorchScript was 2.1 times as fast as eager
with 20 small linears, and 2.3 times under it or under PYTHONDEVMODE (two CPU cores, 2026-11-27)."""

PRELOADED = ("asan", "tsan", "ubsan", "msan", "malloc_debug", "heaptrack", "valgrind", "memray", "efence", "duma")
"""What the name of a library has in it that checks or records every allocation."""

SLOW_ALLOCATORS = ("MALLOC_CHECK_", "MALLOC_PERTURB_", "MALLOC_TRACE")
"""glibc's own switches for checks in its allocator (mallopt(3), mtrace(3))."""


SETTLE_S = 0.3
"""Before it looks: OpenMP's threads spin for up to 200 ms after a call (KMP_BLOCKTIME of LLVM and Intel)."""

LOOK_S = 0.25
"""How long it looks: short to a person, 16 of Windows' steps of processor time."""


class TurnWatch:
    """Tells of each turn what ran next to it. cpu_s, clock: seconds, of this process and of the wall."""

    def __init__(
        self,
        cpu_s: Callable[[], float] = time.process_time,
        clock: Callable[[], float] = time.perf_counter,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._cpu_s = cpu_s
        self._clock = clock
        self._sleep = sleep
        self._threads: int | None = None
        self._in_turns = False
        self._state: ProcessState | None = None
        self._changed: dict[str, None] = {}

    def around(self, request: Request[AnswerT], answer: Callable[[], AnswerT]) -> AnswerT:
        """The answer to `request`; of a turn, with its surroundings. Before the first of some turns it looks whether
        the process is at rest."""
        waited = (0.0, 0.0)
        if isinstance(request, TakeTurn) and not self._in_turns:
            self._sleep(SETTLE_S)
            with_children_s = _children_s()
            waited = self._spent(lambda: self._sleep(LOOK_S))[0]
            waited = waited[0] + max(0.0, _children_s() - with_children_s), waited[1]
        self._in_turns = isinstance(request, TakeTurn)
        spent, found = self._spent(answer)
        if isinstance(request, StartWorker | EnterTree):  # a checkout has a working directory of its own
            self._state = ProcessState()
        elif self._state is not None:
            self._changed |= dict.fromkeys(self._state.put_back())
        if isinstance(request, SetThreads):
            self._threads = request.count
        elif isinstance(request, OpenModel) and isinstance(found, ModelFacts):
            self._threads = found.threads
        elif isinstance(request, TakeTurn):
            threads = self._threads, _torch_threads()
            slowed = (*slowed_by(), *(self._state.slowed_by() if self._state is not None else ()))
            around = Surroundings(slowed, *threads, *spent, *waited, changed=tuple(self._changed))
            found = replace(found, surroundings=around)
            self._changed.clear()
        return found  # type: ignore[no-any-return]

    def _spent(self, what: Callable[[], Any]) -> tuple[tuple[float, float], Any]:
        """Seconds of processors and of the wall that `what` takes, and its answer."""
        began_cpu_s, began_s = self._cpu_s(), self._clock()
        found = what()
        return (self._cpu_s() - began_cpu_s, self._clock() - began_s), found


def _children_s() -> float:
    """Processor time of all processes that this one has started, in seconds; of those that still run."""
    total = 0.0
    with contextlib.suppress(psutil.Error):
        for child in psutil.Process().children(recursive=True):
            with contextlib.suppress(psutil.Error):
                total += sum(child.cpu_times()[:2])
    return total


def slowed_by(environment: Mapping[str, str] = os.environ) -> Iterator[str]:
    """What slows Python or its allocator down in this process now."""
    for what, function in (("a tracer", sys.gettrace()), ("a profiler", sys.getprofile())):
        if function is not None:
            yield f"{what} ({_name(function)})"
    monitoring = getattr(sys, "monitoring", None)  # Python 3.12
    tools = [monitoring.get_tool(number) for number in range(6)] if monitoring is not None else []
    yield from (f"a monitoring tool ({tool})" for tool in tools if tool is not None)
    if tracemalloc.is_tracing():
        yield "tracemalloc"
    if sys.flags.dev_mode:
        yield "Python's development mode (PYTHONDEVMODE)"
    elif environment.get("PYTHONMALLOC") in DEBUG_MALLOC:
        yield f"a debug allocator (PYTHONMALLOC={environment['PYTHONMALLOC']})"
    if hasattr(sys, "gettotalrefcount"):
        yield "a debug build of Python"
    yield from (f"a debug allocator ({name})" for name in SLOW_ALLOCATORS if environment.get(name, "0") != "0")
    preloaded = environment.get("LD_PRELOAD", "").replace(":", " ").split()
    yield from (f"a debug library (LD_PRELOAD={path})" for path in preloaded if any(word in path for word in PRELOADED))
    yield from _of_torch(sys.modules.get("torch"))


def _of_torch(torch: Any) -> Iterator[str]:
    if torch is None:
        return
    if torch.autograd._profiler_enabled():
        yield "torch's profiler"
    if torch.is_anomaly_enabled():
        yield "torch's anomaly detection"
    if torch.version.debug:
        yield "a debug build of torch"


def _torch_threads() -> int | None:
    torch = sys.modules.get("torch")
    return None if torch is None else torch.get_num_threads()


def _name(function: object) -> str:
    """`coverage.CTracer` of a tracer that is an object, `pdb.trace` of one that is a function."""
    named = function if hasattr(function, "__qualname__") else type(function)
    module = getattr(named, "__module__", None) or type(function).__module__
    return f"{module}.{getattr(named, '__qualname__', type(function).__name__)}"
