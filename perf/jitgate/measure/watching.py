"""What is watched while rounds run, made for the workers of one pool."""

from __future__ import annotations

from collections.abc import Callable

from jitgate.device.card_health import CardHealth
from jitgate.device.device_memory import DeviceMemory
from jitgate.device.health import AllOf, HostLoad
from jitgate.device.reading import Reading
from jitgate.device.stopped import Stopped
from jitgate.measure.execution import Watch
from jitgate.measure.overcommit import Overcommit
from jitgate.measure.settings import MeasureTask, RunSettings
from jitgate.model.measurement import Measurement
from jitgate.pool.pool import WorkerPool


def watch_of(
    pool: WorkerPool,
    card: CardHealth | None,
    before: Reading[DeviceMemory],
    settings: RunSettings,
    task: MeasureTask,
    keep: Callable[[Measurement], object],
) -> Watch:
    """card: None on a CPU. before: the device's memory before its workers were started."""
    health = AllOf([Stopped(pool.stopped_s), HostLoad(pool.pids), *([] if card is None else [card])])
    # On a CPU no driver lends memory: what does not fit is swapped or killed, and the system's load shows it.
    overcommit = None if card is None else Overcommit(settings.room, before, pool.memory_attribution.outside_bytes)
    return Watch(health, overcommit, settings.include_noisy, len(task.reference_variants) > 1, keep)
