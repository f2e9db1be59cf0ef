"""When did a series change? With a bound on false alarms that holds for any distribution of the noise.

Under the null hypothesis the runs of a series are exchangeable. Then the rank of each run among those before it is
uniform, and says nothing of the other ranks (Renyi, MTA III. Oszt. Kozl. 12, 1962). A bet on it is any function of the
rank whose mean over all ranks is 1. For a change that began k runs ago the best one is the ratio of two densities: that
of the new level, and that of all runs so far, of which a share of k / t is of the new level already. It is taken for
normal noise and `SIZES`, each in both directions; the mean is made 1 exactly, whatever the noise. A run that equals
others takes the rank of them that bets least. So

    M_t = sum over starts j of the product of bets from j to t,    averaged over sizes and directions,

minus t is a supermartingale (Shiryaev-Roberts; e-detectors: Shin, Ramdas and Rinaldo, arXiv 2203.03532; on ranks:
Vovk et al., COPA 2021). P(M reaches c within T runs) is at most T / c, the mean time to a false alarm at least c. With
m series and c = m / a there are at most `a` false alarms per run over all series, whatever depends on what between
series.

The bound needs exchangeable runs: independent, of one distribution, however heavy its tails and however many its modes.
A host that drifts and runs that resemble their neighbours break it; `docs/history.md` has the measured rates there.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from jitgate.statistics.lazy_numpy import np

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

SIZES = (0.8, 2.2)
"""Bets, in standard deviations; each in both directions. A change between two of them costs little more evidence."""

AGES = (0, 1, 2, 3, 4, 6, 8, 10, 12, 16, 20, 24, 32, 40, 48, 64)
"""Runs since the change, from which on the next bet is taken. Starts that are older than the last are added up."""

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
    runs = table.shape[1]
    rows = np.full(table.shape, np.nan)  # each from its start on
    for row, values, start in zip(rows, table, starts.tolist(), strict=True):
        row[: runs - start] = values[start:]
    state = np.zeros((2 * len(SIZES), AGES[-1] + 1, len(rows)))
    alarms = np.full(len(rows), -1)
    for now in range(runs):
        column = rows[:, now]
        active = (alarms < 0) & ~np.isnan(column)
        if not active.any():
            break
        under = (rows[:, :now] < column[:, None]).sum(axis=1)
        over = (rows[:, :now] > column[:, None]).sum(axis=1)
        oldest = state[:, -1] + state[:, -2]
        state[:, 1:] = state[:, :-1]
        state[:, 0], state[:, -1] = 1, oldest
        for number, age in enumerate(AGES):
            until = AGES[number + 1] if number + 1 < len(AGES) else age + 1
            state[:, age:until] *= _bets(now + 1, age, under, over)[:, None]
        crossed = active & (state.sum(axis=1).mean(axis=0) >= level) & (now + 1 >= 2 * FEWEST)
        alarms[crossed] = now
    return np.where(alarms < 0, alarms, alarms + starts)


def _bets(runs: int, age: int, under: NDArray[np.intp], over: NDArray[np.intp]) -> NDArray[np.float64]:
    """Shape (sizes and directions, series): on the newest of `runs`, above `under` and below `over` of the others."""
    return np.array(
        [
            _bet((below + 0.5) / runs, runs, age, size) / _mean_bet(runs, age, size)
            for size in SIZES
            for below in (under, over)
        ]
    )


@cache
def _mean_bet(runs: int, age: int, size: float) -> float:
    """Over all ranks."""
    return float(_bet((np.arange(runs) + 0.5) / runs, runs, age, size).mean())


def _bet(shares: NDArray[np.float64], runs: int, age: int, size: float) -> NDArray[np.float64]:
    """By the share of all runs that lie below: density `size` higher, over that of all runs together."""
    changed = min(0.5, (age + 0.5) / runs)
    places, below, beside = _normal(size)
    place = np.interp(shares, below + changed * (beside - below), places)
    ratio = np.exp(size * place - size**2 / 2)
    return np.asarray(ratio / (1 - changed + changed * ratio))


@cache
def _normal(size: float) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Places in standard deviations, and the shares of the old and of the new level below each."""
    from scipy.special import ndtr

    places = np.linspace(-5, 9, 561)
    return places, ndtr(places), ndtr(places - size)


def _located(logs: NDArray[np.float64], start: int, alarm: int) -> ChangePoint:
    """The most likely first run of the new level, for a step between start and alarm (least squares)."""
    part = logs[start : alarm + 1]
    sums = np.cumsum(part)
    sizes = np.arange(1, len(part))
    left, right = sums[:-1] / sizes, (sums[-1] - sums[:-1]) / (len(part) - sizes)
    gain = sizes * (len(part) - sizes) / len(part) * (right - left) ** 2
    cut = int(gain.argmax()) + 1
    return ChangePoint(start + cut, alarm, math.exp(float(part[:cut].mean())), math.exp(float(part[cut:].mean())))
