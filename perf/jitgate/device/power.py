"""What a device draws while one worker runs on it alone: energy by its own counter, power, utilisation.

Source: NVML API Reference Guide, nvmlDeviceGetTotalEnergyConsumption (millijoules since the driver was loaded),
nvmlDeviceGetPowerUsage and nvmlDeviceGetUtilizationRates (both averaged by the card over up to a second); Linux kernel
documentation, "Power Capping Framework" (RAPL's `energy_uj`).
"""

from __future__ import annotations

import statistics
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from jitgate.device.nvml import NvmlCard
from jitgate.device.reading import Missing, Reading, attempt, both, each, known

CARD_S = 2.5
"""How long the work on a card lasts: a second until its averages cover this work alone, the rest to take samples."""

PROCESSOR_S = 0.5
"""RAPL counts every millisecond, so its edges weigh nothing after half a second."""

WINDOW_S = 1.0
"""NVML averages over up to this long, so earlier samples cover time before the work."""

SAMPLE_S = 0.1

COUNTERS = Path("/sys/class/powercap")


@dataclass(frozen=True)
class Power:
    """energy_j: joules per call. power_w: watts; a card reports its own, a processor's is energy over time.

    utilisation_percent: share of the time in which the card ran any kernel. All cover the whole device, with whatever
    else ran on it.
    """

    energy_j: Reading[float]
    power_w: Reading[float]
    utilisation_percent: Reading[float]


class Meter(Protocol):
    """Reads what a device draws between `begin` and `end`; the work in between should last `work_s`."""

    work_s: float

    @property
    def missing(self) -> str | None:
        """Why nothing can be read; None where something can."""
        ...

    def begin(self) -> None: ...

    def end(self, calls: int) -> Power: ...


@dataclass
class _Samples:
    power_w: list[float] = field(default_factory=list)
    utilisation: list[float] = field(default_factory=list)


class CardMeter:
    """One card through NVML, sampled in a thread during the work. What the card does not report is missing.

    uuid: the card's. module: `pynvml`, or a stand-in (tests). clock: seconds; window_s: see `WINDOW_S`.
    """

    work_s = CARD_S

    def __init__(
        self,
        uuid: str,
        module: Any = None,
        clock: Callable[[], float] = time.monotonic,
        window_s: float = WINDOW_S,
        sample_s: float = SAMPLE_S,
    ) -> None:
        self._card = NvmlCard(uuid, module)
        self._clock = clock
        self._window_s = window_s
        self._sample_s = sample_s
        self._began_mj: Reading[int] = Missing("not begun")
        self._samples = _Samples()
        self._over = threading.Event()
        self._sampler: threading.Thread | None = None

    @property
    def missing(self) -> str | None:
        why = self._card.missing
        return f"the card can't be asked: {why}" if why else None

    def begin(self) -> None:
        self._samples, self._over = _Samples(), threading.Event()
        self._sampler = threading.Thread(
            target=self._sample, args=(self._samples, self._over, self._clock()), daemon=True
        )
        self._sampler.start()
        self._began_mj = self._energy_mj()

    def end(self, calls: int) -> Power:
        ended_mj = self._energy_mj()
        self._over.set()
        if self._sampler is not None:
            self._sampler.join()
        energy = both(self._began_mj, ended_mj, lambda began, ended: (ended - began) / 1e3 / max(1, calls))
        return Power(
            Missing(f"the card has no energy counter ({energy.why})") if isinstance(energy, Missing) else energy,
            _middle(self._samples.power_w, "power", self._window_s),
            _middle(self._samples.utilisation, "utilisation", self._window_s),
        )

    def _sample(self, samples: _Samples, over: threading.Event, began: float) -> None:
        while not over.wait(self._sample_s):
            if self._clock() - began < self._window_s:
                continue
            power = known(self._card.ask(lambda nvml, card: nvml.nvmlDeviceGetPowerUsage(card) / 1e3))
            busy = known(self._card.ask(lambda nvml, card: float(nvml.nvmlDeviceGetUtilizationRates(card).gpu)))
            samples.power_w += [] if power is None else [power]
            samples.utilisation += [] if busy is None else [busy]

    def _energy_mj(self) -> Reading[int]:
        return self._card.ask(lambda nvml, card: int(nvml.nvmlDeviceGetTotalEnergyConsumption(card)))


class ProcessorMeter:
    """All processor packages through RAPL's counters, which Linux shows only to root.

    root: the folder of the power capping framework.
    """

    work_s = PROCESSOR_S

    def __init__(self, root: Path = COUNTERS, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._packages = sorted(root.glob("intel-rapl:?")) if root.is_dir() else []
        self._began: Reading[list[int]] = self._read()
        self._began_s = clock()

    @property
    def missing(self) -> str | None:
        found = self._read()
        return found.why if isinstance(found, Missing) else None

    def begin(self) -> None:
        self._began, self._began_s = self._read(), self._clock()

    def end(self, calls: int) -> Power:
        ended, took_s = self._read(), self._clock() - self._began_s
        joules = both(self._began, ended, self._used_j)
        return Power(
            each(joules, lambda used: used / max(1, calls)),
            each(joules, lambda used: used / took_s) if took_s > 0 else Missing("no time has passed"),
            Missing("only cards report their utilisation"),
        )

    def _used_j(self, began_uj: list[int], ended_uj: list[int]) -> float:
        counters = zip(self._packages, began_uj, ended_uj, strict=True)
        return sum((ended - began) % self._range(package) for package, began, ended in counters) / 1e6

    def _read(self) -> Reading[list[int]]:
        if not self._packages:
            return Missing("the system shows no energy counters of its processor")
        return attempt(
            lambda: [int((package / "energy_uj").read_text()) for package in self._packages],
            OSError,
            ValueError,
            why="the processor's energy counters can't be read",
        )

    @staticmethod
    def _range(package: Path) -> int:
        """The counter wraps to 0 at this value."""
        try:
            return int((package / "max_energy_range_uj").read_text()) + 1
        except (OSError, ValueError):
            return 1 << 62


def meter_of(card_uuid: str) -> Meter:
    """The meter of the card with that UUID; of the processor where it is empty."""
    return CardMeter(card_uuid) if card_uuid else ProcessorMeter()


def _middle(samples: list[float], what: str, window_s: float) -> Reading[float]:
    if samples:
        return statistics.median(samples)
    return Missing(f"the card reported no {what} after the first {window_s:g} s")
