"""How much less is learned from pairs that resemble their neighbours.

Signs and ranks are exchangeable only if rounds do not remember each other. Paired log-ratios seldom do (lag 1 within
+-0.2 in the recorded rounds), but where they do an interval for independent pairs is too narrow by the square root of
the design effect (1 + r) / (1 - r) of a first-order autoregression (Bartlett, J. R. Stat. Soc. Suppl. 8, 1946).

A few pairs cannot show whether they remember: 20 pairs of a series with r = 0.6 show 0.4 +- 0.2. So the allowance
starts from "perhaps" and has to be talked down by the data, not the other way round.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

CLIP_SPREADS = 2.5  # an outlier at both ends of a lag would decide the correlation alone
PRIOR_PAIRS = (
    6.0  # allowance for what few pairs can't show, as correlation: 6 / n + 0.5 / sqrt(n). Chosen by simulation
)
PRIOR_ROOT = 0.5  # so that AR(1) 0.6 stays within alpha under peeking, and independent pairs pay as little as can be
HIGHEST = 0.95  # the design effect is 39 here; a series beyond it has no use for more pairs
BLOCKS_FROM = 64  # pairs; fewer do not give enough blocks to see slow swings
BLOCK_EXCESS = 4.0  # standard deviations by which block medians must scatter too much before slow swings are believed


@dataclass(frozen=True)
class Dependence:
    """autocorrelation: lag 1, as seen. design_effect: how many pairs count as one, >= 1, with the allowance."""

    autocorrelation: float
    design_effect: float


def dependence(residuals: NDArray[np.float64], spread: float, starts: NDArray[np.bool_] | None = None) -> Dependence:
    """Dependence of consecutive pairs.

    residuals: log-ratios less their estimate, shape `(n,)`, in the order of the rounds.
    spread: their robust standard deviation.
    starts: True where a round is the first of a new process: it has no neighbour before it.
    """
    n = len(residuals)
    if n < 3 or spread <= 0:
        return Dependence(0.0, 1.0 if spread <= 0 else (1 + HIGHEST) / (1 - HIGHEST))
    clipped = np.clip(residuals, -CLIP_SPREADS * spread, CLIP_SPREADS * spread)
    clipped = clipped - clipped.mean()
    products = clipped[1:] * clipped[:-1]
    if starts is not None:
        products = products[~starts[1:]]
    power = float(clipped @ clipped)
    seen = float(products.sum()) / power if power > 0 else 0.0
    # Taking the mean from the same few pairs hides correlation: Kendall, Biometrika 41, 1954.
    unbiased = seen + (1 + 3 * max(seen, 0.0)) / n
    supposed = min(max(unbiased + PRIOR_PAIRS / n + PRIOR_ROOT / np.sqrt(n), 0.0), HIGHEST)
    return Dependence(seen, max((1 + supposed) / (1 - supposed), _slow_swings(clipped, power / n)))


def _slow_swings(clipped: NDArray[np.float64], variance: float) -> float:
    """Design effect by batch means (Law and Carson, Oper. Res. 27, 1979), or 1.0 where chance explains the scatter."""
    n = len(clipped)
    if n < BLOCKS_FROM or variance <= 0:
        return 1.0
    blocks = int(np.sqrt(n))
    size = n // blocks
    means = clipped[: blocks * size].reshape(blocks, size).mean(axis=1)
    effect = float(size * means.var(ddof=1) / variance)
    return effect if effect > 1 + BLOCK_EXCESS * np.sqrt(2 / (blocks - 1)) else 1.0
