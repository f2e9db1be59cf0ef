"""What is to be measured, and how."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from jitgate.cache.store import ArtefactCache
from jitgate.device.device_memory import DeviceMemoryReader, HostRoom
from jitgate.device.power import Meter, ProcessorMeter
from jitgate.model.measurement import Measurement
from jitgate.model.variant import BASELINE, VariantSpec
from jitgate.pool.progress import Progress
from jitgate.pool.residency import Residency
from jitgate.trees.asked import AskedBase
from jitgate.workloads.spec import WorkloadSpec


def _nothing(_: Measurement) -> None: ...


SMOKE_NOTE = "Smoke session: each variant made one call, and nothing was timed."


@dataclass(frozen=True)
class MeasureTask:
    """What this session measures of one workload: its variants, and the scenarios that were selected.

    reference_variants: variants that others are compared with, the baseline among them.
    """

    workload: WorkloadSpec
    variants: tuple[VariantSpec, ...]
    scenarios: tuple[str, ...]
    reference_variants: frozenset[str] = frozenset({BASELINE})


@dataclass(frozen=True)
class RunSettings:
    """How it is measured.

    budget_s: seconds of rounds per workload/scenario and batch; None: as the workload's spec says.
    timeout_s: for one answer of a worker. processes: how many times all workers are started, because a process is a
    source of variance of its own; None: again where that decides. claim: called before workers start; returns when this
    run has locked the device.
    include_noisy: whether rounds that something else disturbed count all the same. extras: whether secondary figures
    are measured. card_uuid: of the card that workers run on; "" for none. enforced_bytes: the cap on each worker; None
    for none. residency: which workers are resident at once. room: reads the memory they must fit, with
    `memory_limit_bytes` where the device is a card. meter: reads what the device draws.
    on_close: called with a measurement when its workers have ended; on_round: after each of its rounds.
    base: another commit that the variants are run from too; None for none.
    smoke: every worker loads and makes its first call, and its output is compared; nothing is timed.
    """

    device: str
    cache: ArtefactCache
    progress: Progress
    budget_s: float | None
    timeout_s: float
    seed: int
    processes: int | None = 1
    include_noisy: bool = False
    extras: bool = True
    card_uuid: str = ""
    enforced_bytes: int | None = None
    residency: Residency = Residency.AUTO
    memory_limit_bytes: int | None = None
    room: DeviceMemoryReader = field(default_factory=HostRoom)
    meter: Meter = field(default_factory=ProcessorMeter)
    smoke: bool = False
    base: AskedBase | None = None
    claim: Callable[[], object] = field(default=lambda: None)
    on_close: Callable[[Measurement], object] = _nothing
    on_round: Callable[[Measurement], object] = _nothing

    def afresh(self) -> RunSettings:
        """The same with nothing that was built before, and with rounds that do not take the place of the first ones."""
        base = None if self.base is None else self.base.again()
        return replace(self, base=base, cache=self.cache.emptied("again"), on_close=_nothing, on_round=_nothing)
