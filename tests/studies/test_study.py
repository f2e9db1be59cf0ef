"""The study at a size that proves nothing but that it runs, and its parts where they can be wrong."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from jitgate.statistics import Outcome, first_decision
from studies import recorded, tables
from studies.candidates import CANDIDATES
from studies.noise import NOISES, Noise, interleaved, sequential
from studies.ours import watch
from studies.rivals import RIVALS, Rival
from studies.study import Study


@pytest.fixture
def study() -> Study:
    return Study(0.01, 10, 10, 1, lambda _what: None)


@pytest.mark.parametrize("noise", NOISES, ids=lambda noise: noise.name)
def test_a_planted_ratio_is_in_the_noise_model(noise: Noise) -> None:
    rounds = interleaved(noise, np.random.default_rng(0), 200, 100, ratio=1.5)
    ratio = np.median(rounds.baseline / rounds.candidate, axis=1)
    assert np.median(ratio) == pytest.approx(1.5, rel=0.05)
    assert (rounds.control is not None) == bool(noise.bias)


def test_drift_cancels_in_rounds_and_not_in_blocks() -> None:
    drift = next(noise for noise in NOISES if noise.name == "linear drift")
    rng = np.random.default_rng(0)
    rounds, blocks = interleaved(drift, rng, 50, 100), sequential(drift, rng, 50, 100)
    assert np.median(rounds.baseline / rounds.candidate) == pytest.approx(1.0, abs=0.01)
    assert np.median(blocks.candidate) / np.median(blocks.baseline) > 1.05


@pytest.mark.parametrize("noise", [NOISES[0], NOISES[-1]], ids=lambda noise: noise.name)
def test_watching_stops_where_the_judge_alone_would(noise: Noise) -> None:
    rounds = interleaved(noise, np.random.default_rng(3), 12, 120, ratio=1.12)
    outcome = watch(rounds, 1.0, 0.01)
    for at in range(12):
        control = None if rounds.control is None else rounds.control[at]
        stopped = first_decision(rounds.baseline[at], rounds.candidate[at], 1.0, control)
        assert outcome.decided[at] == (stopped is not None)
        assert outcome.pairs[at] == (stopped or 120)
        assert outcome.low[at] <= outcome.high[at]


@pytest.mark.parametrize("rival", RIVALS, ids=lambda rival: rival.name)
def test_rivals_tell_slower_from_faster(rival: Rival) -> None:
    slower = interleaved(NOISES[0], np.random.default_rng(0), 20, 60, ratio=0.8)
    faster = interleaved(NOISES[0], np.random.default_rng(0), 20, 60, ratio=1.25)
    assert (rival.calls(slower, 0.01) == 1).all()
    assert (rival.calls(faster, 0.01) <= 0).all()


@pytest.mark.parametrize("name", CANDIDATES)
def test_compared_rules_decide_a_clear_effect_only(name: str) -> None:
    rng = np.random.default_rng(0)
    assert CANDIDATES[name](rng.normal(1.0, 0.5, (50, 60)), 0.01)[:, -1].mean() > 0.9
    assert CANDIDATES[name](rng.normal(0.0, 0.5, (50, 60)), 0.01).any(axis=1).mean() < 0.1


def test_a_fixed_test_of_equal_power_needs_what_all_of_the_measurements_ask_for() -> None:
    rng = np.random.default_rng(1)
    effect = tables.Effect(0.05, 1.22, 1.10)
    rounds = interleaved(NOISES[0], rng, 500, 60, effect.ratio)
    half, all_of_them = (tables._equal_size(rounds, effect, power, 0.01) for power in (0.5, 1.0))
    assert 8 <= half <= 9  # eight pairs are the fewest that a level of 1 % can be kept with
    assert half < all_of_them < 24
    slower = tables.Effect(0.05, 1 / 1.22, 1 / 1.10)
    mirrored = dataclasses.replace(rounds, baseline=rounds.candidate, candidate=rounds.baseline)
    assert tables._equal_size(mirrored, slower, 1.0, 0.01) == all_of_them


def test_fixed_size_is_the_textbook_figure() -> None:
    # Noether's approximation with the signed rank's efficiency of 3 / pi: 17.8 / (0.955 * 0.36) = 52 pairs.
    assert 50 <= tables._fixed_size(0.6, Study(0.01, 1, 1, 1, print)) <= 60


def test_every_section_gives_a_table(study: Study) -> None:
    sections = [
        tables.false_alarms(study),
        tables.limits(study),
        tables.coverage(study),
        tables.against_others(study),
        tables.compared_rules(study),
        recorded.false_alarms(study),
    ]
    for lines in (section.lines for section in sections):
        cells = {line.count("|") for line in lines}
        assert len(lines) > 2
        assert len(cells) == 1, lines[:2]


def test_recorded_rounds_keep_to_their_planted_truth(study: Study) -> None:
    lines = recorded.verdicts(study).lines
    planted = [line for line in lines if "| slower_12pct | 1.00 |" in line]
    assert len(planted) == 7
    assert all(line.count(str(Outcome.FAIL)) == 2 for line in planted)


def test_no_rule_needs_less_than_the_least() -> None:
    # One pair at a time: independent normal pairs of known scatter would need 2 log(1 / error) / distance^2.
    known = 2 * (0.95 * np.log(0.95 / 0.005) + 0.05 * np.log(0.05 / 0.995)) / 0.3**2
    assert tables.least_pairs(0.3, 0.01) > known
    least = [tables.least_pairs(distance, 0.01) for distance in (0.3, 0.6, 1.2, 2.4)]
    assert least == sorted(least, reverse=True)
    assert tables.least_pairs(0.6, 0.001) > tables.least_pairs(0.6, 0.01)
