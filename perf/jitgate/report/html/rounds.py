"""Raw rounds as pictures: both arms and the control round by round, the interval as it narrowed, and all calls."""

from __future__ import annotations

import math
import statistics
from typing import TYPE_CHECKING

from jitgate.model.variant import BASELINE, CONTROL
from jitgate.report.format import format_seconds
from jitgate.report.html.chart import Chart, Curve
from jitgate.report.html.page import Plot, RawRounds, Table, all_rows, spread_over
from jitgate.statistics import first_decision, speedup
from jitgate.statistics.lazy_numpy import np

if TYPE_CHECKING:
    from jitgate.model.measurement import Column, Columns, Measurement
    from jitgate.statistics import Interval

MOST_POINTS = 100
"""Of a curve: more are less than six pixels apart, and a page of a hundred curves is to stay below 2 MB."""

MOST_ROWS = 20
"""Of the table below a picture; the raw rounds are on the page as well."""

LOOKS = 24
"""At how many numbers of pairs the interval is worked out again: its width goes with the root of the pairs."""

MOST_RAW = 150_000
"""Raw figures on a page: some 1.3 MB, and a browser still opens it at once. What is beyond lies in files."""

ROLES = {BASELINE: "baseline", CONTROL: "control"}


def rounds_plot(columns: Columns, baseline: str, candidate: str) -> Plot:
    """Milliseconds of a call in each round: of the baseline, the candidate and the control."""
    arms = [(baseline, "baseline", columns.baseline), (candidate, "candidate", columns.candidate)]
    if columns.control is not None:
        arms.append(("control", "control", columns.control))
    size = math.ceil(len(columns.baseline) / MOST_POINTS)
    chart = Chart(
        f"Rounds of {candidate}, {baseline} and the control",
        "round",
        "ms a call",
        tuple(_thinned(name, role, column, size) for name, role, column in arms),
    )
    notes = (f"A point is the median of {size} rounds; the band is their lowest to highest.",) if size > 1 else ()
    coarse = math.ceil(len(columns.baseline) / MOST_ROWS)
    starts = range(0, len(columns.baseline), coarse)
    rows = [
        (
            _rounds(start, min(start + coarse, len(columns.baseline))),
            *(_range(arm[start : start + coarse]) for *_, arm in arms),
        )
        for start in starts
    ]
    head = ("rounds", *(f"{name}, ms" for name, *_ in arms))
    return Plot(chart, Table("Median of the rounds, with the lowest and the highest", head, all_rows(rows)), notes)


def narrowing_plot(columns: Columns, candidate: str, alpha: float, limit: float | None) -> Plot | None:
    """The interval of the speed-up after ever more pairs; None where there are too few for one.

    limit: of the gate, and where that was first decided; None for none.
    """
    count = len(columns.baseline)
    looks = sorted({round(count ** (place / LOOKS)) for place in range(1, LOOKS + 1)})
    found = [(pairs, _after(columns, pairs, alpha)) for pairs in looks if pairs >= 2]
    known = [(pairs, each) for pairs, each in found if math.isfinite(each.high) and each.low > 0]
    if not known:
        return None
    curve = Curve(
        "speed-up",
        "candidate",
        [pairs for pairs, _ in known],
        [each.estimate for _, each in known],
        [each.low for _, each in known],
        [each.high for _, each in known],
    )
    decided = None if limit is None else decided_after(columns, limit, alpha)
    chart = Chart(
        f"Interval of the speed-up of {candidate}",
        "pairs",
        "times as fast",
        (curve,),
        () if limit is None else ((limit, f"limit {limit:g}"),),
        () if decided is None else ((decided, f"decided after {decided} pairs"),),
        doubling=True,
    )
    rows = [
        (str(pairs), f"{each.estimate:.3f}", f"{each.low:.3f}", f"{each.high:.3f}")
        for pairs, each in (known[place] for place in spread_over(len(known), MOST_ROWS))
    ]
    table = Table("The interval after so many pairs", ("pairs", "estimate", "low", "high"), all_rows(rows))
    return Plot(chart, table, (f"Holds at all numbers of pairs at once, with an error probability of {alpha:.2g}.",))


