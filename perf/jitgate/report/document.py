"""A run as Markdown, to be committed: what was measured, on which device, on which day."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date

from jitgate.config.policy import Policy
from jitgate.gates.judge import Judge
from jitgate.gates.recommendation import recommend
from jitgate.model.measurement import Measurement
from jitgate.model.variant import CONTROL
from jitgate.report.extras import HEAD, cached, limits, row
from jitgate.report.markdown import escaped, table
from jitgate.report.recommendation import recommendation_line
from jitgate.report.summary import figures


def heading(day: date, facts: Mapping[str, object], asked: str) -> list[str]:
    """Title, day, and the machine. facts: the fingerprint's. asked: the command line, as it was given."""
    known = {name.replace("_", " "): value for name, value in facts.items() if value not in (None, "", {}, [])}
    return [
        f"# A run of {day.isoformat()} on {escaped(str(facts.get('device', 'an unknown device')))}",
        "",
        f"Made by `{asked.replace('`', '')}`. Figures of another device, or another day, will differ.",
        "",
        *table(("machine", ""), [(name, str(value)) for name, value in known.items()]),
        "",
    ]


def sections(policy: Policy, judge: Judge, measurements: Iterable[Measurement]) -> list[str]:
    """A section a scenario: its figures, what comes once, its limits, and what is recommended."""
    lines: list[str] = []
    for measurement in measurements:
        title, (head, *rows) = figures(policy, judge, measurement)
        names = [
            name
            for name, samples in measurement.all_samples.items()
            if name != CONTROL and samples.cold_start.first_call_s is not None
        ]
        recommended = recommend(policy, judge, measurement)
        said = [*cached(measurement), *limits(measurement), *measurement.notes]
        lines += [f"## {escaped(title.split(':')[0])}", "", f"{escaped(title.split(':', 1)[1].strip())}.", ""]
        lines += [*table(head, rows), ""]
        if names:
            lines += [*table(HEAD, [row(judge, measurement, name) for name in names]), ""]
        lines += [f"- {escaped(line)}" for line in said]
        if recommended is not None:
            lines.append(f"- {escaped(recommendation_line(recommended))}")
        lines.append("")
    return lines
