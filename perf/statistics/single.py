"""Figures of which a process gives one: a peak of memory, the seconds of a load."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from perf.statistics.interval import Interval

if TYPE_CHECKING:
    from collections.abc import Sequence

ALPHA = 0.10
"""Error level of these intervals. Two copies of the baseline give one degree of freedom: at 1 % the interval is ten
times as wide as at 10 %, and nothing would ever be decided. `--perf-processes 5` gives nine degrees and more."""


def single_ratio(
    baseline: Sequence[float], candidate: Sequence[float], *, least: float, alpha: float = ALPHA
) -> Interval:
    """Ratio candidate / baseline of such figures, one a process, all above 0; two or more of the baseline.

    Student's t on logarithms with pooled variance: two copies of the baseline show how far such figures scatter. least:
    relative half-width that the interval has at least, since two copies may agree by chance.
    """
    if len(baseline) < 2 or not candidate:
        raise ValueError("two figures of the baseline and one of the candidate are the least")
    from scipy.special import stdtrit

    base, other = np.log(np.asarray(baseline, np.float64)), np.log(np.asarray(candidate, np.float64))
    if not (np.isfinite(base).all() and np.isfinite(other).all()):
        raise ValueError("figures must be finite and above 0")
    freedom = len(base) + len(other) - 2
    squares = float(((base - base.mean()) ** 2).sum() + ((other - other.mean()) ** 2).sum())
    error = math.sqrt(squares / freedom * (1 / len(base) + 1 / len(other)))
    half = max(float(stdtrit(freedom, 1 - alpha / 2)) * error, math.log1p(least))
    centre = float(other.mean() - base.mean())
    return Interval(math.exp(centre), math.exp(centre - half), math.exp(min(centre + half, 700.0)), alpha)
