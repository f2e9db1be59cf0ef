"""What is read of every worker once its rounds are over: memory, power, fall-backs, secondary figures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from jitgate.measure.audited import audited
from jitgate.measure.execution import ExecutionMode
from jitgate.measure.extras import Extras, KnownPeakRates
from jitgate.measure.secondary import secondary
from jitgate.measure.settings import RunSettings
from jitgate.model.measurement import Measurement
from jitgate.model.power_reading import PowerReading
from jitgate.pool.pool import WorkerPool
from jitgate.pool.ready import Ready


class Readings:
    """Reads workers; what takes calls of its own is read once of a scenario, whatever rounds are added."""

    def __init__(self, settings: RunSettings) -> None:
        self._settings = settings
        self._drawn: dict[tuple[str, str], dict[str, PowerReading]] = {}
        self._extras: dict[str, Extras] = {}
        self._peak_rates: KnownPeakRates = {}

    def forget_power(self) -> None:
        """Nothing was read of the workers that start now."""
        self._drawn.clear()

    def forget_extras(self) -> None:
        self._extras.clear()

    def of(
        self,
        measurement: Measurement,
        pool: WorkerPool,
        ready: Ready,
        mode: ExecutionMode,
        scenarios: Sequence[str],
        *,
        again: bool,
    ) -> Measurement:
        """The measurement with what its workers showed; what they took is kept for the next run.

        scenarios: of the workload. again: workers were started again for more pairs, and have no secondary figures.
        """
        scenario = measurement.scenario
        weight_bytes = None if ready.facts is None else ready.facts.weight_bytes
        # A full card gains nothing more, whatever a worker takes.
        memory = {
            name: replace(found, weight_bytes=weight_bytes, unreliable=measurement.overcommitted or found.unreliable)
            for name, found in mode.memory(scenario).items()
        }
        power = self._power(measurement, mode)
        fallbacks = mode.fallbacks(scenario)
        if scenario not in self._extras and not measurement.overcommitted:
            wanted = self._settings.extras and not again
            ahead = [name for name in scenarios if name not in self._extras] if wanted else None
            self._extras[scenario] = secondary(pool, mode, measurement, self._peak_rates, ahead)
        extras = self._extras.get(scenario, Extras())
        if ready.estimator is not None:
            for name, need in {**memory, **extras.needs}.items():
                ready.estimator.learn(ready.variants[name], scenario, need)
        all_samples = {
            name: replace(
                samples,
                memory=memory.get(name, samples.memory),
                power=power.get(name, samples.power),
                fallback=samples.fallback or fallbacks.get(name),
                failure=pool.workers[name].failure,
            )
            for name, samples in measurement.all_samples.items()
        }
        whole = replace(measurement, all_samples=all_samples, notes=measurement.notes + mode.notes(scenario))
        return audited(extras.added_to(whole), pool, extras.look_up_s)

    def _power(self, measurement: Measurement, mode: ExecutionMode) -> Mapping[str, PowerReading]:
        """Once a scenario, whatever rounds are added; where the device tells nothing, no worker runs for it."""
        key = (measurement.workload, measurement.scenario)
        why = self._settings.meter.missing
        if why is not None:
            return {name: PowerReading(missing=why) for name in measurement.all_samples}
        if key not in self._drawn and not measurement.overcommitted:
            self._settings.progress.busy(f"{' '.join(key)}: reading its power")
            self._drawn[key] = mode.power(key[1], lambda name: measurement.all_samples[name].median_s)
        return self._drawn.get(key, {})
