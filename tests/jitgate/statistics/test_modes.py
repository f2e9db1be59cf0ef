"""Two modes of a machine are named, with their gap and share, and told from noise, drift and a step."""

from __future__ import annotations

import numpy as np
import pytest
from jitgate.statistics import round_modes, speedup
from numpy.typing import NDArray

SCATTER = 0.005


def rounds(levels: NDArray[np.float64], seed: int = 0) -> NDArray[np.float64]:
    return np.exp(levels + np.random.default_rng(seed).normal(0, SCATTER, len(levels)))


def stays(length: int, rounds: int, gap: float) -> NDArray[np.float64]:
    return np.asarray(np.log1p(gap) * (np.arange(rounds) // length % 2))


@pytest.mark.parametrize(("gap", "stay"), [(0.05, 10), (0.15, 10), (0.30, 20)])
def test_sticky_modes_are_named_with_gap_share_and_stay(gap: float, stay: int) -> None:
    found = round_modes(rounds(stays(stay, 6 * stay, gap)))
    assert found is not None
    assert found.gap == pytest.approx(gap, abs=0.005)
    assert (found.share, found.stay, found.sticky) == (0.5, stay, True)
    assert found.text.startswith(f"{found.gap:.1%} apart (50% of rounds at the higher one, some {stay} rounds")


def test_modes_that_every_round_draws_afresh_are_not_sticky() -> None:
    drawn = np.log1p(0.15) * np.random.default_rng(1).integers(0, 2, 80)
    found = round_modes(rounds(drawn))
    assert found is not None
    assert not found.sticky
    assert found.stay < 3


@pytest.mark.parametrize(
    "levels", [np.zeros(60), np.linspace(0, 0.2, 60), np.repeat([0.0, 0.1], 30)], ids=["noise", "drift", "a step"]
)
def test_noise_drift_and_a_step_are_no_modes(levels: NDArray[np.float64]) -> None:
    assert [round_modes(rounds(levels, seed)) for seed in range(30)] == [None] * 30


def test_a_scale_does_not_matter() -> None:
    durations = rounds(stays(10, 60, 0.1))
    seconds, milliseconds = round_modes(durations), round_modes(durations * 1e3)
    assert seconds is not None
    assert milliseconds is not None
    assert milliseconds.text == seconds.text


def test_a_comparison_names_the_arm_that_has_modes() -> None:
    baseline, candidate = rounds(np.zeros(60), 1), rounds(stays(10, 60, 0.1), 2)
    notes = speedup(baseline, candidate).notes
    assert [note for note in notes if note.startswith("rounds of the candidate take one of two durations, 1")]
    assert not [note for note in notes if "the baseline take" in note]
