"""What is measured once the rounds of a scenario are over: the figures that were asked for, and what evidence needs."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

from jitgate.measure.audited import is_proven
from jitgate.measure.extras import Extras, KnownPeakRates

if TYPE_CHECKING:
    from jitgate.measure.execution import ExecutionMode
    from jitgate.model.measurement import Measurement
    from jitgate.pool.pool import WorkerPool


def secondary(
    pool: WorkerPool,
    mode: ExecutionMode,
    measurement: Measurement,
    known: KnownPeakRates,
    ahead: Collection[str] | None,
) -> Extras:
    """ahead: scenarios still to be measured; None where no figures were asked for."""
    if pool.audit.takes_others(measurement.scenario):
        mode.try_others(measurement)
    found = Extras() if ahead is None else mode.extras(measurement, known, ahead)
    if is_proven(measurement, pool):
        return found
    return mode.ceiling(measurement, known).next_to(found)
