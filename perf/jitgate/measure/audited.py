"""What speaks against the figures of a worker: its timed outputs, its times, and eager itself."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from jitgate.measure.unproven import near_a_look_up
from jitgate.model.measurement import Measurement
from jitgate.model.probe_baseline import EagerProbe
from jitgate.model.samples import Samples
from jitgate.model.timed_outputs import TimedOutputs
from jitgate.model.variant import BASELINE, CONTROL
from jitgate.pool.output_audit import COST_SHARE, FEWEST
from jitgate.pool.pool import WorkerPool
from jitgate.statistics import PeakRates, roofline_efficiency, roofline_time
from jitgate.statistics.roofline import RooflineTime

MOST_ARITHMETIC = 10.0
"""Times the measured peak of arithmetic that no call reaches: counted are eager's products, and a convolution may do
with a quarter of them (Winograd)."""

MOST_TRAFFIC = 50.0
"""Times the measured bandwidth of memory that no call reaches: the caches of a processor are up to some 20 times as
fast, and a variant may store its weights in fewer bits."""

NARROW = 4.0
"""Times as many operations in numbers of a quarter of the bits."""

REMEDY = {
    "it draws random numbers": "give Workload(seed=...), which seeds every call of every worker alike",
    "it keeps state from call to call": "give Workload(reset=...), which is called before every call",
}
"""What makes eager repeat itself."""


def audited(measurement: Measurement, pool: WorkerPool, look_up_s: float | None = None) -> Measurement:
    """The measurement with what was found of every worker that made rounds. look_up_s: see `near_a_look_up`."""
    all_samples = {
        name: replace(samples, timed_outputs=_timed_outputs(measurement.scenario, samples, pool))
        for name, samples in measurement.all_samples.items()
    }
    control = all_samples.get(CONTROL)
    said = unrepeated(pool.audit.probes.get(measurement.scenario))
    if not said and control is not None and control.timed_outputs is not None and control.timed_outputs.problem:
        said = second_worker(control.timed_outputs.problem, pool.audit.untimed(measurement.scenario, CONTROL))
    for name, samples in all_samples.items():
        before = measurement.all_samples[name].timed_outputs
        found = samples.timed_outputs.problem if samples.timed_outputs is not None else ""
        problem = (before.problem if before is not None else "") or said or found
        problem = problem or above_peak(measurement, name)
        # Otherwise nothing was asked of a look-up, and what is wrong is said anyway.
        if not measurement.overcommitted and measurement.all_samples[BASELINE].failure is None:
            problem = problem or near_a_look_up(samples, look_up_s)
        if problem and name != BASELINE:
            all_samples[name] = with_problem(samples, problem)
    return replace(measurement, all_samples=all_samples, notes=(*measurement.notes, *_cost(all_samples.values())))


def _cost(all_samples: Iterable[Samples]) -> Iterator[str]:
    """A sentence on what looking at outputs took, where that is more than it may take in longer sessions."""
    share = max((each.timed_outputs.share for each in all_samples if each.timed_outputs is not None), default=0.0)
    if share > COST_SHARE:
        yield (
            f"Comparing timed outputs took {share:.1%} of the turns' time, outside of calls: {FEWEST} of each variant "
            f"are compared in any case; in longer sessions it is at most {COST_SHARE:.0%}."
        )


def _timed_outputs(scenario: str, samples: Samples, pool: WorkerPool) -> TimedOutputs:
    strict = pool.workload.token_agreement is None and not _is_judged_by_accuracy(samples)
    found = pool.audit.found(scenario, samples.name, samples.precision, samples.tolerance, strict=strict)
    if samples.accuracy is None or not samples.accuracy.mismatch:
        return found
    # Its gate says which part of the output is another; besides, only its times may be untrue.
    return replace(found, problem=pool.audit.untimed(scenario, samples.name))


def is_proven(measurement: Measurement, pool: WorkerPool) -> bool:
    """Whether the timed outputs of every worker tell computed answers from stored ones."""
    found = (each.timed_outputs for each in audited(measurement, pool).all_samples.values() if each.name != BASELINE)
    return all(each is not None and not each.unproven for each in found)


def _is_judged_by_accuracy(samples: Samples) -> bool:
    """Whether the comparison before the rounds has the say: the output is wrong there, or a sound."""
    accuracy = samples.accuracy
    if accuracy is None:
        return False
    return accuracy.perceptual or accuracy.unequal > 0 or not accuracy.rel_l2 <= samples.tolerance


def second_worker(problem: str, untimed: str) -> str:
    """What a problem of eager's second worker says of all comparisons. untimed: it, where it is one of times."""
    if untimed:
        return f"the times of eager's second worker can't be true, so none is believed: {untimed}"
    return f"eager does not repeat itself, as its second worker shows: {problem}"


def unrepeated(probe: EagerProbe | None) -> str:
    """Why nothing can be compared with eager; "" where it repeats itself."""
    if probe is None or not probe.differs:
        return ""
    remedy = REMEDY.get(probe.differs, "")
    return f"eager does not repeat itself: its second call on equal inputs differs, since {probe.differs} ({remedy})"


def dropped_work(probe: EagerProbe | None, *, exported: bool) -> str:
    """Which part of eager's work a file does not hold; "" where it holds all."""
    if probe is None or not exported:
        return ""
    if probe.hooks:
        count = "a forward hook" if len(probe.hooks) == 1 else f"{len(probe.hooks)} forward hooks"
        names = ", ".join(probe.hooks)
        return (
            f"eager runs {count} in every call ({names}) that an exported file does not run; remove it in the factory"
        )
    if probe.overrides:
        what = f"eager runs {', '.join(probe.overrides)} around forward() in every call"
        return (
            f"{what}, whose work changes no output, so an exported file does not do it; take it out of the model, or "
            "measure variants that run its Python (compile)"
        )
    return ""


def above_peak(measurement: Measurement, name: str) -> str:
    """Why a worker is too fast to be true; "" where it is not, or where the device's peaks are not known."""
    samples = measurement.all_samples[name]
    work, peak = measurement.flop_count, _peak(measurement.peak_rates, samples.precision)
    durations_s = measurement.typical_s(name)
    if work is None or peak is None or not durations_s or not work.flops:
        return ""
    least = roofline_time(work.flops, work.moved_bytes(samples.precision), peak)
    for what, seconds, most in (
        ("operations", least.arithmetic_s, MOST_ARITHMETIC),
        ("bytes", least.traffic_s, MOST_TRAFFIC),
    ):
        share = roofline_efficiency(RooflineTime(seconds, 0.0), durations_s)
        known = share.low > 0 and math.isfinite(share.high)  # of few calls there is no interval
        if (share.low if known else share.estimate) > most:
            return (
                f"it is {share.estimate:.0f} times as fast as this device's measured peak allows for the {what} of "
                "eager's call, so it does not do that work in its call"
            )
    return ""


def _peak(known: Mapping[str, PeakRates], precision: str) -> PeakRates | None:
    """That of a precision; for one that has none (int8), more than any that is known reaches."""
    if precision in known or not known:
        return known.get(precision)
    widest = max(known.values(), key=lambda peak: peak.flops_s)
    return replace(widest, flops_s=NARROW * widest.flops_s)


def with_problem(samples: Samples, problem: str) -> Samples:
    """The samples of a worker, none of whose figures is believed."""
    return replace(samples, timed_outputs=replace(samples.timed_outputs or TimedOutputs(), problem=problem))
