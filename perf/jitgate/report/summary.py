"""The summary after a run: a line a variant, then a sentence for every verdict that is not PASS."""

from __future__ import annotations

from collections.abc import Iterable

from jitgate.gates.kind import Asked, GateKind
from jitgate.gates.mode_words import mode_notes
from jitgate.gates.recommendation import recommend
from jitgate.gates.results import Results
from jitgate.model.cell import Cell
from jitgate.model.measurement import Measurement, most_frequent_first
from jitgate.model.variant import is_variant
from jitgate.model.verdict import Verdict
from jitgate.report.extras import extras
from jitgate.report.format import columns, format_seconds
from jitgate.report.memory import memory_lines
from jitgate.report.outputs import audio_metrics, integers
from jitgate.report.pipeline import pipeline_lines
from jitgate.report.recommendation import recommendation_line
from jitgate.report.reported import reported_lines
from jitgate.statistics import Outcome

MOST_VERSIONS = 3
"""Of the versions that differ between base and head, those that the title names."""


def summary(results: Results) -> list[str]:
    """All lines, without a heading."""
    lines: list[str] = []
    for measurement in results.measurements.values():
        title, rows = figures(results, measurement)
        recommended = recommend(results, measurement)
        lines += [title, *columns(rows), *pipeline_lines(results, measurement), *extras(results, measurement)]
        details = (*audio_metrics(measurement), *integers(measurement), *memory_lines(measurement))
        lines += [f"  {line}" for line in details]
        lines += [] if recommended is None else [f"  {recommendation_line(recommended)}"]
        lines += [f"  note: {note}" for note in _notes(measurement)]
        lines.append("")
    sentences = [line for cell in results.cells() for line in _sentences(results, cell)]
    headline = results.headline()
    return [
        *lines,
        *sentences,
        *reported_lines(results.verdicts),
        *_power_missing(results.measurements.values()),
        *([] if headline is None else [headline]),
    ]


def figures(results: Results, measurement: Measurement) -> tuple[str, list[tuple[str, ...]]]:
    """The title of a scenario, and its table: the head, then a row a variant."""
    kinds = _shown(results)
    rows: list[tuple[str, ...]] = [("variant", "median", *(kind.heading for kind in kinds), "verdict")]
    here = (measurement.workload, measurement.scenario)
    rows += [_row(results, Cell(*here, name)) for name in measurement.all_samples if is_variant(name)]
    return _title(measurement), rows


def _shown(results: Results) -> list[GateKind]:
    """The kinds that have a column in this session."""
    rules = results.rules
    return [kind for kind in rules.kinds if kind.heading and (rules.has_base or not kind.needs_base)]


def _row(results: Results, cell: Cell) -> tuple[str, ...]:
    rules, asked = results.rules, results.asked(cell)
    cells = [
        _column(kind, asked, rules.limit(kind, asked) if rules.applies(kind, cell) else None)
        for kind in _shown(results)
    ]
    worst = results.worst(cell)
    if results.skipped(cell):
        verdict = "skipped"
    elif worst in (None, Outcome.PASS) and any(results.unjudged(cell)):
        verdict = "not judged"
    else:
        verdict = worst.value if worst else "no gate"
    return (cell.variant, format_seconds(asked.samples.median_s), *cells, verdict)


def _column(kind: GateKind, asked: Asked, limit: float | None) -> str:
    """A kind of another package may be broken; the other figures are shown all the same."""
    try:
        return str(kind.column(asked, limit))
    except Exception as error:  # noqa: BLE001 - whatever it raises
        return type(error).__name__


def _sentences(results: Results, cell: Cell) -> list[str]:
    """One for each reason: a failure that breaks every gate is said once."""
    skipped = results.skipped(cell)
    if skipped is not None:
        return [f"skipped {cell.id}: {skipped}"]
    red = [verdict for verdict in results.gates if verdict.cell == cell and not verdict.green]
    return [
        _together([verdict for verdict in red if verdict.reason == reason])
        for reason in dict.fromkeys(verdict.reason for verdict in red)
    ]


def _together(same: list[Verdict]) -> str:
    """Verdicts of one cell and one reason."""
    first = same[0]
    labels = ", ".join(dict.fromkeys(verdict.label for verdict in same))
    return f"{first.outcome} {first.cell.id} {labels}: {first.sentence}"


def _title(measurement: Measurement) -> str:
    inside = (
        f", {measurement.busy_s / measurement.wall_s:.0%} of the time inside model calls" if measurement.wall_s else ""
    )
    sets = len(set(measurement.processes))
    started = f" and {sets} sets of processes" if sets > 1 else ""
    return (
        f"{measurement.workload} {measurement.scenario} on {measurement.device}{_against(measurement)}: "
        f"{measurement.rounds} rounds in {measurement.wall_s:.0f} s{started}{inside}, order by seed {measurement.seed}"
    )


def _against(measurement: Measurement) -> str:
    """The base, with what its environment has that the head's has not."""
    base = measurement.base
    if base is None:
        return ""
    first = sorted(base.changed, key=lambda name: (name not in ("torch", "python"), name))
    few = [f"{name} {base.changed[name][0]} against {base.changed[name][1]}" for name in first[:MOST_VERSIONS]]
    more = len(base.changed) - len(few)
    return f", {base.text}" + "".join(f", {each}" for each in few) + (f" and {more} more" if more > 0 else "")


def _power_missing(measurements: Iterable[Measurement]) -> list[str]:
    """Why no energy, power or utilisation is in the record: once, since it is the device's and not a variant's."""
    causes = [
        samples.power.missing
        for each in measurements
        for samples in each.all_samples.values()
        if samples.power is not None and samples.power.missing
    ]
    return [f"energy, power, utilisation: {cause}" for cause in dict.fromkeys(causes)]


def _notes(measurement: Measurement) -> list[str]:
    excluded = f"{measurement.excluded_summary} excluded: {most_frequent_first(measurement.excluded)}"
    return [*([excluded] if measurement.excluded else []), *mode_notes(measurement), *measurement.notes]
