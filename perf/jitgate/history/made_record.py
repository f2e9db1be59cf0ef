"""From the results of a session to what is stored of it."""

from __future__ import annotations

import json
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from jitgate.gates.regression import MaxRegression
from jitgate.gates.tracked import METRICS, RATIO, tracked
from jitgate.gates.validity import noisy
from jitgate.history.commit import Commit
from jitgate.history.record import PointRecord, RunRecord, SeriesKey
from jitgate.statistics import Outcome

if TYPE_CHECKING:
    from jitgate.gates.kind import Asked
    from jitgate.gates.results import Results
    from jitgate.model.cell import Cell
    from jitgate.model.measurement import Measurement


@dataclass(frozen=True)
class Circumstances:
    """What a run is of, besides its results. declared: cell id -> keys of its gates, of the project's own cells.

    epochs: series id -> the accepted change in force. interrupted, red: as of `RunRecord`.
    """

    uid: str
    started_at: str
    device: str
    fingerprint: str
    commit: Commit
    host: str = ""
    facts: Mapping[str, Any] = field(default_factory=dict)
    versions: Mapping[str, str] = field(default_factory=dict)
    options: Mapping[str, Any] = field(default_factory=dict)
    declared: Mapping[str, list[str]] = field(default_factory=dict)
    aliases: Mapping[str, list[str]] = field(default_factory=dict)
    epochs: Mapping[str, str] = field(default_factory=dict)
    interrupted: bool = False
    red: str = ""
    keep_rounds: bool = False


def record_of(results: Results, about: Circumstances) -> RunRecord:
    """The run, as it is stored."""
    plain = ("uid", "started_at", "device", "fingerprint", "host", "facts", "versions", "options", "declared")
    return RunRecord(
        **{name: getattr(about, name) for name in (*plain, "aliases", "interrupted", "red")},
        commit=about.commit.id,
        parent=about.commit.parent,
        branch=about.commit.branch,
        dirty=about.commit.dirty,
        points=tuple(point for cell in results.cells() for point in _points(results, cell, about)),
        rounds=tuple(_rounds(each) for each in results.measurements.values()) if about.keep_rounds else (),
    )


def series_of(asked: Asked, metric: str, fingerprint: str) -> SeriesKey:
    """The identity of one figure of a cell."""
    machine = asked.device if metric == RATIO else fingerprint
    baseline = asked.baseline if metric == RATIO else ""
    return SeriesKey(*asked.cell, baseline, metric, asked.samples.precision, machine)


def _points(results: Results, cell: Cell, about: Circumstances) -> list[PointRecord]:
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
        key = series_of(asked, metric, about.fingerprint)
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
                epoch=about.epochs.get(key.id, ""),
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
    text = json.dumps({"turns": turns, "processes": measurement.processes, "seed": measurement.seed})
    return measurement.workload, measurement.scenario, zlib.compress(text.encode())
