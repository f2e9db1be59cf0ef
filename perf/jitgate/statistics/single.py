"""Figures that each process gives once: peak memory, load time."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from jitgate.statistics.interval import Interval
from jitgate.statistics.lazy_numpy import np

if TYPE_CHECKING:
    from collections.abc import Sequence

ALPHA = 0.10
"""Error level of these intervals. Two processes per side give between one and two degrees of freedom: at 1 % the
interval is about ten times as wide as at 10 %, and would never decide anything. `--jitgate-processes 5` gives four or
more."""


def single_ratio(
    baseline: Sequence[float], candidate: Sequence[float], *, least: float, alpha: float = ALPHA
) -> Interval:
    """Ratio candidate / baseline of one figure per process, all above 0; only an estimate below two per side.

    Welch's t on logarithms (B. L. Welch, Biometrika 34, 1947): each side shows its own scatter, since processes of one
    variant may differ far more than those of another. A side of one process shows no scatter.
    least: smallest relative half-width of the interval, since two processes may agree by chance.
    """
    if not len(baseline) or not len(candidate):
        raise ValueError("at least one figure of the baseline and one of the candidate are needed")
    from scipy.special import stdtrit

    sides = [np.log(np.asarray(side, np.float64)) for side in (baseline, candidate)]
    if not all(np.isfinite(side).all() for side in sides):
        raise ValueError("figures must be finite and above 0")
    centre = float(sides[1].mean() - sides[0].mean())
    if min(map(len, sides)) < 2:
        return Interval(math.exp(centre), 0.0, math.inf, alpha)
    parts = [float(side.var(ddof=1)) / len(side) for side in sides]
    error = math.sqrt(sum(parts))
    half = math.log1p(least)
    if error > 0:
        shares = [part / sum(parts) for part in parts]
        freedom = 1 / sum(share**2 / (len(side) - 1) for share, side in zip(shares, sides, strict=True))
        half = max(half, float(stdtrit(freedom, 1 - alpha / 2)) * error)
    return Interval(math.exp(centre), math.exp(centre - half), math.exp(min(centre + half, 700.0)), alpha)
