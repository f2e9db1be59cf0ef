"""From the gain of a part to the gain of the whole, and whether the whole agrees with it.

Amdahl (AFIPS 30, 1967): where a share f of the time is made g times as fast, the whole becomes
1 / (1 - f + f / g) times as fast. Here f and g come from the same rounds as the whole, so that in every round

    expected = baseline - baseline's part + candidate's part

is what the candidate would take if only the part had changed. The difference to what it did take has other causes:
caches that the part leaves warm or cold, memory that it moves, other parts that run differently next to it, and noise.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from jitgate.statistics.comparison import Speedup, speedup
from jitgate.statistics.lazy_numpy import np

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

SHORTEST_PART = 1e-9
"""Of the whole: keeps an expectation above 0 where noise makes the part longer than the whole."""


@dataclass(frozen=True)
class Prediction:
    """Ratios above 1: faster.

    part: gain of the changed part. share: of the changed part in the baseline's time, 0 to 1. predicted, measured: gain
    of the whole. gap: measured over predicted; 1 where they agree.
    """

    part: Speedup
    share: float
    predicted: Speedup
    measured: Speedup
    gap: Speedup


def predict(
    baseline_s: ArrayLike,
    candidate_s: ArrayLike,
    control_s: ArrayLike,
    parts_s: tuple[ArrayLike, ArrayLike, ArrayLike],
    *,
    alpha: float = 0.01,
    processes: ArrayLike | None = None,
) -> Prediction:
    """Predict the whole from its part; arguments as of `speedup`, one figure per round.

    baseline_s, candidate_s, control_s: of the whole. parts_s: the changed part, in the same three arms and order.

    The control widens each interval as in `speedup`: with its own part in the baseline's place for the prediction, and
    for the gap with the distance between the same sum and the control's whole.
    Raises `DurationsError` as `speedup`.
    """
    whole, candidate, control = (np.asarray(arm, dtype=np.float64) for arm in (baseline_s, candidate_s, control_s))
    part, own, other = (np.asarray(arm, dtype=np.float64) for arm in parts_s)
    expected = _expected(whole, part, own)
    control_expected = _expected(whole, part, other)

    def judged(one: NDArray[np.float64], two: NDArray[np.float64], three: NDArray[np.float64]) -> Speedup:
        return speedup(one, two, three, alpha=alpha, processes=processes)

    return Prediction(
        part=judged(part, own, other),
        share=float(np.median(part) / np.median(whole)),
        predicted=judged(whole, expected, control_expected),
        measured=judged(whole, candidate, control),
        # The control: to `expected` as the control is to its own expectation.
        gap=judged(expected, candidate, expected * control / control_expected),
    )


def _expected(whole: NDArray[np.float64], part: NDArray[np.float64], own: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.maximum(whole - part + own, SHORTEST_PART * whole)
