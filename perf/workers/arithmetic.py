"""How many floating-point operations a call makes, and which part makes them. Runs in workers.

Counted are products of matrices, convolutions and attention, by `torch.utils.flop_counter`: two for each multiplication
and addition. Transforms, norms and everything by element are not.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from typing import Any

from perf.workers.slot import Slot

WHOLE = ""
"""Under this name stands the whole call."""


class _Counter:
    """A watch that reads the counter at a part's edges."""

    def __init__(self, mode: Any) -> None:
        self._mode = mode
        self._since = 0
        self.found: dict[str, int] = {}

    def begin(self, part: str) -> None:  # noqa: ARG002 - a watch is told
        self._since = self._mode.get_total_flops()

    def end(self, part: str) -> None:
        self.found[part] = self.found.get(part, 0) + self._mode.get_total_flops() - self._since


def counted(call: Callable[[], Any], slots: Sequence[Slot]) -> dict[str, int]:
    """Operations of one `call`: of each slot's part, and of all under `WHOLE`; empty where a model can't be counted."""
    import torch
    from torch.nn.attention import SDPBackend, sdpa_kernel
    from torch.utils.flop_counter import FlopCounterMode

    watches = [slot.watch for slot in slots]
    try:
        # The CPU's own attention kernel has no formula; written out as products, it is counted.
        with torch.no_grad(), ExitStack() as scope:
            scope.enter_context(sdpa_kernel(SDPBackend.MATH))
            mode = scope.enter_context(FlopCounterMode(display=False))
            counter = _Counter(mode)
            for slot in slots:
                slot.watch = counter
            call()
            total = mode.get_total_flops()
    except Exception:  # noqa: BLE001 - a model that can't be counted (an operator without a formula) is measured all the same
        return {}
    finally:
        for slot, watch in zip(slots, watches, strict=True):
            slot.watch = watch
    return {**counter.found, WHOLE: total} if total else {}
