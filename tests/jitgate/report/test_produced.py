"""Per token and per second, where a workload says what a call makes."""

from __future__ import annotations

from dataclasses import replace

from jitgate.model.produced import Produced
from jitgate.report.produced import produced_facts, produced_lines

from tests.jitgate.measurements import made_of


def test_what_a_call_makes_is_told_for_each_variant() -> None:
    measurement = replace(made_of(2.0), produced=Produced(10, "token"))
    (line,) = produced_lines(measurement)
    medians = {name: each.median_s for name, each in measurement.all_samples.items()}
    eager_s = medians["eager"]
    assert eager_s
    assert line.startswith("per token: eager ")
    assert f"({10 / eager_s:.3g}/s)" in line
    assert "#control" not in line
    assert line.endswith("; a call makes 10")
    facts = produced_facts(measurement, measurement.all_samples["eager"])["produced"]
    assert facts == {"count": 10, "unit": "token", "seconds_each": eager_s / 10, "per_s": 10 / eager_s}


def test_where_nothing_is_said_nothing_is_told() -> None:
    measurement = made_of(2.0)
    assert list(produced_lines(measurement)) == []
    assert produced_facts(measurement, measurement.all_samples["eager"]) == {}
