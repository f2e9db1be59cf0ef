"""Ours and three peers' rules at one false-alarm rate, on planted steps."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from jitgate.statistics.changepoint import change_points_of, threshold

from studies.history.noise import KINDS, WIDTH
from studies.history.peers import otava, perfherder, rustc_perf

if TYPE_CHECKING:
    from numpy.typing import NDArray

RUNS = 200
NEAR = 3
"""Runs by which a found change may be off."""

PUBLIC = Path(__file__).parents[1] / "data" / "public_series.json"
"""Series that others have published, each with its source and the first runs of its new levels."""

SERIES = 50
"""That ours watches together: it sets the rate that all are held to."""

Rule = Callable[["NDArray[np.float64]", float], list[int]]

PEERS: dict[str, tuple[Rule, NDArray[np.float64]]] = {
    "otava": (otava, np.geomspace(1e-2, 1e-12, 41)),
    "rustc-perf": (rustc_perf, np.linspace(1, 60, 60)),
    "Perfherder": (perfherder, np.linspace(3, 20, 69)),
}
"""Rule, and the values of its number from many alarms to few."""


@dataclass(frozen=True)
class Score:
    """number: at which a rule makes as many false alarms as ours. f1: by kind of noise."""

    number: float
    false_alarms: float
    f1: dict[str, float]


def ours(table: NDArray[np.float64]) -> list[list[int]]:
    """Indices of changes by series."""
    found = change_points_of(np.exp(table), threshold(SERIES))
    return [[point.index for point in points] for points in found]


def planted(kind: str, series: int, seed: int) -> tuple[NDArray[np.float64], list[list[int]]]:
    """Up to three steps in each, of 1.5 to 5 standard deviations up or down, at least 30 runs apart."""
    rng = np.random.default_rng(seed)
    table = KINDS[kind](rng, (series, RUNS))
    places = []
    for row in table:
        chosen = sorted(rng.choice([40, 80, 120, 160], size=rng.integers(0, 4), replace=False) + rng.integers(-5, 6))
        for at in chosen:
            row[at:] += rng.choice((-1, 1)) * rng.uniform(1.5, 5) * WIDTH
        places.append([int(at) for at in chosen])
    return table, places


def f1(found: list[list[int]], places: list[list[int]]) -> float:
    """Each planted step is found once at most."""
    hits = alarms = steps = 0
    for got, true in zip(found, places, strict=True):
        left = list(true)
        for index in got:
            near = [at for at in left if abs(at - index) <= NEAR]
            if near:
                left.remove(near[0])
                hits += 1
        alarms, steps = alarms + len(got), steps + len(true)
    return 2 * hits / max(1, alarms + steps)


def compared(kinds: list[str], stationary: int, series: int, seed: int) -> dict[str, Score]:
    """By rule. Numbers are set on `stationary` series of normal noise; `series` of each kind are scored."""
    quiet = KINDS["normal"](np.random.default_rng(seed), (stationary, RUNS))
    per_run = sum(map(len, ours(quiet))) / quiet.size
    cases = {kind: planted(kind, series, seed + 1 + number) for number, kind in enumerate(kinds)}
    scores = {
        "ours": Score(threshold(SERIES), per_run, {kind: f1(ours(table), at) for kind, (table, at) in cases.items()})
    }
    for name, (rule, numbers) in PEERS.items():
        number, rate = _at_rate(rule, numbers, quiet, per_run)
        found = {kind: f1([rule(row, number) for row in table], at) for kind, (table, at) in cases.items()}
        scores[name] = Score(number, rate, found)
    return scores


def _at_rate(rule: Rule, numbers: NDArray[np.float64], quiet: NDArray[np.float64], rate: float) -> tuple[float, float]:
    """The first number, from many alarms to few, at which there are no more than of ours."""
    low, high = 0, len(numbers) - 1
    rates: dict[int, float] = {}
    while low < high:
        middle = (low + high) // 2
        rates[middle] = sum(len(rule(row, float(numbers[middle]))) for row in quiet) / quiet.size
        low, high = (middle + 1, high) if rates[middle] > rate else (low, middle)
    found = rates.get(low)
    if found is None:
        found = sum(len(rule(row, float(numbers[low]))) for row in quiet) / quiet.size
    return float(numbers[low]), found


@dataclass(frozen=True)
class PublicSeries:
    """places: first runs of new levels, said_by whom. found: by rule."""

    name: str
    runs: int
    places: list[int]
    said_by: str
    found: dict[str, list[int]]


def public(scores: dict[str, Score]) -> list[PublicSeries]:
    """Each rule with its number of `scores`."""
    read = []
    for one in json.loads(PUBLIC.read_text(encoding="utf-8")):
        row = np.log(np.array(one["values"], dtype=float))
        found = {
            "ours": ours(row[None])[0],
            **{name: rule(row, scores[name].number) for name, (rule, _) in PEERS.items()},
        }
        read.append(PublicSeries(one["name"], len(row), one["changes"], one["said by"], found))
    return read
