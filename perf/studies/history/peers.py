"""The rules of three other projects, as their documents describe them, each with the one number that sets its alarms.

otava: E-divisive means, split by split, a split counts where Student's t-test gives p below a level. rustc-perf: a
step between neighbours is significant above Q3 + k IQR of the last thirty. Perfherder: t of weighted windows, 12 runs
back and 12 forward, at least a threshold.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy import stats

if TYPE_CHECKING:
    from numpy.typing import NDArray


def otava(logs: NDArray[np.float64], level: float) -> list[int]:
    """Indices of first runs of new levels; level: of p, 0.001 in its documents."""
    found: list[int] = []
    parts = [(0, len(logs))]
    while parts:
        start, end = parts.pop()
        if end - start < 8:
            continue
        cut = start + _energy_split(logs[start:end])
        if stats.ttest_ind(logs[start:cut], logs[cut:end]).pvalue < level:
            found.append(cut)
            parts += [(start, cut), (cut, end)]
    return sorted(found)


def _energy_split(part: NDArray[np.float64]) -> int:
    """The split of the largest energy distance, at least three runs on either side."""
    distances = np.abs(part[:, None] - part[None, :])
    total = distances.cumsum(axis=0).cumsum(axis=1)
    size = len(part)
    cuts = np.arange(3, size - 2)
    within_left = total[cuts - 1, cuts - 1]
    across = total[cuts - 1, size - 1] - within_left
    within_right = total[-1, -1] - within_left - 2 * across
    left, right = cuts, size - cuts
    energy = 2 * across / (left * right) - within_left / left**2 - within_right / right**2
    return int(cuts[(energy * left * right / size).argmax()])


def rustc_perf(logs: NDArray[np.float64], factor: float) -> list[int]:
    """factor: 3 in its documents."""
    steps = np.abs(np.diff(logs))
    found = []
    for run in range(31, len(logs)):
        low, high = np.quantile(steps[run - 31 : run - 1], (0.25, 0.75))
        if steps[run - 1] > high + factor * (high - low):
            found.append(run)
    return found


BACK = FORWARD = 12


def perfherder(logs: NDArray[np.float64], least: float) -> list[int]:
    """least: of t, 7 in its documents. The highest of neighbouring alarms counts."""
    weights_back = np.arange(1, BACK + 1) / BACK
    weights_forward = weights_back[::-1]
    scores = np.zeros(len(logs))
    for run in range(BACK, len(logs) - FORWARD + 1):
        before, after = logs[run - BACK : run], logs[run : run + FORWARD]
        means = np.average(before, weights=weights_back), np.average(after, weights=weights_forward)
        spread = before.var(ddof=1) / BACK + after.var(ddof=1) / FORWARD
        scores[run] = abs(means[1] - means[0]) / np.sqrt(spread)
    found: list[int] = []
    for run in np.flatnonzero(scores >= least).tolist():
        if found and run - found[-1] < FORWARD:
            found[-1] = run if scores[run] > scores[found[-1]] else found[-1]
        else:
            found.append(run)
    return found