def decided_after(columns: Columns, limit: float, alpha: float) -> int | None:
    """The pairs after which the limit was decided; None where it was not, and where it is not for pairs alone to do."""
    if columns.processes is not None or columns.starts:
        return None
    return first_decision(columns.baseline, columns.candidate, limit, columns.control, alpha=alpha)


def calls_plot(measurement: Measurement) -> Plot | None:
    """How the durations of all calls are distributed, a curve a worker; None where nothing was timed."""
    timed = {name: np.asarray(measurement.typical_s(name)) for name in measurement.all_samples}
    timed = {name: values for name, values in timed.items() if len(values)}
    if not timed:
        return None
    shares = range(1, 100, 2)
    others = [name for name in timed if name not in ROLES]
    curves = tuple(
        Curve(
            name,
            ROLES.get(name) or role_of(others.index(name)),
            [float(value) * 1e3 for value in np.percentile(values, list(shares))],
            list(shares),
        )
        for name, values in timed.items()
    )
    chart = Chart("Calls that take at most so long", "ms a call", "% of the calls", curves)
    levels = (50, 90, 95, 99)
    rows = [
        (
            name,
            str(len(values)),
            *(format_seconds(float(value)) for value in (values.min(), *np.percentile(values, levels), values.max())),
        )
        for name, values in timed.items()
    ]
    head = ("worker", "calls", "fastest", "median", "p90", "p95", "p99", "slowest")
    unit = "calls" if measurement.same_inputs else "turns, the mean of each"
    notes = (f"The curves end at the 99th percentile of the {unit}; the table has the slowest.",)
    return Plot(chart, Table("Durations", head, all_rows(rows)), notes)


def role_of(place: int) -> str:
    """The role of a variant's curve among several; there are five, and then they repeat."""
    return f"other{place % 5 + 1}"


def raw_rounds(measurement: Measurement, anchor: str, room: int = MOST_RAW) -> RawRounds:
    """One line a round: a figure of each worker, in milliseconds, empty where it did not finish the round.

    room: how many figures there may be at most; whole rounds are left out beyond, and the caption says so.
    """
    workers = measurement.all_samples.values()
    count = max((len(samples.turns) for samples in workers), default=0)
    shown = min(count, room // max(1, len(measurement.all_samples)))
    figure = statistics.median if measurement.same_inputs else statistics.fmean
    lines = [
        ",".join(
            [
                str(number + 1),
                *(
                    f"{figure(samples.turns[number]) * 1e3:.6g}"
                    if number < len(samples.turns) and samples.turns[number]
                    else ""
                    for samples in workers
                ),
            ]
        )
        for number in range(shown)
    ]
    what = "median" if measurement.same_inputs else "mean"
    left = "" if shown == count else f"; {count - shown} more rounds lie in .jitgate/rounds of the run"
    caption = f"Raw rounds: the {what} of each turn, ms; empty where a worker did not finish{left}"
    return RawRounds(anchor, caption, ("round", *measurement.all_samples), "\n".join(lines))


def _thinned(name: str, role: str, column: Column, size: int) -> Curve:
    parts = [column[start : start + size] * 1e3 for start in range(0, len(column), size)]
    xs = [number * size + (len(part) + 1) / 2 for number, part in enumerate(parts)]
    middle = [float(np.median(part)) for part in parts]
    if size == 1:
        return Curve(name, role, xs, middle)
    return Curve(name, role, xs, middle, [float(part.min()) for part in parts], [float(part.max()) for part in parts])


def _after(columns: Columns, pairs: int, alpha: float) -> Interval:
    control, labels = columns.control, columns.processes
    found = speedup(
        columns.baseline[:pairs],
        columns.candidate[:pairs],
        None if control is None else control[:pairs],
        alpha=alpha,
        processes=None if labels is None else labels[:pairs],
        starts=columns.starts,
        own_control=columns.own_control,
    )
    return found.interval


def _rounds(start: int, end: int) -> str:
    return str(start + 1) if end == start + 1 else f"{start + 1} to {end}"


def _range(part: Column) -> str:
    middle, low, high = (f"{float(value) * 1e3:.4g}" for value in (np.median(part), part.min(), part.max()))
    return middle if len(part) == 1 else f"{middle} ({low} to {high})"
