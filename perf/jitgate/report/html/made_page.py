"""From results to a page: the decision, what is not PASS, then each scenario, earlier runs, and the machine."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from jitgate.config.policy import REPORT
from jitgate.report.decision import by_reason, decide, held, worst_first
from jitgate.report.html.page import Entry, Page, Section, Table, plain
from jitgate.report.html.past import past_section
from jitgate.report.html.rounds import MOST_RAW
from jitgate.report.html.scenario import figure_row, scenario_section
from jitgate.report.since_base import notes, sides
from jitgate.report.table import figures

if TYPE_CHECKING:
    from jitgate.gates.results import Results
    from jitgate.model.verdict import Verdict
    from jitgate.report.formats import Run


def page_of(results: Results, run: Run) -> Page:
    """The page of a session."""
    measurements = list(results.measurements.values())
    room = MOST_RAW // max(1, len(measurements))
    anchors = {(each.workload, each.scenario): f"s{number}" for number, each in enumerate(measurements, 1)}
    sections = [
        _verdicts(results, anchors),
        _overview(results, anchors),
        *(scenario_section(results, each, anchors[each.workload, each.scenario], room) for each in measurements),
        past_section(results),
        machine_section(run.facts, _health(results)),
    ]
    device = run.facts.get("device", "an unknown device")
    return Page(
        f"jitgate: a run of {run.day.isoformat()} on {device}",
        decide(results, run.ending),
        (*sides(results), *notes(results), f"Made by: {run.command}", f"{held(results)}.", *run.ending.problems),
        tuple(section for section in sections if section is not None),
    )


def machine_section(facts: Mapping[str, object], health: list[tuple[str, str]]) -> Section:
    """What the figures hold for, and what disturbed them."""
    known = {name.replace("_", " "): value for name, value in facts.items() if value not in (None, "", {}, [])}
    tables = [Table("Machine", ("fact", "value"), tuple(plain(name, str(value)) for name, value in known.items()))]
    if health:
        tables.append(Table("Health while it was measured", ("scenario", "what"), tuple(plain(*row) for row in health)))
    return Section("machine", "Machine and health", tuple(tables), ("Times of another machine differ.",))


def _verdicts(results: Results, anchors: Mapping[tuple[str, str], str]) -> Section | None:
    every = worst_first(results.verdicts)
    if not every:
        return None
    red = [_verdict(each, anchors) for each in by_reason([each for each in every if not each.green])]
    green = [_verdict([each], anchors) for each in every if each.green]
    head = ("cell", "gate", "verdict", "figure", "why, and what to do")
    tables = [
        *([Table("Gates that are not PASS", head, tuple(red))] if red else []),
        *([Table(f"Gates that are PASS: {len(green)}", head, tuple(green), folded=True)] if green else []),
    ]
    return Section("verdicts", "Verdicts", tuple(tables), () if red else ("Every gate is PASS.",))


def _verdict(same: Sequence[Verdict], anchors: Mapping[tuple[str, str], str]) -> tuple[Entry, ...]:
    """A row of verdicts that have one cell and one reason."""
    first = same[0]
    figure = first.figure if len(same) == 1 else None
    return (
        Entry(first.cell.id, anchors[first.cell.workload, first.cell.scenario]),
        Entry(
            ", ".join(dict.fromkeys(each.label for each in same))
            + (" (reported only)" if first.on_fail == REPORT else "")
        ),
        Entry(first.outcome.value, mark=first.outcome.value),
        Entry("-" if figure is None else figure.text),
        Entry(first.sentence),
    )


def _overview(results: Results, anchors: Mapping[tuple[str, str], str]) -> Section | None:
    tables: dict[tuple[str, ...], list[tuple[Entry, ...]]] = {}
    for (workload, scenario), measurement in results.measurements.items():
        _, (head, *every) = figures(results, measurement)
        anchor = anchors[workload, scenario]
        name = Entry(f"{workload} {scenario}", anchor)
        tables.setdefault(head, []).extend((name, *figure_row(head, texts, anchor)) for texts in every)
    found = tuple(Table("Every variant", ("scenario", *head), tuple(rows)) for head, rows in tables.items())
    return Section("overview", "Overview", found) if found else None


def _health(results: Results) -> list[tuple[str, str]]:
    found = []
    for measurement in results.measurements.values():
        name = f"{measurement.workload} {measurement.scenario}"
        found += [(name, f"{cause}: a round excluded") for cause in dict.fromkeys(measurement.excluded)]
        found += [(name, note) for note in measurement.notes]
        for samples in measurement.all_samples.values():
            power = samples.power
            if power is not None and power.missing:
                found.append((name, f"energy, power, utilisation: {power.missing}"))
                break
    return found
