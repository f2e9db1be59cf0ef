"""From a run of the history to a page: its figures and outcomes, its rounds where they were kept, and its series."""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

from jitgate.gates.tracked import METRICS, RATIO, as_text
from jitgate.history.problem import DamagedRow
from jitgate.model.cold_start import ColdStart
from jitgate.model.measurement import Measurement
from jitgate.model.samples import Samples
from jitgate.model.variant import BASELINE, is_variant
from jitgate.report.decision import BROKEN, RunDecision, RunState
from jitgate.report.html.made_page import machine_section
from jitgate.report.html.page import Block, Entry, Page, Section, Table
from jitgate.report.html.past import series_plot
from jitgate.report.html.rounds import MOST_RAW, calls_plot, narrowing_plot, raw_rounds, rounds_plot

if TYPE_CHECKING:
    from jitgate.history.accepted import Accepted
    from jitgate.history.record import PointRecord, RunRecord, SeriesKey
    from jitgate.history.stored import StoredPoint

ALPHA = 0.01
"""Of the intervals that are drawn again from kept rounds: the store has the figures at the level of their session."""


@dataclass(frozen=True)
class SeriesOfRun:
    """points: the oldest first. accepted: the acceptances about it."""

    key: SeriesKey
    points: tuple[StoredPoint, ...]
    accepted: tuple[Accepted, ...]


def stored_page(record: RunRecord, series: Sequence[SeriesOfRun]) -> Page:
    """The page of a stored run. Reasons of verdicts are not stored, and the page says so."""
    kept = {(workload, scenario): f"s{number}" for number, (workload, scenario, _) in enumerate(record.rounds, 1)}
    room = MOST_RAW // max(1, len(kept))
    pictures = [_rounds(record, each, kept[each[0], each[1]], room) for each in record.rounds]
    sections = [
        _overview(record, kept),
        *pictures,
        Section("history", "Series of this run", tuple(_series(each) for each in series)) if series else None,
        machine_section({**record.facts, **record.versions}, []),
    ]
    commit = f" at commit {record.commit[:10]}" if record.commit else ""
    about = [
        f"Run {record.uid} of {record.started_at}{commit}{f' on {record.branch}' if record.branch else ''}.",
        "The history keeps outcomes and figures; the reasons of verdicts are in the report of the run itself.",
    ]
    if record.dirty:
        about.append("The working tree had changes that were not committed.")
    if record.odd:
        about.append(f"Marked as odd: {record.odd}")
    title = f"jitgate: the stored run of {record.started_at[:10]} on {record.facts.get('device', record.device)}"
    return Page(title, stored_decision(record), tuple(about), tuple(each for each in sections if each is not None))


def stored_decision(record: RunRecord) -> RunDecision:
    """The decision of a stored run, by its exit code, and by its outcomes where it has none."""
    outcomes = [point.outcome for point in _once_each(record.points)]
    stored = record.options.get("exit_code")
    code = stored if isinstance(stored, int) else None
    if record.interrupted or code in BROKEN:
        why = "the run was interrupted" if record.interrupted else BROKEN[code or 0]
        return RunDecision(RunState.STOPPED, f"STOPPED: {why}.", "Run it again, to its end.")
    if not record.points:
        return RunDecision(RunState.EMPTY, "EMPTY: nothing was measured, so nothing is known.", "Run it again.")
    cells = f"{sum(outcome == 'PASS' for outcome in outcomes)} of {len(outcomes)} variants are PASS"
    look = "Look at those that are not PASS below."
    for outcome, state in (("FAIL", RunState.RED), ("INVALID", RunState.INVALID)):
        if outcome in outcomes and code != 0:
            return RunDecision(state, f"{state}{'' if state is RunState.RED else ' (not green)'}: {cells}.", look)
    if record.red:
        return RunDecision(RunState.RED, f"RED: {record.red}", f"Mend that first; {cells}.")
    if code not in (0, None):
        state = RunState.UNDECIDED if "INCONCLUSIVE" in outcomes else RunState.RED
        return RunDecision(state, f"{state}{' (not green)' if state is RunState.UNDECIDED else ''}: {cells}.", look)
    if code is None:
        return RunDecision(RunState.UNDECIDED, f"UNDECIDED: {cells}, and the exit code is not known.", look)
    if not any(outcomes):
        action = "Set limits in [[tool.jitgate.gates]] to gate them."
        return RunDecision(RunState.UNGATED, "NOT GATED: no gate was judged, figures are only reported.", action)
    if set(outcomes) - {"PASS", ""}:
        return RunDecision(RunState.OPEN, f"NOT DECIDED: {cells}, and what is not failed nothing.", look)
    return RunDecision(RunState.GREEN, f"GREEN: {cells}.", "Nothing to do.")


