"""Rules that were compared before one was chosen. After every pair each asks: can the centre still be zero?

Each takes log-ratios minus the log of the threshold, shape `(series, pairs)`, and returns where it has decided, in the
same shape.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
from jitgate.statistics.boundary import LEVEL, MIXTURE_PAIRS, critical_deviation, rank
from jitgate.statistics.sequential import positive_averages
from scipy.special import betaln

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Matrix = NDArray[np.float64]
    Decided = NDArray[np.bool_]


def signs(above: Matrix, alpha: float) -> Decided:
    """Sign test as a beta-binomial mixture (Robbins 1970; Howard and Ramdas 2022): no symmetry needed."""
    n = np.arange(1, above.shape[1] + 1)
    positive = np.cumsum(above > 0, axis=1)
    evidence = betaln(positive + 0.5, n - positive + 0.5) - betaln(0.5, 0.5) + n * np.log(2)
    return np.asarray(evidence >= -np.log(alpha))


def sequential_ranks(above: Matrix, alpha: float) -> Decided:
    """Signs weighted by the rank of their size among all so far, self-normalised (de la Pena 1999), normal mixture."""
    size = np.abs(above)
    weights = np.stack([np.mean(size[:, : n + 1] <= size[:, n : n + 1], axis=1) for n in range(above.shape[1])], axis=1)
    total = np.cumsum(np.sign(above) * weights, axis=1)
    variance = np.cumsum(weights**2, axis=1)
    mixture = MIXTURE_PAIRS / 3  # mean squared weight is 1/3
    return np.asarray(
        total**2 / (2 * (variance + mixture)) - np.log((variance + mixture) / mixture) / 2 >= -np.log(alpha)
    )


def running_mean(above: Matrix, alpha: float) -> Decided:
    """Asymptotic confidence sequence for the mean, estimated variance (Waudby-Smith et al. 2024): no outlier guard."""
    n = np.arange(1, above.shape[1] + 1)
    mean = np.cumsum(above, axis=1) / n
    variance = np.cumsum(above**2, axis=1) / n - mean**2
    critical = np.array([critical_deviation(int(pairs), alpha) for pairs in n])
    with np.errstate(divide="ignore", invalid="ignore"):
        z = np.abs(mean) / np.sqrt(variance / np.maximum(n - 1, 1))
    return np.asarray((z >= critical) & (n >= 10))  # fewer pairs give no usable variance


def signed_ranks(above: Matrix, alpha: float) -> Decided:
    """Wilcoxon's signed ranks against the mixture boundary: the chosen rule, without its guard for autocorrelation."""
    n = np.arange(1, above.shape[1] + 1)
    k = np.array([rank(int(pairs), alpha) for pairs in n])
    counts = positive_averages(above)
    return np.asarray(((counts <= k) | (counts >= n * (n + 1) // 2 - k)) & (k >= 0))


CANDIDATES: dict[str, Callable[[Matrix, float], Decided]] = {
    "signs, beta-binomial mixture": signs,
    "sequential signed ranks, self-normalised mixture": sequential_ranks,
    "running mean, asymptotic confidence sequence": running_mean,
    f"signed ranks, mixture boundary at level {LEVEL:g} alpha": signed_ranks,
}
