"""Noise models: what a machine does to durations.

A model has two parts. What happens to the machine over time (drift, clocks) affects the call that is running; it spans
all calls of a measurement, so that rounds and sequential blocks meet the same machine. What happens to single calls is
drawn for each arm.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Matrix = NDArray[np.float64]

PAIR_SPREAD = 0.05  # of a pair's log-ratio: recorded rounds show 0.04 to 0.09
ARM_SPREAD = PAIR_SPREAD / np.sqrt(2)
MEMORY = 0.6  # autocorrelation at lag 1
DRIFT = 0.20  # from the first to the last call: a laptop warming up
BLOCK_CALLS = 25  # calls between two shifts of the machine's level
BURST_SHARE, BURST_FACTOR = 0.10, 3.0
CLOCK_STEP = 0.15  # between the two clock rates
BIAS = 0.03

Draw = Callable[[np.random.Generator, int, int], "Matrix"]
"""(generator, series, length) -> log-durations, shape `(series, length)`."""


@dataclass(frozen=True)
class Noise:
    """calls: what each call of an arm adds. machine: what the machine adds over time. bias: of an instance."""

    name: str
    says: str
    calls: Draw
    machine: Draw | None = None
    bias: float = 0.0


@dataclass(frozen=True)
class Rounds:
    """Durations in seconds, shape `(series, rounds)`, for many simulated measurements. control: None without one."""

    baseline: Matrix
    candidate: Matrix
    control: Matrix | None


def _normal(rng: np.random.Generator, series: int, length: int) -> Matrix:
    return rng.normal(0.0, ARM_SPREAD, (series, length))


def _student(rng: np.random.Generator, series: int, length: int) -> Matrix:
    return np.asarray(rng.standard_t(3, (series, length)) * ARM_SPREAD)


def autoregressive(rng: np.random.Generator, series: int, length: int, memory: float = MEMORY) -> Matrix:
    """First-order autoregression with the variance of the other models and `memory` at lag 1."""
    values = _normal(rng, series, length)
    for at in range(1, length):
        values[:, at] = memory * values[:, at - 1] + np.sqrt(1 - memory**2) * values[:, at]
    return values


def _bursts(rng: np.random.Generator, series: int, length: int) -> Matrix:
    hit = rng.random((series, length)) < BURST_SHARE
    return np.asarray(_normal(rng, series, length) + np.log(BURST_FACTOR) * hit)


def _bimodal(rng: np.random.Generator, series: int, length: int) -> Matrix:
    clock = rng.integers(0, 2, (series, length))
    return np.asarray(_normal(rng, series, length) / 2 + np.log1p(CLOCK_STEP) * clock)


def _drift(_rng: np.random.Generator, series: int, length: int) -> Matrix:
    return np.tile(np.linspace(0.0, np.log1p(DRIFT), length), (series, 1))


def _shifts(size: float) -> Draw:
    def draw(rng: np.random.Generator, series: int, length: int) -> Matrix:
        blocks = -(-length // BLOCK_CALLS)
        levels = np.log1p(size) * rng.choice([-1.0, 0.0, 1.0], (series, blocks))
        return np.repeat(levels, BLOCK_CALLS, axis=1)[:, :length]

    return draw


NOISES = (
    Noise("iid normal", "independent, normal", _normal),
    Noise("Student t(3)", "independent, heavy tails", _student),
    Noise("AR(1) 0.6", "every arm remembers its last round, 0.6 at lag 1, and so do the pairs", autoregressive),
    Noise("linear drift", f"the machine becomes {DRIFT:.0%} slower from first to last call", _normal, _drift),
    Noise("shifts of 2 %", f"the level changes by up to 2 % every {BLOCK_CALLS} calls", _normal, _shifts(0.02)),
    Noise("shifts of 5 %", f"the level changes by up to 5 % every {BLOCK_CALLS} calls", _normal, _shifts(0.05)),
    Noise("bursts", "one call in ten takes three times as long, in every arm on its own", _bursts),
    Noise("bimodal clocks", f"every call meets one of two clock rates, {CLOCK_STEP:.0%} apart", _bimodal),
    Noise(
        "instance bias",
        f"candidate and control are {BIAS:.0%} off for good, each to a random side",
        _normal,
        None,
        BIAS,
    ),
)


def interleaved(
    noise: Noise, rng: np.random.Generator, series: int, rounds: int, ratio: float = 1.0, spread: float = 1.0
) -> Rounds:
    """Rounds in random order; the candidate is truly `ratio` times as fast. A biased instance comes with a control.

    spread: factor of every call's own scatter; 1.0 is `PAIR_SPREAD`.
    """
    arms = 3 if noise.bias else 2
    logs = spread * np.stack([noise.calls(rng, series, rounds) for _ in range(arms)])
    if noise.machine is not None:
        machine = noise.machine(rng, series, rounds * arms).reshape(series, rounds, arms)
        order = np.argsort(rng.random((series, rounds, arms)), axis=2)
        logs += np.moveaxis(np.take_along_axis(machine, order, axis=2), 2, 0)
    if noise.bias:
        logs[1:] += np.log1p(noise.bias) * rng.choice([-1.0, 1.0], (arms - 1, series, 1))
    logs[1] -= np.log(ratio)
    seconds = np.exp(logs)
    return Rounds(seconds[0], seconds[1], seconds[2] if arms == 3 else None)


def sequential(noise: Noise, rng: np.random.Generator, series: int, rounds: int, ratio: float = 1.0) -> Rounds:
    """The same number of calls in two blocks, all of the baseline first: how separate benchmark runs are compared."""
    logs = np.stack([noise.calls(rng, series, rounds) for _ in range(2)])
    if noise.machine is not None:
        machine = noise.machine(rng, series, rounds * 2)
        logs += np.stack([machine[:, :rounds], machine[:, rounds:]])
    if noise.bias:
        logs[1] += np.log1p(noise.bias) * rng.choice([-1.0, 1.0], (series, 1))
    logs[1] -= np.log(ratio)
    seconds = np.exp(logs)
    return Rounds(seconds[0], seconds[1], None)
