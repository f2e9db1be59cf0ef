"""What disturbed a card while a round was timed: heat, its power supply, another process, a clock that fell.

Source: NVML API Reference Guide, "Clocks Event Reasons" and nvmlDeviceGetViolationStatus.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Any

from jitgate.device.device_memory import strangers
from jitgate.device.nvml import pynvml_or_none
from jitgate.device.reading import Missing, Reading, attempt, known

HOT = 0x20 | 0x40
"""Software and hardware thermal slowdown."""

BRAKED = 0x08 | 0x80
"""Hardware slowdown, and power brake by the supply. The software power cap (0x04) is not among them: a laptop's card is
at its cap in every round, both sides of a pair alike."""

THERMAL_POLICY = 1
"""NVML_PERF_POLICY_THERMAL: nanoseconds for which heat held the clocks back, a running total."""

FALLEN = 0.85
"""Of the highest clock seen at the end of a round. Boost clocks wander by single steps of a per cent or so."""


class CardHealth:
    """Watches one card through NVML. What a card does not tell is not asked again, and disturbs nothing.

    uuid: the card's. workers: their process ids. module: `pynvml`, or a stand-in with the same functions (tests).
    """

    def __init__(self, uuid: str, workers: Callable[[], Collection[int]], module: Any = None) -> None:
        self._workers = workers
        self._nvml = module or pynvml_or_none()
        self._handle: Any = None
        self._highest_mhz = 0
        self._held_ns: Reading[int] = Missing("not read yet")
        if self._nvml is not None:
            attempt(self._nvml.nvmlInit, self._nvml.NVMLError)
            self._handle = known(
                attempt(lambda: self._nvml.nvmlDeviceGetHandleByUUID(uuid), self._nvml.NVMLError, AttributeError)
            )

    @property
    def missing(self) -> str | None:
        """Why nothing can be told of the card; None where it answers."""
        if self._nvml is None:
            return "nothing watched the card's clocks and heat: nvidia-ml-py is not installed (jitgate[gpu])"
        return "nothing watched the card's clocks and heat: NVML does not know it" if self._handle is None else None

    def mark(self) -> None:
        self._held_ns = self._ask(self._held)

    def cause(self) -> str | None:
        if self._handle is None:
            return None
        before, after = known(self._held_ns), known(self._ask(self._held))
        reasons = known(self._ask(self._reasons)) or 0
        if reasons & HOT or (before is not None and after is not None and after > before):
            return "the card was too hot and slowed itself down"
        if reasons & BRAKED:
            return "the card's power supply slowed it down"
        if self._strangers():
            return "another process was on the card"
        clock = known(self._ask(lambda: int(self._nvml.nvmlDeviceGetClockInfo(self._handle, self._nvml.NVML_CLOCK_SM))))
        if clock is not None and clock < FALLEN * self._highest_mhz:
            return f"the card's clock fell below {FALLEN:.0%} of the highest seen"
        self._highest_mhz = max(self._highest_mhz, clock or 0)
        return None

    def _strangers(self) -> bool:
        seen = self._ask(
            lambda: {int(each.pid) for each in self._nvml.nvmlDeviceGetComputeRunningProcesses(self._handle)}
        )
        return strangers(seen, self._workers())

    def _held(self) -> int:
        return int(self._nvml.nvmlDeviceGetViolationStatus(self._handle, THERMAL_POLICY).violationTime)

    def _reasons(self) -> int:
        ask = getattr(self._nvml, "nvmlDeviceGetCurrentClocksEventReasons", None)  # the name since driver 535
        ask = ask or self._nvml.nvmlDeviceGetCurrentClocksThrottleReasons
        return int(ask(self._handle))

    def _ask(self, question: Callable[[], Any]) -> Reading[Any]:
        if self._handle is None:
            return Missing("NVML does not know the card")
        return attempt(question, self._nvml.NVMLError, AttributeError)
