"""Which of the functions that jitgate measures with were replaced in this process. Runs in workers."""

from __future__ import annotations

import functools
import importlib
from collections.abc import Iterator

WATCHED = (
    *("time.perf_counter_ns", "time.perf_counter", "time.monotonic", "gc.disable"),
    *("ctypes.string_at", "numpy.lib.format.write_array", "torch.Tensor.item", "torch.Tensor.numpy"),
    *("torch.Tensor.sum", "torch.Tensor.isfinite", "torch.Tensor.clone", "torch.Tensor.cpu", "torch.cuda.synchronize"),
    *("jitgate.device.clock.perf_counter_ns", "jitgate.device.clock.WallClock.time"),
    *("jitgate.device.clock.CudaClock.time", "jitgate.device.clock.clock_for"),
    *("jitgate.worker.timed_calls.perf_counter_ns", "jitgate.worker.timed_calls.take_turn"),
    *("jitgate.worker.timed_calls.OutputWatch.look", "jitgate.worker.timed_calls.OutputWatch.told"),
    *("jitgate.worker.timed_calls._values", "jitgate.worker.timed_calls._kind", "jitgate.worker.timed_calls._sum"),
    *("jitgate.worker.timed_calls.as_numbers", "jitgate.worker.kept_outputs.in_memory"),
    *("jitgate.worker.timed_calls.write_arrays", "jitgate.worker.kept_outputs.write_arrays"),
    *("jitgate.worker.timed_calls.packed", "jitgate.worker.kept_outputs.packed"),
    *("threading.enumerate", "time.clock_gettime_ns", "jitgate.worker.late_work.LateWork.after"),
    *("jitgate.worker.outputs.read", "jitgate.worker.outputs.write", "jitgate.worker.accuracy.compare"),
    *("torch.mul", "torch.empty_like", "torch.rand", "torch.randint", "torch.randperm", "torch.Tensor.index_select"),
    *("jitgate.worker.varied_inputs.VariedInputs.call", "jitgate.worker.service.take_turn"),
    *("jitgate.worker.service.WorkerService.turn", "jitgate.worker.service.WorkerService.compare_outputs"),
    *("jitgate.worker.self_check.SelfCheck.fallback", "jitgate.worker.self_check.SelfCheck.watched"),
)
"""What times calls, and what reads, writes and compares their outputs."""


class Tampering:
    """Remembers those functions as they are now, before any code of a model runs."""

    def __init__(self) -> None:
        self._before = dict(_functions())

    def replaced(self) -> tuple[str, ...]:
        """Names of those that are others now."""
        return tuple(name for name, function in _functions() if function != self._before.get(name))


def _functions() -> Iterator[tuple[str, object]]:
    """Name -> the function and its code."""
    for name in WATCHED:
        owner, _, attribute = name.rpartition(".")
        found = getattr(_resolved(owner), attribute, None)
        yield name, (found, getattr(found, "__code__", None))


@functools.cache
def _resolved(name: str) -> object:
    """A module, or a class in one."""
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError:
        module, _, attribute = name.rpartition(".")
        return getattr(importlib.import_module(module), attribute)