def _once_each(points: Sequence[PointRecord]) -> list[PointRecord]:
    """One point a cell: all points of a cell have its outcome."""
    return list({point.series.cell_id: point for point in points}.values())


def _overview(record: RunRecord, kept: dict[tuple[str, str], str]) -> Section:
    rows = []
    for first in _once_each(record.points):
        key = first.series
        own = {point.series.metric: point for point in record.points if point.series.cell_id == key.cell_id}
        anchor = kept.get((key.workload, key.scenario), "")
        figures = (Entry(_text(own.get(metric)), f"{anchor}-rounds" if anchor else "history") for metric in METRICS)
        gates = ", ".join(record.declared.get(key.cell_id, ())) or "not gated"
        outcome = first.outcome or "no gate"
        rows.append((Entry(key.cell_id, anchor), *figures, Entry(gates), Entry(outcome, mark=outcome)))
    head = ("cell", *METRICS, "gates", "verdict")
    return Section("overview", "Overview", (Table("Every variant", head, tuple(rows)),))


def _text(point: PointRecord | None) -> str:
    if point is None:
        return "-"
    metric, value = point.series.metric, as_text(point.series.metric, point.estimate)
    if point.low is None or point.high is None or point.low == point.high:
        return value
    return f"{value} ({as_text(metric, point.low)} to {as_text(metric, point.high)})"


def _rounds(record: RunRecord, kept: tuple[str, str, bytes], anchor: str, room: int) -> Section:
    measurement = restored(record.device, kept)
    blocks: list[Block | None] = []
    for name in measurement.all_samples:
        baseline = next(
            (
                point.series.baseline
                for point in record.points
                if (point.series.workload, point.series.scenario, point.series.variant) == (*kept[:2], name)
                and point.series.metric == RATIO
            ),
            BASELINE,
        )
        if name == BASELINE or not is_variant(name) or baseline not in measurement.all_samples:
            continue
        columns = measurement.columns(name, baseline)
        if len(columns.baseline):
            blocks += [rounds_plot(columns, baseline, name), narrowing_plot(columns, name, ALPHA, None)]
    blocks += [calls_plot(measurement), raw_rounds(measurement, f"{anchor}-rounds", room)]
    title = f"{kept[0]} {kept[1]}"
    return Section(anchor, title, tuple(block for block in blocks if block is not None), tuple(_said(measurement)))


def restored(device: str, kept: tuple[str, str, bytes]) -> Measurement:
    """The rounds of a scenario as they were kept, without what else was measured. Raises DamagedRow for others."""
    workload, scenario, packed = kept
    try:
        found = json.loads(zlib.decompress(packed))
        every = {
            name: Samples(name, tuple(tuple(map(float, turn)) for turn in turns), (), (), ColdStart())
            for name, turns in found["turns"].items()
        }
        seed, processes, restarts = found["seed"], tuple(found["processes"]), bool(found.get("restarts"))
    except (zlib.error, ValueError, LookupError, TypeError, AttributeError, RecursionError):
        raise DamagedRow(f"the rounds of {workload} {scenario}") from None
    return Measurement(workload, scenario, device, seed, every, processes, restarts=restarts)


def _said(measurement: Measurement) -> Iterator[str]:
    yield f"{measurement.rounds} rounds on {measurement.device}, order by seed {measurement.seed}."
    yield "Intervals are drawn again from the rounds; a turn's figure is the median of its calls."


def _series(each: SeriesOfRun) -> Block:
    flags = []
    reasons = {entry.epoch: entry.reason for entry in each.accepted}
    for place, (before, after) in enumerate(pairwise(each.points), 1):
        if before.epoch != after.epoch:
            flags.append((place, f"accepted: {reasons.get(after.epoch, 'withdrawn since')}"))
    labels = [
        f"{point.started_at} {point.commit[:10] or '-'}" + (f", left out: {point.left_out}" if point.left_out else "")
        for point in each.points
    ]
    estimates = [point.estimate for point in each.points]
    return series_plot(f"{each.key.id} on {each.key.machine}", each.key.metric, labels, estimates, flags)
