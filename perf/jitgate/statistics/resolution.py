"""How coarse is the clock that measured? A duration that never leaves one tick has no scatter, and is known to a tick.

Where durations scatter over several ticks, their mean is finer than a tick (dithering: Vanderkooy and Lipshitz,
J. Audio Eng. Soc. 32(3), 1984), and the interval shows all there is. So a tick counts only where most rounds have one
value.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from jitgate.statistics.lazy_numpy import np

if TYPE_CHECKING:
    from numpy.typing import NDArray

MOST_ALIKE = 0.5
"""Share of an arm's rounds with the very same duration, above which its scatter is less than about a tick."""

FEWEST = 3
"""Rounds of which a majority tells something."""

SAME_DURATION = 1e-9
"""Of the longest: two durations that are nearer were one before some arithmetic."""


@dataclass(frozen=True)
class Resolution:
    """tick_s: seconds. ticks: of a typical round of the coarsest arm. low, high: what the ratio may be off, as
    log-ratios, `low <= 0 <= high`; infinite where a round is not longer than a tick."""

    tick_s: float
    ticks: float
    arm: str
    low: float
    high: float

    @property
    def text(self) -> str:
        """What a reader must know of it."""
        many = "one tick" if round(self.ticks, 1) == 1 else f"{self.ticks:.3g} ticks"
        rounds = f"rounds of the {self.arm} take {many} of the clock"
        if math.isinf(self.high):
            return f"{rounds}, as far as these figures tell, so they say nothing of the ratio; measure longer rounds"
        known = math.expm1(max(self.high, -self.low))
        return (
            f"{rounds}, which is too coarse for them: the ratio is known to {known:.1%} at best, and more rounds of "
            "this length don't help; measure longer rounds"
        )


def resolution(arms: Mapping[str, NDArray[np.float64]], above: str, below: str) -> Resolution | None:
    """Of the ratio `above / below`, both names of `arms`; None where most durations differ from each other.

    arms: seconds, shape `(rounds,)` each. A clock ticks alike for all of them.
    """
    coarse = {name: typical for name in (above, below) if (typical := _commonest(arms[name])) is not None}
    if not coarse:
        return None
    tick_s = tick(np.concatenate([arms[above], arms[below]]))
    high = _off(coarse.get(above), tick_s, 1) - _off(coarse.get(below), tick_s, -1)
    low = _off(coarse.get(above), tick_s, -1) - _off(coarse.get(below), tick_s, 1)
    arm = min(coarse, key=lambda name: coarse[name])
    return Resolution(tick_s, coarse[arm] / tick_s, arm, low, high)


def coarse_tick(durations_s: NDArray[np.float64]) -> float:
    """Seconds that each of them may be off, where most have the duration of another; 0.0 where the clock is finer."""
    alike = len(durations_s) >= FEWEST and len(np.unique(durations_s)) <= (1 - MOST_ALIKE) * len(durations_s)
    return tick(durations_s) if alike else 0.0


def tick(durations_s: NDArray[np.float64]) -> float:
    """The smallest step between two of them, or the shortest one, as it may be one tick."""
    values = np.unique(durations_s)
    steps = np.diff(values)
    seen = steps[steps > SAME_DURATION * values[-1]]
    return float(min(seen.min(initial=math.inf), values[0]))


def _commonest(durations_s: NDArray[np.float64]) -> float | None:
    """The duration that most rounds have; None where there is none."""
    values, counts = np.unique(durations_s, return_counts=True)
    at = int(np.argmax(counts))
    most = len(durations_s) >= FEWEST and counts[at] > MOST_ALIKE * len(durations_s)
    return float(values[at]) if most else None


def _off(duration_s: float | None, tick_s: float, sign: int) -> float:
    """Log of how far a duration may be off, to that side: by a tick, as either end of it may lie anywhere in one."""
    if duration_s is None:
        return 0.0
    share = sign * tick_s / duration_s
    return math.log1p(share) if share > -1 + SAME_DURATION else -math.inf
