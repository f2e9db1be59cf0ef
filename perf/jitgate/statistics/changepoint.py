"""When did a series change? With a bound on false alarms that holds for any distribution of the noise.

Under the null hypothesis the runs of a series are exchangeable. Then the rank of each run among those before it says
nothing of the other ranks (Renyi, MTA III. Oszt. Kozl. 12, 1962): the middle of its share, (rank - 1/2) / t, is a
conformal p-value. A bet on it, exp(d z - d^2 / 2) with z its normal quantile, has mean at most 1 (a test adds it up for
every t), and ties, which get the middle of theirs, bet less. So

    M_t = (M_(t-1) + 1) x bet_t,    averaged over several d of both signs,

minus t is a supermartingale (Shiryaev-Roberts; e-detectors: Shin, Ramdas and Rinaldo, arXiv 2203.03532; on ranks:
Vovk et al., COPA 2021). P(M reaches c within T runs) is at most T / c, the mean time to a false alarm at least c. With
m series
and c = m / a there are at most `a` false alarms per run over all series, whatever depends on what between series.

The bound needs exchangeable runs: independent, of one distribution, however heavy its tails and however many its modes.
A host that drifts and runs that resemble their neighbours break it; `docs/history.md` has the measured rates there.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from jitgate.statistics.lazy_numpy import np

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

SIZES = (0.7, 1.5, 2.5)
"""Bets, in standard deviations; each in both directions. A change between two of them costs little more evidence."""

FALSE_ALARMS_PER_RUN = 0.01
"""Over all series of a store together."""

FEWEST = 3
"""Runs on either side of a change."""


@dataclass(frozen=True)
class ChangePoint:
    """index: of the first run of the new level; alarm: of the run at which it is proven. before, after: mean levels."""

    index: int
    alarm: int
    before: float
    after: float

    @property
    def change(self) -> float:
        """Relative, above 0 for a higher level."""
        return self.after / self.before - 1


def threshold(series: int, false_alarms_per_run: float = FALSE_ALARMS_PER_RUN) -> float:
    """c of the detector where so many series are watched."""
    return max(1, series) / false_alarms_per_run


def change_points(values: Sequence[float], level: float) -> list[ChangePoint]:
    """Every change of one series of positive figures, in order. level: see `threshold`.

    After each alarm the series begins afresh at the change.
    """
    return change_points_of(np.asarray(values, dtype=float)[None, :], level)[0]


def change_points_of(values: ArrayLike, level: float) -> list[list[ChangePoint]]:
    """The same of many series at once, shape (series, runs); NaN at the end of those that are shorter."""
    table = np.log(np.asarray(values, dtype=float))
    starts = np.zeros(len(table), dtype=int)
    found: list[list[ChangePoint]] = [[] for _ in table]
    going = np.arange(len(table))
    while len(going):
        alarms = _first_alarms(table[going], starts[going], level)
        seen = [(int(which), int(alarm)) for which, alarm in zip(going, alarms, strict=True) if alarm >= 0]
        for which, alarm in seen:
            point = _located(table[which], int(starts[which]), alarm)
            found[which].append(point)
            starts[which] = point.index
        going = np.array([which for which, _ in seen], dtype=int)
    return found


def _first_alarms(table: NDArray[np.float64], starts: NDArray[np.intp], level: float) -> NDArray[np.intp]:
    """The run at which each series first crosses, -1 for none."""
    from scipy.special import ndtri

    runs = table.shape[1]
    bets = np.array([sign * size for size in SIZES for sign in (1, -1)])
    state = np.zeros((len(table), len(bets)))
    alarms = np.full(len(table), -1)
    for now in range(int(starts.min()), runs):
        column = table[:, now]
        before = table[:, :now]
        within = np.arange(now)[None, :] >= starts[:, None]
        below = ((before < column[:, None]) & within).sum(axis=1)
        equal = ((before == column[:, None]) & within).sum(axis=1) + 1
        z = ndtri((below + equal / 2) / (now - starts + 1).clip(1))
        active = (now >= starts) & (alarms < 0) & ~np.isnan(column)
        grown = (state + 1) * np.exp(bets * z[:, None] - bets**2 / 2)
        state = np.where(active[:, None], grown, state)
        crossed = active & (state.mean(axis=1) >= level) & (now - starts + 1 >= 2 * FEWEST)
        alarms[crossed] = now
        if not (alarms < 0).any():
            break
    return alarms


def _located(logs: NDArray[np.float64], start: int, alarm: int) -> ChangePoint:
    """The most likely first run of the new level, for a step between start and alarm (least squares)."""
    part = logs[start : alarm + 1]
    sums = np.cumsum(part)
    sizes = np.arange(1, len(part))
    left, right = sums[:-1] / sizes, (sums[-1] - sums[:-1]) / (len(part) - sizes)
    gain = sizes * (len(part) - sizes) / len(part) * (right - left) ** 2
    cut = int(gain.argmax()) + 1
    return ChangePoint(start + cut, alarm, math.exp(float(part[:cut].mean())), math.exp(float(part[cut:].mean())))
