"""When is a warm-up over?

Known rules ask for a coefficient of variation below 2 % over the latest calls (Georges, Buytaert and Eeckhout,
OOPSLA 2007), which calls with 4 to 9 % noise never reach, or look at plots (Kalibera and Jones, ISMM 2013), or segment
the whole series afterwards (Barrett et al., OOPSLA 2017). This rule asks for what the next rounds need: a level that no
longer moves.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from jitgate.statistics.durations import accepted
from jitgate.statistics.lazy_numpy import np

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

HALF = 3  # calls of the shortest half window: the median of three ignores one outlier
LONGEST_HALF = 10  # calls; a longer window would include the cold calls for too long
LEVEL_TOLERANCE = 0.10  # medians of three at 9 % noise differ by 8 %; a JIT's first calls differ by 100 to 200 %
FALLING_SHARE = 0.85  # of all pairs of calls the later is faster: 13 of 15 happens by chance in 2.8 % of six calls


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
