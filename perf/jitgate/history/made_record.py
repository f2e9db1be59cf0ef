"""From the results of a session to what is stored of it."""

from __future__ import annotations

import json
import zlib
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from jitgate.gates.regression import MaxRegression
from jitgate.gates.tracked import METRICS, RATIO, tracked
from jitgate.gates.validity import noisy
from jitgate.history.record import PointRecord, RunRecord, SeriesKey
from jitgate.statistics import Outcome

if TYPE_CHECKING:
    from jitgate.gates.kind import Asked
    from jitgate.gates.results import Results
    from jitgate.model.cell import Cell
    from jitgate.model.measurement import Measurement


def record_of(results: Results, about: RunRecord, epochs: Mapping[str, str], *, keep_rounds: bool = False) -> RunRecord:
    """The run, as it is stored. about: all of it but its results. epochs: series id -> the accepted change in force."""
    return replace(
        about,
        points=tuple(point for cell in results.cells() for point in _points(results, cell, about.fingerprint, epochs)),
        rounds=tuple(_rounds(each) for each in results.measurements.values()) if keep_rounds else (),
    )


def series_of(asked: Asked, metric: str, fingerprint: str) -> SeriesKey:
    """The identity of one figure of a cell."""
    machine = asked.device if metric == RATIO else fingerprint
    baseline = asked.baseline if metric == RATIO else ""
    return SeriesKey(*asked.cell, baseline, metric, asked.samples.precision, machine)


def _points(results: Results, cell: Cell, fingerprint: str, epochs: Mapping[str, str]) -> list[PointRecord]:
    asked = results.asked(cell)
    measurement = asked.measurement
    verdicts = results.of(cell)
    worst = results.worst(cell)
    left_out = _left_out(results, asked)
    found = []
    for metric in METRICS:
        figure = tracked(asked, metric)
        if figure is None or figure.estimate is None or not figure.estimate > 0:
            continue
        key = series_of(asked, metric, fingerprint)
        own = [verdict for verdict in verdicts if verdict.gate == f"max_regression_{metric}"]
        regressed = any(each.outcome is Outcome.FAIL or results.is_red(each) for each in own)
        count = len(asked.samples.durations_s) if metric != RATIO else measurement.rounds
        known = figure.as_json()
        ends = (known["low"], known["high"])
        found.append(
            PointRecord(
                key,
                figure.estimate,
                *ends,
                count=count,
                inputs=measurement.digests.inputs,
                weights=measurement.digests.weights,
                outcome="" if worst is None else worst.value,
                left_out=left_out,
                epoch=epochs.get(key.id, ""),
                regressed=regressed,
            )
        )
    return found


def _left_out(results: Results, asked: Asked) -> str:
    """Why the figures of a cell can't be what later runs are compared with; "" where they can."""
    if noisy(asked.measurement) is not None:
        return "INVALID"
    others = [
        verdict
        for verdict in results.gates
        if verdict.cell == asked.cell and not isinstance(results.rules.kind(verdict.gate), MaxRegression)
    ]
    if any(verdict.outcome is Outcome.INVALID for verdict in others):
        return "INVALID"
    red = any(results.is_red(verdict) or verdict.outcome is Outcome.FAIL for verdict in others)
    return "red" if red else ""


def _rounds(measurement: Measurement) -> tuple[str, str, bytes]:
    """Every turn of every worker, seconds, as compressed JSON."""
    turns = {name: samples.turns for name, samples in measurement.all_samples.items()}
    made = {"processes": measurement.processes, "restarts": measurement.restarts, "seed": measurement.seed}
    text = json.dumps({"turns": turns, **made})
    return measurement.workload, measurement.scenario, zlib.compress(text.encode())
