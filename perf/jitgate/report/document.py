"""A run as Markdown, to be committed: what was measured, on which device, on which day."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jitgate.gates.mode_words import mode_notes
from jitgate.gates.recommendation import recommend
from jitgate.gates.results import Results
from jitgate.model.printable import printable_line
from jitgate.report.decision import decide, held
from jitgate.report.extras import HEAD, cached, limits, rows
from jitgate.report.markdown import escaped, table
from jitgate.report.recommendation import recommendation_line
from jitgate.report.since_base import notes, sides, since_base
from jitgate.report.table import figures

if TYPE_CHECKING:
    from jitgate.model.measurement import Measurement
    from jitgate.report.formats import Run


def heading(run: Run, results: Results) -> list[str]:
    """Title, day, the decision with what to do, and the machine."""
    day, facts, asked = run.day, run.facts, run.command
    decision = decide(results, run.ending)
    known = {name.replace("_", " "): value for name, value in facts.items() if value not in (None, "", {}, [])}
    return [
        f"# A run of {day.isoformat()} on {escaped(str(facts.get('device', 'an unknown device')))}",
        "",
        f"**{escaped(decision.headline)}** {escaped(decision.action)}",
        "",
        *(f"{escaped(line)}\n" for line in (*sides(results), *notes(results))),
        f"Made by `{printable_line(asked).replace('`', '')}`. Figures of another device, or another day, will differ.",
        "",
        *table(("machine", ""), [(name, str(value)) for name, value in known.items()]),
        "",
    ]


def sections(results: Results) -> list[str]:
    """A section a scenario: its figures, its gates, what comes once, and what is recommended; then the headline."""
    lines: list[str] = []
    for measurement in results.measurements.values():
        title, (head, *variants) = figures(results, measurement)
        recommended = recommend(results, measurement)
        said = [*cached(measurement), *limits(measurement), *mode_notes(measurement), *measurement.notes]
        lines += [f"## {escaped(title.split(':')[0])}", "", f"{escaped(title.split(':', 1)[1].strip())}.", ""]
        lines += [*table(head, variants), ""]
        changes = since_base(results, measurement, every=True)
        if changes:
            lines += [*table(changes[0], changes[1:]), ""]
        gates = _gates(results, measurement)
        if gates:
            lines += [*table(("variant", "gate", "verdict", "reason"), gates), ""]
        once = rows(results, measurement)
        if once:
            lines += [*table(HEAD, once), ""]
        lines += [f"- {escaped(line)}" for line in said]
        if recommended is not None:
            lines.append(f"- {escaped(recommendation_line(recommended))}")
        lines.append("")
    return [*lines, f"{held(results)}.", ""]


def _gates(results: Results, measurement: Measurement) -> list[tuple[str, ...]]:
    """A row for each verdict of a scenario, without those that are only reported."""
    here = (measurement.workload, measurement.scenario)
    found = [each for each in results.gates if each.cell[:2] == here]
    return [(each.cell.variant, each.label, each.outcome.value, each.sentence) for each in found]
