"""Is this run worse than the runs before it? One run against many, by how runs scatter.

Runs, not rounds, are the unit: most of the error sits between sessions. On the logarithm, runs of one series are taken
as independent and normal with one unknown scatter; the interval is the prediction interval for a new run (Hahn and
Meeker, Statistical Intervals, 1991, ch. 4), with the scatter pooled over stretches that have a level of their own.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from jitgate.statistics.lazy_numpy import np


@dataclass(frozen=True)
class RunChange:
    """estimate, low, high: relative, 0.2 for 20 % more. margin: the smallest change that could be told, relative."""

    estimate: float
    low: float
    high: float
    margin: float


def run_change(
    now: float,
    level: Sequence[float],
    before: Sequence[float] = (),
    *,
    alpha: float,
    target: float | None = None,
) -> RunChange:
    """How far `now` is above the mean of `level`, all positive and of one unit.

    before: an earlier stretch, for the scatter alone. target: the level where there is no run of it yet; it counts as
    one run. alpha: probability that the truth lies outside, both ends together.
    """
    from scipy.special import stdtrit

    stretches = [np.log(np.asarray(each, dtype=float)) for each in (level, before) if len(each)]
    centre = float(stretches[0].mean()) if level else math.log(target or math.nan)
    freedom = sum(len(each) - 1 for each in stretches)
    margin = math.inf
    if freedom > 0:
        squares = sum(float(((each - each.mean()) ** 2).sum()) for each in stretches)
        scatter = math.sqrt(squares / freedom)
        margin = float(stdtrit(freedom, 1 - alpha / 2)) * scatter * math.sqrt(1 + 1 / max(1, len(level)))
    moved = math.log(now) - centre
    return RunChange(*(_relative(each) for each in (moved, moved - margin, moved + margin, margin)))


def _relative(logarithm: float) -> float:
    return math.expm1(logarithm) if logarithm < 700 else math.inf
