"""What disturbed a card while a round was timed: heat, its power supply, another process, a clock that fell.

Source: NVML API Reference Guide, "Clocks Event Reasons" and nvmlDeviceGetViolationStatus.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Any

from jitgate.device.device_memory import strangers
from jitgate.device.nvml import NvmlCard
from jitgate.device.reading import Missing, Reading, known

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
    """Watches one card through NVML. What the card does not report counts as undisturbed.

    uuid: the card's. workers: their process ids. module: `pynvml`, or a stand-in with the same functions (tests).
    """

    def __init__(self, uuid: str, workers: Callable[[], Collection[int]], module: Any = None) -> None:
        self._workers = workers
        self._card = NvmlCard(uuid, module)
        self._highest_mhz = 0
        self._held_ns: Reading[int] = Missing("not read yet")

    @property
    def missing(self) -> str | None:
        """Why the card can't be watched; None where it answers."""
        why = self._card.missing
        return f"the card's clocks and heat are not watched: {why}" if why else None

    def mark(self) -> None:
        self._held_ns = self._card.ask(_held_ns)

    def cause(self) -> str | None:
        if self._card.missing:
            return None
        before, after = known(self._held_ns), known(self._card.ask(_held_ns))
        reasons = known(self._card.ask(_clock_event_reasons)) or 0
        if reasons & HOT or (before is not None and after is not None and after > before):
            return "the card was too hot and slowed itself down"
        if reasons & BRAKED:
            return "the card's power supply slowed it down"
        if strangers(self._card.compute_processes(), self._workers()):
            return "another process was on the card"
        clock = known(self._card.ask(lambda nvml, card: int(nvml.nvmlDeviceGetClockInfo(card, nvml.NVML_CLOCK_SM))))
        if clock is not None and clock < FALLEN * self._highest_mhz:
            return f"the card's clock fell below {FALLEN:.0%} of the highest seen"
        self._highest_mhz = max(self._highest_mhz, clock or 0)
        return None


def _held_ns(nvml: Any, card: Any) -> int:
    return int(nvml.nvmlDeviceGetViolationStatus(card, THERMAL_POLICY).violationTime)


def _clock_event_reasons(nvml: Any, card: Any) -> int:
    ask = getattr(nvml, "nvmlDeviceGetCurrentClocksEventReasons", None)  # the name since driver 535
    return int((ask or nvml.nvmlDeviceGetCurrentClocksThrottleReasons)(card))
