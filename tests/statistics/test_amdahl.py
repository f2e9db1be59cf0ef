"""What a part's gain promises the whole, on numbers whose truth is known."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from perf.statistics import predict


@given(share=st.floats(0.01, 0.95), gain=st.floats(0.2, 20.0))
def test_without_noise_it_is_amdahls_law(share: float, gain: float) -> None:
    whole = np.full(12, 2.0)
    part = share * whole
    own = part / gain
    found = predict(whole, whole - part + own, whole, (part, own, part))
    law = 1 / (1 - share + share / gain)
    assert found.share == pytest.approx(share)
    assert found.part.interval.estimate == pytest.approx(gain)
    assert found.predicted.interval.estimate == pytest.approx(law)
    assert found.measured.interval.estimate == pytest.approx(law)
    assert found.gap.interval.estimate == pytest.approx(1.0)
    assert found.gap.interval.contains(found.gap.interval.estimate)


@given(other=st.floats(0.5, 2.0))
def test_what_else_has_changed_is_the_gap(other: float) -> None:
    """The part is twice as fast, and all else takes `other` times as long."""
    whole, part = np.full(12, 1.0), np.full(12, 0.4)
    candidate = 0.2 + 0.6 * other
    found = predict(whole, np.full(12, candidate), whole, (part, part / 2, part))
    assert found.gap.interval.estimate == pytest.approx(0.8 / candidate)


@pytest.mark.parametrize("seed", range(8))
def test_the_truth_lies_within_the_intervals(seed: int) -> None:
    rng = np.random.default_rng(seed)

    def noisy(seconds: float) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
        return seconds * np.exp(rng.normal(0.0, 0.03, 40))

    part, own, other = noisy(0.3), noisy(0.2), noisy(0.3)
    found = predict(part + noisy(0.7), own + noisy(0.7), other + noisy(0.7), (part, own, other), alpha=0.05)
    assert found.part.interval.contains(1.5)
    assert found.predicted.interval.contains(1 / 0.9)
    assert found.measured.interval.contains(1 / 0.9)
    assert found.gap.interval.contains(1.0)


def test_a_part_that_is_most_of_the_whole_leaves_something_of_it() -> None:
    """Noise may make what is expected negative; a ratio to it would be no number."""
    whole, part = np.full(10, 1.0), np.full(10, 1.2)
    found = predict(whole, whole, whole, (part, np.full(10, 0.1), part))
    assert np.isfinite(found.predicted.interval.estimate)
