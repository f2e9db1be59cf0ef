"""Sets of processes in the study: the noise is what it says, and a measurement ends as a session's would."""

from __future__ import annotations

import numpy as np
import pytest
from jitgate.statistics import Outcome
from studies.noise import NOISES
from studies.restarted import BEYOND, BUDGET, COVERED, StartNoise, each_start, measured, modes, random_bias


@pytest.mark.parametrize("noise", [*COVERED, *BEYOND], ids=lambda noise: noise.name)
def test_every_noise_draws_three_arms_of_each_set(noise: StartNoise) -> None:
    drawn = noise.draw(np.random.default_rng(0), 4, 37)
    assert drawn.shape == (3, 4, 37)
    assert np.isfinite(drawn).all()


def test_a_bias_is_of_the_start_and_modes_last_as_long_as_they_say() -> None:
    moved = random_bias(0.0, 0.3, 0.0)(np.random.default_rng(0), 200, 50).mean(axis=2)
    assert [round(float(arm.std()), 1) for arm in moved] == [0.0, 0.3, 0.0]
    for_good, stay = (modes(1.0, each)(np.random.default_rng(0), 50, 60) > 0.35 for each in (None, 20))
    switches = [np.abs(np.diff(each.astype(int), axis=2)).sum(axis=2).mean() for each in (for_good, stay)]
    assert switches[0] == 0
    assert 1 <= switches[1] <= 2  # three or four stays in sixty rounds, half of them like the one before


def test_what_is_far_from_its_limit_is_decided_by_one_set_and_what_is_near_by_several() -> None:
    far, near = (measured(each_start(NOISES[0]), np.random.default_rng(1), 10, 1.0, 0.01, ratio=r) for r in (1.3, 1.05))
    assert (far.sets == 1).all()
    assert far.share(Outcome.PASS) == 1.0
    assert (near.sets > 1).all()
    assert near.share(Outcome.PASS) > 0.5
    assert near.pairs.max() <= BUDGET
