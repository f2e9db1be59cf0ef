"""Dependence between rounds, and processes as units."""

from __future__ import annotations

import numpy as np
import pytest
from jitgate.statistics import Outcome, judge, speedup
from jitgate.statistics.boundary import critical_deviation
from jitgate.statistics.dependence import (
    CLIP_SPREADS,
    CORRELATIONS,
    FITTED,
    LEVEL,
    MIXTURE_PAIRS,
    PENALTY,
    RIVALS,
    dependence,
)

from tests.jitgate.statistics.samples import arms


def test_bounds_are_the_centres_that_some_autocorrelation_explains() -> None:
    """Against a search over centres with the likelihood written out."""
    series = np.random.default_rng(2).normal(0.3, 1, 30)
    found = dependence(series, 0.3, 1.0, 0.01)
    clipped = np.clip(series, 0.3 - CLIP_SPREADS, 0.3 + CLIP_SPREADS)

    def misfit(centre: float, r: float) -> float:
        y = clipped - centre
        squares = (1 - r**2) * y[0] ** 2 + np.sum((y[1:] - r * y[:-1]) ** 2)
        return float(np.log(squares) - np.log(1 - r**2) / len(y))

    centres = np.linspace(-2, 2.6, 2001)
    profile = np.array([min(misfit(centre, r) for r in CORRELATIONS) for centre in centres])
    best = min(misfit(c, r) + cost / 30 for c in centres for r, cost in zip(RIVALS, PENALTY, strict=True))
    kept = centres[profile < best + critical_deviation(30, LEVEL * 0.01, MIXTURE_PAIRS) ** 2 / (30 - FITTED)]
    assert found.low == pytest.approx(kept[0], abs=0.01)
    assert found.high == pytest.approx(kept[-1], abs=0.01)


def test_rounds_that_alternate_are_not_widened() -> None:
    series = 0.3 + 0.05 * np.tile([1.0, -1.0], 100) + np.random.default_rng(4).normal(0, 0.01, 200)
    found = dependence(series, 0.3, 0.05, 0.01)
    assert found.autocorrelation < -0.8
    assert (found.low, found.high) == (0.3, 0.3)


def test_slow_swings_are_seen() -> None:
    rng = np.random.default_rng(3)
    series = rng.normal(0, 1, 400) + np.repeat(rng.normal(0, 0.8, 8), 50)
    spread_out = rng.permutation(series)
    assert dependence(series, float(np.median(series)), 1.2, 0.01).swings > 3
    assert dependence(spread_out, float(np.median(series)), 1.2, 0.01).swings == 1.0


def test_processes_that_disagree_widen_the_interval() -> None:
    baseline, candidate, _ = arms(250, 1.15, spread=0.02, seed=6)
    labels = np.repeat(np.arange(5), 50)
    off = np.exp(np.random.default_rng(1).normal(0, 0.03, 5))[labels]
    one, five = speedup(baseline, candidate * off), speedup(baseline, candidate * off, processes=labels)
    assert five.processes == 5
    assert five.process_effect > 5
    assert five.interval.high / five.interval.low > 1.5 * (one.interval.high / one.interval.low - 1) + 1
    assert five.interval.contains(1.15)


def test_processes_that_agree_cost_little() -> None:
    baseline, candidate, _ = arms(250, 1.3, spread=0.02, seed=6)
    found = speedup(baseline, candidate, processes=[f"p{n}" for n in np.repeat(np.arange(5), 50)])
    assert found.interval.high / found.interval.low < 1.05
    assert judge(found, 1.2).outcome is Outcome.PASS


def test_one_label_is_one_process() -> None:
    baseline, candidate, _ = arms(50, 1.3)
    assert speedup(baseline, candidate, processes=["a"] * 50) == speedup(baseline, candidate)


def test_processes_need_a_label_each() -> None:
    baseline, candidate, _ = arms(50)
    with pytest.raises(ValueError, match="one label per round is expected, 50 in all"):
        speedup(baseline, candidate, processes=[1, 2])
