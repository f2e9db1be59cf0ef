"""How many floating-point operations a call of a pipeline makes, and which stage makes them. Runs in workers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from jitgate.worker.slot import Slot
from jitgate.workloads.call_mode import MODE

if TYPE_CHECKING:
    from jitgate.worker.flops import FlopCounter

WHOLE = ""
"""Under this name stands the whole call."""


class _Counter:
    """A watch that reads the counter at a stage's edges."""

    def __init__(self, counter: FlopCounter) -> None:
        self.counter = counter
        self._since = 0
        self.found: dict[str, int] = {}

    def begin(self, stage: str) -> None:  # noqa: ARG002 - a watch is told
        self._since = self.counter.flops

    def end(self, stage: str) -> None:
        self.found[stage] = self.found.get(stage, 0) + self.counter.flops - self._since


def counted(call: Callable[[], Any], slots: Sequence[Slot]) -> dict[str, int]:
    """Operations of one `call`: of each slot's stage, and of all under `WHOLE`; empty where a model can't be
    counted."""

    from jitgate.worker.flops import FlopCounter

    watches = [slot.watch for slot in slots]
    counter = _Counter(FlopCounter())
    try:
        for slot in slots:
            slot.watch = counter
        with MODE(), counter.counter:
            call()
    except Exception:  # noqa: BLE001 - a model that can't be counted (an operator without a formula) is measured all the same
        return {}
    finally:
        for slot, watch in zip(slots, watches, strict=True):
            slot.watch = watch
    return {**counter.found, WHOLE: counter.counter.flops} if counter.counter.flops else {}
