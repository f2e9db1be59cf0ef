"""Earlier runs of each figure, with changes of level, and accepted changes as flags."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jitgate.gates.tracked import METRICS, as_text, tracked
from jitgate.report.html.chart import Chart, Curve
from jitgate.report.html.page import Block, Plot, Section, Table, all_rows, spread_over
from jitgate.statistics.changepoint import change_points, threshold

if TYPE_CHECKING:
    from jitgate.gates.kind import Asked
    from jitgate.gates.results import Results

MOST_ROWS = 40
"""Runs in the table below a picture; the picture has all of them."""

UNITS = {"time": (1e3, "ms"), "p95": (1e3, "ms"), "memory": (1 / (1 << 20), "MiB"), "ratio": (1.0, "times as fast")}
"""Of a metric: factor and unit of its axis."""


def past_section(results: Results) -> Section | None:
    """Series that have at least one earlier run; None where there is none."""
    blocks: list[Block] = []
    left: dict[str, int] = {}
    if results.rules.past is None:
        return None
    for cell in results.cells():
        asked = results.asked(cell)
        for metric in METRICS:
            found = _series(asked, metric)
            if found is None:
                continue
            blocks.append(found)
            for why, count in results.rules.past.of(asked, metric).left_out.items():
                left[why] = left.get(why, 0) + count
    words = ", ".join(f"{count} {why}" for why, count in left.items())
    lines = (f"Figures of earlier runs that are left out: {words}.",) if words else ()
    return Section("history", "Earlier runs", tuple(blocks), lines) if blocks else None


def series_plot(
    name: str,
    metric: str,
    labels: list[str],
    values: list[float],
    flags: list[tuple[int, str]],
    series: int = 1,
) -> Plot:
    """The line of a series. labels: of its runs, the oldest first. flags: place of a run, and what was accepted there.

    series: how many are watched together, by which a change of level is proven.
    """
    factor, unit = UNITS[metric]
    changes = [(change.index, _percent(change.change)) for change in change_points(values, threshold(series))]
    told = dict[int, str]()
    for place, text in (*changes, *flags):
        told[place] = f"{told[place]}; {text}" if place in told else text
    chart = Chart(
        name,
        "run",
        unit,
        (Curve(metric, "candidate", list(range(1, len(values) + 1)), [value * factor for value in values]),),
        marks=tuple((place + 1, text) for place, text in told.items()),
    )
    places = sorted({*spread_over(len(values), MOST_ROWS), *told})
    rows = [(labels[place], as_text(metric, values[place]), told.get(place, "")) for place in places]
    head = ("run", metric, "what happened")
    notes = ("A run's place is its order in the store.",)
    return Plot(chart, Table(f"Runs of {name}", head, all_rows(rows)), notes)


def _series(asked: Asked, metric: str) -> Plot | None:
    now = tracked(asked, metric)
    past = None if asked.past is None else asked.past.of(asked, metric)
    if past is None or now is None or now.estimate is None or not past.runs:
        return None
    values = [*past.before, *past.accepted, now.estimate]
    labels = [*(f"{number} before" for number in range(past.runs, 0, -1)), "this run"]
    flags = [(len(past.before), "accepted change")] if past.before else []
    return series_plot(f"{asked.cell.id} {metric}", metric, labels, values, flags)


def _percent(change: float) -> str:
    return f"level changed by {change:+.1%}"
