"""The summary after a run: a line a variant, then a sentence for every verdict that is not PASS."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

from jitgate.config.policy import Policy
from jitgate.gates.judge import Judge, Ruling, rulings
from jitgate.gates.recommendation import recommend
from jitgate.model.cell import Cell
from jitgate.model.failure import FailureKind
from jitgate.model.measurement import Measurement, most_frequent_first
from jitgate.model.samples import Samples
from jitgate.model.size import format_bytes
from jitgate.model.variant import BASELINE, CONTROL
from jitgate.report.audio_metrics import audio_metrics
from jitgate.report.extras import extras
from jitgate.report.format import columns, format_seconds, format_speedup
from jitgate.report.integers import integers
from jitgate.report.pipeline import sentence_lines
from jitgate.report.recommendation import recommendation_line
from jitgate.statistics import Outcome

_WORST_FIRST = (Outcome.FAIL, Outcome.INVALID, Outcome.INCONCLUSIVE, Outcome.PASS)


def summary(policy: Policy, judge: Judge, measurements: Collection[Measurement]) -> list[str]:
    """All lines, without a heading."""
    lines: list[str] = []
    sentences: list[str] = []
    for measurement in measurements:
        title, rows = figures(policy, judge, measurement)
        lines += [title, *columns(rows), *sentence_lines(judge, measurement), *extras(judge, measurement), ""]
        recommended = recommend(policy, judge, measurement)
        lines[-1:-1] = [f"  {line}" for line in (*audio_metrics(measurement), *integers(measurement))]
        lines[-1:-1] = [] if recommended is None else [f"  {recommendation_line(recommended)}"]
        lines[-1:-1] = [f"  note: {note}" for note in (*_left_out(measurement), *measurement.notes)]
        for variant in _variants(measurement):
            cell = Cell(measurement.workload, measurement.scenario, variant)
            skipped = _skipped(policy, measurement, variant)
            if skipped is not None:
                sentences.append(f"skipped {cell.id}: {skipped}")
                continue
            red = [ruling for ruling in _all(policy, judge, measurement, variant) if not ruling.green]
            for reason in dict.fromkeys(ruling.reason for ruling in red):  # one failure breaks every gate: said once
                same = [ruling for ruling in red if ruling.reason == reason]
                sentences.append(f"{same[0].verdict} {cell.id} {', '.join(ruling.gate for ruling in same)}: {reason}")
    return [*lines, *sentences, *_undrawn(measurements)]


def _title(measurement: Measurement) -> str:
    inside = (
        f", {measurement.busy_s / measurement.wall_s:.0%} of the time inside model calls" if measurement.wall_s else ""
    )
    sets = len(set(measurement.processes))
    started = f" and {sets} sets of processes" if sets > 1 else ""
    return (
        f"{measurement.workload} {measurement.scenario} on {measurement.device}: "
        f"{measurement.rounds} rounds in {measurement.wall_s:.0f} s{started}{inside}, order by seed {measurement.seed}"
    )


def _undrawn(measurements: Iterable[Measurement]) -> list[str]:
    """Why no energy, power or utilisation is in the record: once, since it is the device's and not a variant's."""
    causes = [
        samples.power.missing
        for each in measurements
        for samples in each.all_samples.values()
        if samples.power is not None and samples.power.missing
    ]
    return [f"energy, power, utilisation: {cause}" for cause in dict.fromkeys(causes)]


def _left_out(measurement: Measurement) -> list[str]:
    if not measurement.excluded:
        return []
    return [f"{measurement.excluded_summary} left out: {most_frequent_first(measurement.excluded)}"]


def figures(policy: Policy, judge: Judge, measurement: Measurement) -> tuple[str, list[tuple[str, ...]]]:
    """The title of a scenario, and its table: the head, then a row a variant."""
    rows: list[tuple[str, ...]] = [("variant", "median", "speed-up", "peak memory", "rel. L2", "verdict")]
    rows += [_row(policy, judge, measurement, variant) for variant in _variants(measurement)]
    return _title(measurement), rows


def _row(policy: Policy, judge: Judge, measurement: Measurement, variant: str) -> tuple[str, ...]:
    samples = measurement.all_samples[variant]
    found = _all(policy, judge, measurement, variant)
    worst = min((ruling.verdict for ruling in found), key=_WORST_FIRST.index, default=None)
    cell = Cell(measurement.workload, measurement.scenario, variant)
    gate = policy.min_speedup(cell, measurement.device.split(":")[0])
    speed = _speed(judge, measurement, samples, gate.baseline if gate else BASELINE)
    if gate is not None:
        speed += f", gate {gate.min_speedup:g}" + ("" if gate.baseline == BASELINE else f" of {gate.baseline}")
    return (
        variant,
        format_seconds(samples.median_s),
        speed,
        _memory(policy, measurement, samples),
        "-" if samples.rel_l2 is None else f"{samples.rel_l2:.0e}",
        "skipped" if _skipped(policy, measurement, variant) else worst.value if worst else "no gate",
    )


def _skipped(policy: Policy, measurement: Measurement, variant: str) -> str | None:
    """Why it can't run here, where no gate names it: its tests are skipped then, and nothing has failed."""
    failure = measurement.all_samples[variant].failure
    if failure is None or failure.kind is not FailureKind.UNAVAILABLE:
        return None
    cell = Cell(measurement.workload, measurement.scenario, variant)
    return None if policy.names(cell, measurement.device.split(":")[0]) else failure.sentence


def _speed(judge: Judge, measurement: Measurement, samples: Samples, baseline: str) -> str:
    if samples.name == BASELINE:
        floor = judge.noise_floor(measurement)
        return "baseline" if floor is None else f"noise floor {floor:.1%}"
    found = judge.speedup(measurement, samples.name, baseline) if baseline in measurement.all_samples else None
    return format_speedup(found) if found else "-"


def _memory(policy: Policy, measurement: Measurement, samples: Samples) -> str:
    limit = policy.max_memory(
        Cell(measurement.workload, measurement.scenario, samples.name), measurement.device.split(":")[0]
    )
    peak = "-" if samples.peak_bytes is None else format_bytes(samples.peak_bytes)
    return f"{peak} of {format_bytes(limit[1])}" if limit else peak


def _all(policy: Policy, judge: Judge, measurement: Measurement, variant: str) -> list[Ruling]:
    """The configured gates, and what needs no configuration: accuracy, being on, and memory that grows."""
    found = rulings(policy, judge, measurement, variant)
    if variant != BASELINE:
        found.append(judge.accuracy(measurement, variant))
        genuine = judge.genuine(measurement, variant)
        if genuine.verdict is Outcome.INVALID:
            found.append(genuine)
    grown = judge.growth(measurement, variant)
    if grown.verdict is Outcome.FAIL and measurement.all_samples[variant].failure is None:
        found.append(grown)
    return found


def _variants(measurement: Measurement) -> Sequence[str]:
    return [name for name in measurement.all_samples if name != CONTROL]
