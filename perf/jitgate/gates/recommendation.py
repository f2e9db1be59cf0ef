"""Which variant to run: the fastest one that is right, fits, and is decidedly faster."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from jitgate.gates.kind import Asked
from jitgate.gates.results import Results
from jitgate.gates.speed import reported_text
from jitgate.gates.stopping import FASTER
from jitgate.gates.validity import speedup_of
from jitgate.model.cell import Cell
from jitgate.model.failure import FailureKind
from jitgate.model.measurement import Measurement
from jitgate.model.one_time_cost import once_s
from jitgate.model.size import format_bytes
from jitgate.model.variant import BASELINE, is_variant
from jitgate.statistics import Outcome, Payback, Speedup, payback


@dataclass(frozen=True)
class Cost:
    """What a variant costs once beyond the baseline, seconds, and after how many calls that is paid for.

    None where a part was not measured, or the calls did not become steady.
    """

    extra_s: float | None = None
    payback: Payback | None = None


@dataclass(frozen=True)
class RejectionReason:
    """Why not this variant: in a few words for a line, and in a sentence. open: more rounds may change it."""

    words: str
    sentence: str
    open: bool = False


@dataclass(frozen=True)
class Recommendation:
    """For one workload and scenario on one device.

    variant: the baseline where nothing is decidedly faster; then there is no speed-up and no cost. first, later: with
    its files still to be built, and with them in the cache. rejections: every other variant -> why not; the
    baseline too where it breaks its own memory limit, and then nothing is recommended. undecided: a variant that looks
    faster than this one and is not decided; then nothing is recommended yet. shown: variant -> its speed-up as the
    table of the scenario has it.
    """

    workload: str
    scenario: str
    device: str
    variant: str
    peak_bytes: int | None
    speedup: Speedup | None = None
    first: Cost = Cost()
    later: Cost = Cost()
    rejections: Mapping[str, RejectionReason] = field(default_factory=dict)
    undecided: str = ""
    shown: Mapping[str, str] = field(default_factory=dict)


def recommend(results: Results, measurement: Measurement) -> Recommendation | None:
    """The recommendation; None where the baseline itself has failed or nothing was measured.

    Fastest is the one with the best estimate among those whose interval lies above 1: they are not compared with each
    other.
    """
    baseline = measurement.all_samples[BASELINE]
    if baseline.failure is not None or not measurement.rounds:
        return None
    variants = [name for name in measurement.all_samples if name != BASELINE and is_variant(name)]
    reasons = {name: _rejection(results, _asked(results, measurement, name)) for name in variants}
    found = {
        name: speedup
        for name, reason in reasons.items()
        if reason is None and (speedup := speedup_of(_asked(results, measurement, name))) is not None
    }
    rejections = {name: reason for name, reason in reasons.items() if reason is not None}
    where = (measurement.workload, measurement.scenario, measurement.device)
    if not found:
        large = _too_large(results, _asked(results, measurement, BASELINE))
        own = {} if large is None else {BASELINE: large}
        return Recommendation(*where, BASELINE, baseline.peak_bytes, rejections={**own, **rejections})
    best = max(found, key=lambda name: found[name].interval.estimate)
    slower = {
        name: RejectionReason(f"less fast than {best}", f"{best} is faster by the best estimate")
        for name in found
        if name != best
    }
    return Recommendation(
        *where,
        best,
        measurement.all_samples[best].peak_bytes,
        found[best],
        _cost(measurement, best, found[best], cached=False),
        _cost(measurement, best, found[best], cached=True),
        {**slower, **rejections},
        _looks_faster(results, measurement, rejections, found[best].interval.estimate),
        {name: shown_speedup(results, measurement, name) for name in variants},
    )


def shown_speedup(results: Results, measurement: Measurement, variant: str) -> str:
    """`1.40x (1.38 to 1.42)` against eager: the one interval that people read of a figure. It is the judged one where
    a gate asks for the speed-up, and else the ordinary one; "-" where nothing was measured."""
    rules, plain = results.rules, _asked(results, measurement, variant)
    kind, asked = rules.kind("min_speedup"), rules.asked(measurement, plain.cell)
    gated = rules.applies(kind, plain.cell) and rules.limit(kind, asked) is not None
    figure = kind.figure(plain) if gated and asked.baseline == BASELINE else None
    return reported_text(plain, "") if figure is None else figure.text


def _looks_faster(
    results: Results, measurement: Measurement, rejections: Mapping[str, RejectionReason], estimate: float
) -> str:
    """The fastest variant by its estimate that only wants rounds, where it is above `estimate`; "" for none."""
    waiting = {
        name: speedup.interval.estimate
        for name, reason in rejections.items()
        if reason.open and (speedup := speedup_of(_asked(results, measurement, name))) is not None
    }
    best = max(waiting, key=lambda name: waiting[name], default="")
    return best if best and waiting[best] > estimate else ""


def _asked(results: Results, measurement: Measurement, variant: str) -> Asked:
    """Against eager float32, whatever a gate compares with."""
    return Asked(measurement, Cell(measurement.workload, measurement.scenario, variant), results.rules.alpha)


def _rejection(results: Results, asked: Asked) -> RejectionReason | None:
    """Why not this one; None where nothing speaks against it."""
    samples, rules = asked.samples, results.rules
    if samples.failure is not None:
        absent = samples.failure.kind is FailureKind.UNAVAILABLE
        return RejectionReason("can't run here" if absent else "failed", samples.failure.sentence)
    accuracy = results.judge(rules.kind("tolerance"), asked, samples.tolerance)
    if not accuracy.green:
        return RejectionReason("not the right output", accuracy.reason)
    speed = results.judge(rules.kind("min_speedup"), asked, FASTER)
    if not speed.green:
        words = {Outcome.FAIL: "slower", Outcome.INCONCLUSIVE: "not decidedly faster"}
        said = words.get(speed.outcome, "no verdict on its speed")
        return RejectionReason(said, speed.sentence, speed.outcome is Outcome.INCONCLUSIVE)
    large = _too_large(results, asked)
    if large is not None:
        return large
    if samples.growth is not None and samples.growth.leaks:
        return RejectionReason("leaks", "its memory grows with every call")
    return None


def _cost(measurement: Measurement, variant: str, found: Speedup, *, cached: bool) -> Cost:
    own, base = (once_s(measurement.all_samples[name], cached=cached) for name in (variant, BASELINE))
    call_s = measurement.all_samples[BASELINE].median_s
    if own is None or base is None or call_s is None:
        return Cost()
    return Cost(own - base, payback(own - base, call_s, found.interval))


def _too_large(results: Results, asked: Asked) -> RejectionReason | None:
    limit, peak_bytes = results.rules.limit(results.rules.kind("max_memory"), asked), asked.samples.peak_bytes
    if limit is None:
        return None
    if peak_bytes is None:
        return RejectionReason("memory not known", "its memory is not known, and there is a limit")
    if peak_bytes > limit:
        over = f"{format_bytes(peak_bytes)} of memory are more than {format_bytes(limit)}"
        return RejectionReason("too large", over)
    return None
