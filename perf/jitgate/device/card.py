"""Everything a driver reports about NVIDIA cards, as plain values; `nvml` reads them."""

from __future__ import annotations

from dataclasses import dataclass

from jitgate.device.reading import Missing, Reading

NOT_ASKED = Missing("was not asked for")


@dataclass(frozen=True)
class CardProcess:
    """A process that holds something of a card. `memory_bytes` is None where the driver hides it (WDDM, containers)."""

    pid: int
    name: str | None
    memory_bytes: int | None


@dataclass(frozen=True)
class CardFacts:
    """One card. Settings (limits, modes) stay as they are; the rest is momentary.

    driver_cuda: the newest CUDA that the driver runs. applications_clocks: "SM/memory MHz" as set by `nvidia-smi -ac`;
    no query reads back clocks that were locked with `-lgc`. driver_model: WDDM, TCC or MCDM, on Windows alone.
    processes: all but this one, those that draw included; a container may hide them all.
    """

    name: str
    uuid: str
    driver: Reading[str] = NOT_ASKED
    driver_cuda: Reading[str] = NOT_ASKED
    memory_total_bytes: Reading[int] = NOT_ASKED
    memory_used_bytes: Reading[int] = NOT_ASKED
    memory_free_bytes: Reading[int] = NOT_ASKED
    compute_capability: Reading[str] = NOT_ASKED
    sm_clock_mhz: Reading[int] = NOT_ASKED
    sm_clock_max_mhz: Reading[int] = NOT_ASKED
    memory_clock_mhz: Reading[int] = NOT_ASKED
    memory_clock_max_mhz: Reading[int] = NOT_ASKED
    applications_clocks: Reading[str] = NOT_ASKED
    power_w: Reading[float] = NOT_ASKED
    power_limit_w: Reading[int] = NOT_ASKED
    temperature_c: Reading[int] = NOT_ASKED
    utilisation_percent: Reading[int] = NOT_ASKED
    persistence: Reading[bool] = NOT_ASKED
    ecc: Reading[bool] = NOT_ASKED
    mig: Reading[bool] = NOT_ASKED
    driver_model: Reading[str] = NOT_ASKED
    processes: Reading[tuple[CardProcess, ...]] = NOT_ASKED


@dataclass(frozen=True)
class CardSurvey:
    """The cards of the machine in the driver's order; `why_none` says why there are none."""

    cards: tuple[CardFacts, ...]
    why_none: str = ""
