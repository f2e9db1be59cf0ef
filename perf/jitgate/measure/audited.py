"""What the outputs of timed calls showed, added to a measurement."""

from __future__ import annotations

from dataclasses import replace

from jitgate.model.measurement import Measurement
from jitgate.model.samples import Samples
from jitgate.model.timed_outputs import TimedOutputs
from jitgate.model.variant import CONTROL
from jitgate.pool.pool import WorkerPool


def audited(measurement: Measurement, pool: WorkerPool) -> Measurement:
    """The measurement with the timed outputs of every worker that made rounds."""
    strict = pool.workload.token_agreement is None
    all_samples = {
        name: replace(
            samples,
            timed_outputs=pool.audit.found(
                measurement.scenario,
                name,
                samples.precision,
                samples.tolerance,
                strict=strict and not (samples.accuracy is not None and samples.accuracy.perceptual),
            ),
        )
        for name, samples in measurement.all_samples.items()
    }
    control = all_samples.get(CONTROL)
    if control is not None and control.timed_outputs is not None and control.timed_outputs.problem:
        said = f"eager does not repeat itself, as its second worker shows: {control.timed_outputs.problem}"
        all_samples = {name: _unlike(samples, said) for name, samples in all_samples.items()}
    fixed = pool.audit.fixed.get(measurement.scenario)
    said = f"Inputs are the same in every call, so a stored answer would not be noticed: {fixed}."
    return replace(measurement, all_samples=all_samples, notes=measurement.notes + ((said,) if fixed else ()))


def _unlike(samples: Samples, said: str) -> Samples:
    """No variant is blamed for what eager does."""
    found = samples.timed_outputs or TimedOutputs()
    return replace(samples, timed_outputs=replace(found, problem=said))
