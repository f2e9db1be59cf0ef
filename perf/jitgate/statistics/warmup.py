"""How many calls a series needs until it is steady, and what they cost."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from jitgate.statistics.durations import accepted
from jitgate.statistics.lazy_numpy import np
from jitgate.statistics.steadiness import HALF, LONGEST_HALF, steady

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

COLD = 1.25
"""Times the steady level: calls above it are cold. Single calls at 9 % noise stay below; a profiling or compiling one
takes twice as long or more."""


@dataclass(frozen=True)
class WarmUp:
    """calls: before the first steady one; None where the series did not become steady.

    made: calls of the series. seconds: time of the calls before the first steady one; of all calls where none is.
    steady_s: the steady level; None where there is none.
    """

    calls: int | None
    made: int
    seconds: float
    steady_s: float | None

    @property
    def excess_s(self) -> float | None:
        """Time of the cold calls beyond that of as many steady ones; None where the series did not become steady."""
        if self.calls is None or self.steady_s is None:
            return None
        return max(0.0, self.seconds - self.calls * self.steady_s)


def warm_up(durations_s: ArrayLike) -> WarmUp:
    """Judge a series that begins with the very first call, shape `(calls,)`, seconds, equal inputs throughout.

    The level is the median of the window that `steady` looks at. A call is cold while it, or the median of it and the
    two after it, is above `COLD` times that level: one slow call among steady ones is noise, at the very beginning it
    is the first call.
    """
    values = accepted(durations_s, "warm-up")
    made, total = len(values), float(values.sum())
    if not steady(values):
        return WarmUp(None, made, total, None)
    half = min(max(HALF, made // 3), LONGEST_HALF)
    level = float(np.median(values[-2 * half :]))
    windows = np.median(np.lib.stride_tricks.sliding_window_view(values, HALF), axis=1)
    above = np.flatnonzero(windows > COLD * level)
    calls = int(above[-1]) + 1 if len(above) else 0
    while calls < made and values[calls] > COLD * level:
        calls += 1
    return WarmUp(calls, made, float(values[:calls].sum()), level)
