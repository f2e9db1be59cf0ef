"""The figures of a pipeline's stages and of earlier runs, worked out again from raw rounds and stored values."""

from __future__ import annotations

import statistics

from jitgate.model.variant import BASELINE
from jitgate.report.html.past import series_plot
from jitgate.statistics.changepoint import change_points, threshold

from tests.jitgate.report.html.pages import Reader, page
from tests.jitgate.report.html.test_recomputed import seconds
from tests.jitgate.spoken import sentence_of


def test_stages_are_worked_out_again() -> None:
    measurement = sentence_of(2.0)
    rows = Reader(page(measurement, gates=())).table("Stages")[1:]
    samples = measurement.all_samples[BASELINE]
    calls = [
        (whole_s, {each.stage: each.spent_s for each in stages})
        for turn, timed in zip(samples.turns, samples.stage_times, strict=True)
        for whole_s, stages in zip(turn, timed, strict=True)
    ]
    shares = []
    for stage, count, spent, share, _ in rows:
        spents = [whole_s - sum(each.values()) if count == "-" else each[stage] for whole_s, each in calls]
        shares.append(statistics.fmean(part / whole_s for part, (whole_s, _) in zip(spents, calls, strict=True)))
        assert spent == seconds(statistics.median(spents))
        assert share.strip() == f"{shares[-1]:.1%}"
    assert round(sum(shares), 9) == 1


def test_earlier_runs_are_those_of_the_store() -> None:
    values = [0.010 + 1e-5 * (7 * number % 5) for number in range(60)]
    values += [2 * value for value in values]
    labels = [f"run {number}" for number in range(len(values))]
    plot = series_plot("w/s/jit", "time", labels, values, [(90, "accepted: meant")])
    (curve,) = plot.chart.curves
    assert list(curve.ys) == [value * 1e3 for value in values]
    told: dict[int, str] = {}
    for label, value, what in ((entry.text for entry in row) for row in plot.table.rows):
        place = labels.index(label)
        assert value == f"{values[place] * 1e3:.4g} ms"
        told |= {place: what} if what else {}
    (change,) = change_points(values, threshold(1))
    before, after = (statistics.geometric_mean(part) for part in (values[:60], values[60 : change.alarm + 1]))
    assert told == {60: f"level changed by {after / before - 1:+.1%}", 90: "accepted: meant"}
    assert [(place - 1, text) for place, text in plot.chart.marks] == sorted(told.items())
