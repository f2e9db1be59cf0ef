"""From the gain of a part to the gain of the whole, and whether the whole keeps to it.

Amdahl (AFIPS 30, 1967): where a share f of the time is made g times as fast, the whole becomes
1 / (1 - f + f / g) times as fast. Here f and g are taken from the same rounds as the whole, so that in every round

    expected = baseline - baseline's part + candidate's part

is what the candidate would take if nothing but the part had changed. What is left between that and what it did take is
the rest of it: caches that the part leaves warm or cold, memory that it moves, other parts that run differently beside
it, and noise.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from jitgate.statistics.comparison import Speedup, speedup

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

SHORTEST_PART = 1e-9
"""Of the whole: a part cannot take less than nothing, but noise may leave nothing of an expectation."""


@dataclass(frozen=True)
class Prediction:
    """Ratios above 1: faster.

    part: gain of what was changed. share: what was changed, of the baseline's time, 0 to 1. predicted, measured: gain
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
    """Judge the whole by its part; arguments as of `speedup`, one figure a round.

    baseline_s, candidate_s, control_s: of the whole. parts_s: what was changed, in the same three arms and order.

    The control widens each claim as it does in `speedup`: with its own part in the baseline's place for the prediction,
    and for the gap with how far the same sum is from the control's whole.
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
        # An arm that is to `expected` what the control is to its own expectation.
        gap=judged(expected, candidate, expected * control / control_expected),
    )


def _expected(whole: NDArray[np.float64], part: NDArray[np.float64], own: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.maximum(whole - part + own, SHORTEST_PART * whole)
