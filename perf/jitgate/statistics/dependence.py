"""How far an interval must widen for pairs that resemble their neighbours.

Ranks and signs are exchangeable only if rounds are independent. Paired log-ratios nearly are (lag 1 within +-0.2 in the
recorded rounds), but a series with autocorrelation r needs (1 + r) / (1 - r) times the pairs (Bartlett, J. R. Stat.
Soc. Suppl. 8, 1946), and a dozen pairs cannot show whether they have one: 20 pairs with r = 0.6 show 0.4 +- 0.2. So the
question is not "is there a proven autocorrelation?" but "is there one under which this centre would be no surprise?"

A centre is kept as long as *some* first-order autoregression with 0 <= r <= 0.8 around it explains the pairs nearly as
well as the best explanation around any centre does: the profile likelihood ratio stays below the boundary. Strong
autocorrelation is rare, so it counts against the best explanation (not against the one that keeps a centre) by
`PENALTY`. For a fixed r the centres that are kept form an interval in closed form (generalised least squares); the
result is the union over r. A dozen pairs still decide large effects, since no autocorrelation up to 0.8 makes them
likely.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from jitgate.statistics.boundary import critical_deviation
from jitgate.statistics.lazy_numpy import np

if TYPE_CHECKING:
    from numpy.typing import NDArray

CORRELATIONS = np.arange(0.0, 0.801, 0.05)  # 0.8: nine pairs count as one; beyond it more pairs do not help a series
RIVALS = np.arange(-0.4, 0.801, 0.05)  # of the best explanation; few independent pairs fit -0.4 better
PENALTY = 2.0 * np.clip(RIVALS / 0.3, 0.0, 1.0)  # in deviance; 2 is what one more parameter costs (Akaike 1974)
CLIP_SPREADS = 4.0  # the likelihood is a normal one; outliers are drawn in to here, so that no single one decides
LEVEL = 2.75  # of alpha, for the boundary; chosen by simulation: at alpha 1 %, AR(1) 0.6 errs in 0.8 % of 200 rounds
MIXTURE_PAIRS = 1.0  # the boundary's, see there; 1 decides independent pairs a little sooner at equal error
FITTED = 4  # centre, r and scale are fitted to the same pairs; without this ten pairs would claim too much
BLOCKS_FROM = 64  # pairs; fewer do not give enough blocks to see slow swings
BLOCK_EXCESS = 4.0  # standard deviations of excess scatter of block means that prove slow swings


@dataclass(frozen=True)
class Dependence:
    """autocorrelation: lag 1, as seen. low, high: centres that some autocorrelation explains. swings: design effect of
    slow swings that no first-order autoregression shows; 1.0 where chance explains them."""

    autocorrelation: float
    low: float
    high: float
    swings: float


def dependence(
    series: NDArray[np.float64],
    estimate: float,
    spread: float,
    alpha: float,
    starts: NDArray[np.bool_] | None = None,
) -> Dependence:
    """Bounds for the centre of `series`, log-ratios in the order of the rounds, shape `(n,)`.

    estimate, spread: its robust centre and standard deviation. alpha: probability that the bounds ever miss the centre.
    starts: True where a round is the first of a process and so has no predecessor; None for one process.
    """
    n = len(series)
    if spread <= 0:  # a clock too coarse to show scatter shows no neighbours either
        return Dependence(0.0, estimate, estimate, 1.0)
    clipped = np.clip(series - estimate, -CLIP_SPREADS * spread, CLIP_SPREADS * spread)
    first = np.zeros(n, dtype=bool) if starts is None else starts.copy()
    first[0] = True
    now, before = clipped[1:][~first[1:]], clipped[:-1][~first[1:]]
    centred = clipped - clipped.mean()
    power = float(centred @ centred)
    seen = float(centred[1:] @ (centred[:-1] * ~first[1:])) / power if power > 0 else 0.0
    low, high = -math.inf, math.inf
    if n > FITTED:
        low, high = _explained(clipped[first], now, before, critical_deviation(n, LEVEL * alpha, MIXTURE_PAIRS))
    return Dependence(seen, estimate + low, estimate + high, _slow_swings(centred, power / n))


def _explained(
    first: NDArray[np.float64], now: NDArray[np.float64], before: NDArray[np.float64], deviation: float
) -> tuple[float, float]:
    """Lowest and highest centre that an r in CORRELATIONS explains, relative to the estimate.

    first: rounds without a predecessor. now, before: all other rounds and their predecessors.
    """
    r = RIVALS
    n, heads = len(first) + len(now), len(first)
    weight = 1 - r**2  # a stationary series starts with its full variance
    # Squared residuals as a parabola over the centre c: least + curvature * (c - best)**2, one for each r.
    curvature = weight * heads + (1 - r) ** 2 * len(now)
    best = (weight * first.sum() + (1 - r) * (now.sum() - r * before.sum())) / curvature
    at_zero = weight * (first @ first) + now @ now - 2 * r * (now @ before) + r**2 * (before @ before)
    least = np.maximum(at_zero - curvature * best**2, np.finfo(np.float64).tiny)
    scale = np.log(weight) * heads / n
    allowed = np.exp(np.min(np.log(least) - scale + PENALTY / n) + deviation**2 / (n - FITTED) + scale)
    kept = (allowed > least) & (r >= CORRELATIONS[0] - 0.01)
    if not kept.any():  # rounds that alternate: independence understates what they tell, ranks are wide enough
        return 0.0, 0.0
    half = np.sqrt((allowed[kept] - least[kept]) / curvature[kept])
    return float(np.min(best[kept] - half)), float(np.max(best[kept] + half))


def _slow_swings(centred: NDArray[np.float64], variance: float) -> float:
    """Design effect by batch means (Law and Carson, Oper. Res. 27, 1979), or 1.0 where chance explains the scatter."""
    n = len(centred)
    if n < BLOCKS_FROM or variance <= 0:
        return 1.0
    blocks = math.isqrt(n)
    size = n // blocks
    means = centred[: blocks * size].reshape(blocks, size).mean(axis=1)
    effect = float(size * means.var(ddof=1) / variance)
    return effect if effect > 1 + BLOCK_EXCESS * math.sqrt(2 / (blocks - 1)) else 1.0
