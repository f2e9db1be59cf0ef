"""Everything a driver tells of one NVIDIA card, whoever was asked: NVML where it can be, else nvidia-smi."""

from __future__ import annotations

from dataclasses import dataclass, field

from jitgate.device.reading import Missing, Reading

UNASKED = Missing("was not asked for")


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
    clocks locked with `-lgc` can't be read back by any query. driver_model: WDDM, TCC or MCDM, on Windows alone.
    processes: others than this one, those that draw among them; containers may hide them all.
    """

    name: str
    uuid: str
    source: str
    driver: Reading[str] = UNASKED
    driver_cuda: Reading[str] = UNASKED
    memory_total_bytes: Reading[int] = UNASKED
    memory_used_bytes: Reading[int] = UNASKED
    memory_free_bytes: Reading[int] = UNASKED
    compute_capability: Reading[str] = UNASKED
    sm_clock_mhz: Reading[int] = UNASKED
    sm_clock_max_mhz: Reading[int] = UNASKED
    memory_clock_mhz: Reading[int] = UNASKED
    memory_clock_max_mhz: Reading[int] = UNASKED
    applications_clocks: Reading[str] = UNASKED
    power_w: Reading[float] = UNASKED
    power_limit_w: Reading[int] = UNASKED
    temperature_c: Reading[int] = UNASKED
    utilisation_percent: Reading[int] = UNASKED
    persistence: Reading[bool] = UNASKED
    ecc: Reading[bool] = UNASKED
    mig: Reading[bool] = UNASKED
    driver_model: Reading[str] = UNASKED
    processes: Reading[tuple[CardProcess, ...]] = field(default=UNASKED)


@dataclass(frozen=True)
class CardSurvey:
    """The cards of the machine in the driver's order; `why_none` says why there are none."""

    cards: tuple[CardFacts, ...]
    why_none: str = ""


def survey_cards() -> CardSurvey:
    """Ask NVML; where that can't be, nvidia-smi."""
    from jitgate.device import nvml, smi

    by_nvml = nvml.cards()
    if not isinstance(by_nvml, Missing) and by_nvml:
        return CardSurvey(by_nvml)
    by_smi = smi.cards()
    if not isinstance(by_smi, Missing) and by_smi:
        return CardSurvey(by_smi)
    reasons = [
        str(answer.why) if isinstance(answer, Missing) else f"{name} lists no card"
        for name, answer in (("NVML", by_nvml), ("nvidia-smi", by_smi))
    ]
    return CardSurvey((), "; ".join(reasons))
