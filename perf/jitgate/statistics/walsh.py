"""Order statistics of the Walsh averages (x_i + x_j) / 2, i <= j: estimate and interval of the signed-rank test.

Their median is the Hodges-Lehmann estimate (Ann. Math. Statist. 34, 1963). Three ways to the same figures: up to
`ALL_PAIRS` values form all averages, O(n^2); up to `COUNTED_PAIRS` count them without forming them, O(n log n) per
step; beyond, bin the values and convolve the bins, O(n + bins log bins).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from jitgate.statistics.lazy_numpy import np

if TYPE_CHECKING:
    from numpy.typing import NDArray

ALL_PAIRS = 256  # forming 33,000 averages takes as long as counting them
COUNTED_PAIRS = 4000  # sorting and searching take as long as the convolution of all bins
BINS = 1 << 15  # a bin is 1/1000 of the spread: a tenth of the half-width at a million values
BINNED_SPREADS = 16.0  # values further from the median than this are set to it: ranks, hence bounds, hardly notice
FEW_PER_VALUE = 4  # averages left in a bracket, per value: forming them costs as much as one more count
MOST_STEPS = 100  # of a search that halves its bracket every fourth step; three are usual


@dataclass(frozen=True)
class WalshBounds:
    """`estimate` is the median of the Walsh averages, `low` their (k+1)th smallest, `high` their (k+1)th largest."""

    estimate: float
    low: float
    high: float


def bounds(values: NDArray[np.float64], k: int) -> WalshBounds:
    """Bounds at rank `k` (see `boundary.rank`) of `values`, shape `(n,)`, n >= 1; `k = -1` leaves them infinite."""
    if np.min(values) == np.max(values):  # a clock too coarse to show any scatter
        low, estimate, high = float(values[0]), float(values[0]), float(values[0])
    elif len(values) <= ALL_PAIRS:
        low, estimate, high = _formed(np.sort(values), max(k, 0))
    elif len(values) <= COUNTED_PAIRS:
        low, estimate, high = _counted(np.sort(values), max(k, 0))
    else:
        low, estimate, high = _binned(values, max(k, 0))
    if k < 0:
        return WalshBounds(estimate, -np.inf, np.inf)
    return WalshBounds(estimate, low, high)


def _formed(ordered: NDArray[np.float64], k: int) -> tuple[float, float, float]:
    n = len(ordered)
    sums: NDArray[np.float64] = np.add.outer(ordered, ordered)[_lower_triangle()[:n, :n]]
    last = len(sums) - 1
    middle, other = last // 2, last - last // 2
    parts = np.partition(sums, (k, middle, other, last - k))
    return float(parts[k] / 2), float((parts[middle] + parts[other]) / 4), float(parts[last - k] / 2)


@lru_cache(maxsize=1)
def _lower_triangle() -> NDArray[np.bool_]:
    return np.tri(ALL_PAIRS, dtype=bool)


def _counted(ordered: NDArray[np.float64], k: int) -> tuple[float, float, float]:
    """Bracket three ranks between values with few averages in between, by counting; then form those few."""
    n = len(ordered)
    total = n * (n + 1) // 2
    wanted = np.array([k + 1, (total + 1) // 2, total - k])  # 1 is the smallest
    # No averages lie outside [x_1, x_n]: a bracket that always holds.
    low, high = np.full(3, np.nextafter(ordered[0], -np.inf)), np.full(3, ordered[-1])
    below, above = np.zeros(3, dtype=np.int64), np.full(3, total)
    spread = float(ordered[(3 * n) // 4] - ordered[n // 4]) or float(ordered[-1] - ordered[0])
    # Normal approximation of where to look first; from then on, interpolation between the ends of the bracket.
    guess = ordered[n // 2] + (wanted / total - 0.5) * np.sqrt(3) * 0.75 * spread
    margin = np.full(3, spread / n)  # holds about 2 n averages
    for step in range(MOST_STEPS):
        for probe in (guess - margin, guess + margin):
            count = _averages_at_most(ordered, probe)
            under = (count < wanted) & (probe > low)
            over = (count >= wanted) & (probe < high)
            low, below = np.where(under, probe, low), np.where(under, count, below)
            high, above = np.where(over, probe, high), np.where(over, count, above)
        inside = above - below
        if np.all((inside <= FEW_PER_VALUE * n) | (high - low <= spread * 1e-12)):
            break
        share = np.full(3, 0.5) if step % 4 == 3 else (wanted - below) / inside  # outliers: interpolation may creep
        guess = low + share * (high - low)
        margin = np.minimum((high - low) * np.maximum(n / inside, 0.01), (high - low) / 4)
    found = [_formed_between(ordered, low[i], high[i], wanted[i] - below[i]) for i in range(3)]
    return found[0][0], found[1][total % 2 == 0] / 2 + found[1][0] / 2, found[2][0]


def _formed_between(ordered: NDArray[np.float64], low: float, high: float, rank: int) -> tuple[float, float]:
    """The `rank`-th smallest (from 1) of the averages in (low, high], and the next larger one if it lies there too."""
    n = len(ordered)
    first = np.maximum(np.searchsorted(ordered, 2 * low - ordered, side="right"), np.arange(n))
    last = np.searchsorted(ordered, 2 * high - ordered, side="right")
    sizes = np.maximum(last - first, 0)
    left = np.repeat(np.arange(n), sizes)
    right = np.arange(len(left)) - np.repeat(np.cumsum(sizes) - sizes, sizes) + np.repeat(first, sizes)
    averages = np.sort((ordered[left] + ordered[right]) / 2)
    if not len(averages):  # the bracket is as narrow as rounding: counted in it, and formed beside it
        return float(high), float(high)
    at = max(0, min(rank, len(averages)) - 1)
    return float(averages[at]), float(averages[min(at + 1, len(averages) - 1)])


def _averages_at_most(ordered: NDArray[np.float64], limits: NDArray[np.float64]) -> NDArray[np.int64]:
    """How many Walsh averages are <= each limit. Ordered pairs (i, j) hold each i < j twice and each i = j once."""
    partners = np.searchsorted(ordered, 2 * limits[:, None] - ordered, side="right").sum(axis=1)
    counts: NDArray[np.int64] = (partners + np.searchsorted(ordered, limits, side="right")) // 2
    return counts


def _binned(values: NDArray[np.float64], k: int) -> tuple[float, float, float]:
    n = len(values)
    lowest, quarter, median, three_quarters, highest = np.quantile(values, (0, 0.25, 0.5, 0.75, 1))
    spread = float(three_quarters - quarter) or float(highest - lowest)
    left = max(float(lowest), float(median) - BINNED_SPREADS * spread)
    right = min(float(highest), float(median) + BINNED_SPREADS * spread)
    width = (right - left) / (BINS - 1)
    at = np.rint((np.clip(values, left, right) - left) / width).astype(np.int64)
    mass = np.bincount(at, minlength=BINS).astype(np.float64)
    spectrum = np.fft.rfft(mass, 2 * BINS)
    pairs = np.rint(np.fft.irfft(spectrum * spectrum, 2 * BINS)[: 2 * BINS - 1])
    pairs[::2] += mass  # as in `_averages_at_most`
    counts = np.cumsum(pairs) / 2
    total = n * (n + 1) // 2
    low, middle, high = np.searchsorted(counts, [k + 0.75, total / 2, total - k - 0.25])
    half = width / 2
    return float(left + (low - 1) * half), float(left + middle * half), float(left + (high + 1) * half)
