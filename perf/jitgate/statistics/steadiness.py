"""When is a warm-up over?

Known rules ask for a coefficient of variation below 2 % over the latest calls (Georges, Buytaert and Eeckhout,
OOPSLA 2007), which calls with 4 to 9 % noise never reach, or look at plots (Kalibera and Jones, ISMM 2013), or segment
the whole series afterwards (Barrett et al., OOPSLA 2017). This rule asks for what the next rounds need: a level that no
longer moves.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from jitgate.statistics.durations import accepted
from jitgate.statistics.lazy_numpy import np

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

HALF = 3  # calls of the shortest half window: the median of three ignores one outlier
LONGEST_HALF = 10  # calls; a longer window would include the cold calls for too long
LEVEL_TOLERANCE = 0.10  # medians of three at 9 % noise differ by 8 %; a JIT's first calls differ by 100 to 200 %
FALLING_SHARE = 0.85  # of all pairs of calls the later is faster: 13 of 15 happens by chance in 2.8 % of six calls

COLD = 1.25
"""Times the steady level: calls above it are cold. Single calls at 9 % noise stay below; a profiling or compiling one
takes twice as long or more."""


def steady(durations_s: ArrayLike) -> bool:
    """Whether the end of this series of warm-up calls is steady.

    durations_s: all calls so far, shape `(calls,)`, seconds, the first call included. Fewer than six are never steady.

    The last 2 h calls (h a third of the series, 3 to 10) are steady when the medians of their halves differ by at most
    10 % and they do not keep falling (Mann's trend test, Econometrica 13, 1945, one-sided 3 % at six calls). Ask after
    each call; a late answer costs some warm-up calls and nothing else.
    """
    values = accepted(durations_s, "warm-up")
    half = min(max(HALF, len(values) // 3), LONGEST_HALF)
    if len(values) < 2 * half:
        return False
    window = values[-2 * half :]
    before, after = float(np.median(window[:half])), float(np.median(window[half:]))
    if abs(after - before) > LEVEL_TOLERANCE * min(after, before):
        return False
    earlier, later = np.triu_indices(2 * half, k=1)
    falling = float(np.mean(window[later] < window[earlier]))
    return falling < FALLING_SHARE


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
