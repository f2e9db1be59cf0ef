"""The summary after a run: the decision and what to do, a table a scenario, and a sentence for what is not PASS."""

from __future__ import annotations

from collections.abc import Iterable
from textwrap import wrap

from jitgate.gates.kind import sentence
from jitgate.gates.mode_words import mode_notes
from jitgate.gates.recommendation import recommend
from jitgate.gates.results import Results
from jitgate.model.cell import Cell
from jitgate.model.measurement import Measurement, most_frequent_first
from jitgate.model.verdict import Verdict
from jitgate.report.decision import Ending, by_reason, decide
from jitgate.report.extras import extras
from jitgate.report.format import columns
from jitgate.report.memory import memory_lines
from jitgate.report.outputs import audio_metrics, integers
from jitgate.report.pipeline import pipeline_lines
from jitgate.report.produced import produced_lines
from jitgate.report.recommendation import recommendation_line
from jitgate.report.reported import reported_lines
from jitgate.report.since_base import sides, since_base
from jitgate.report.table import WIDEST, figures, fitting, short_table

MORE = "details: --jitgate-verbose; pictures and raw rounds: --jitgate-report run.html"


def summary(results: Results, ending: Ending | None = None, *, verbose: bool = False) -> list[str]:
    """All lines, without a heading. ending: how the session ended. verbose: with every figure."""
    decision = decide(results, ending)
    lines = [decision.headline, decision.action, ""]
    lines[2:2] = [part for line in sides(results) for part in _wrapped(line)]
    for measurement in results.measurements.values():
        lines += [*section(results, measurement, verbose=verbose), ""]
    for cell in results.cells():
        lines += _sentences(results, cell)
    lines += reported_lines(results.verdicts)
    return [*lines, *(_power_missing(results.measurements.values()) if verbose else [MORE])]


def _wrapped(line: str) -> list[str]:
    """The two sides, and what differs between their environments on a line of its own where both are too long."""
    commits, _, versions = line.partition(", ")
    return [line] if len(line) <= WIDEST else [f"{commits},", *wrap(versions, WIDEST - 2, initial_indent="  ")]


def section(results: Results, measurement: Measurement, *, verbose: bool = False) -> list[str]:
    """A scenario: its table, what is recommended, and what you must know before you trust it."""
    if verbose:
        title, rows = figures(results, measurement)
        lines = [title, *columns(rows)]
    else:
        lines = short_table(results, measurement)
    changes = since_base(results, measurement, every=verbose)
    lines += columns(fitting(changes)) if changes else []
    lines += pipeline_lines(results, measurement)
    lines += [f"  {line}" for line in produced_lines(measurement)]
    if verbose:
        lines += extras(results, measurement)
        details = (*audio_metrics(measurement), *integers(measurement), *memory_lines(measurement))
        lines += [f"  {line}" for line in details]
    recommended = recommend(results, measurement)
    lines += [] if recommended is None else [f"  {recommendation_line(recommended)}"]
    return [*lines, *(f"  note: {note}" for note in _notes(measurement))]


def _sentences(results: Results, cell: Cell) -> list[str]:
    """One for each reason: a failure that breaks every gate is said once."""
    skipped = results.skipped(cell)
    if skipped is not None:
        return [f"can't run, and no gate names it: {cell.id}: {skipped}"]
    red = [verdict for verdict in results.gates if verdict.cell == cell and not verdict.green]
    return [_together(results, same) for same in by_reason(red)]


def _together(results: Results, same: list[Verdict]) -> str:
    """Verdicts of one cell and one reason, with why the project asks for them."""
    first = same[0]
    labels = ", ".join(dict.fromkeys(verdict.label for verdict in same))
    found = (results.rules.policy.gate(each.gate, each.cell, results.rules.device) for each in same)
    reasons = (" ".join(gate.reason.split()) for gate in found if gate is not None)
    why = "; ".join(filter(None, dict.fromkeys(reasons)))
    return f"{first.outcome} {first.cell.id} {labels}: {first.sentence}" + (
        f" Asked for because: {sentence(why)}" if why else ""
    )


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
