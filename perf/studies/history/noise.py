"""Series of runs: noise of six kinds, 2 % wide, around 1.0; and what is planted into them."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.random import Generator
    from numpy.typing import NDArray

WIDTH = 0.02
"""Standard deviation of a run's logarithm."""


def normal(rng: Generator, shape: tuple[int, int]) -> NDArray[np.float64]:
    """Independent and normal."""
    return WIDTH * rng.standard_normal(shape)


def heavy_tailed(rng: Generator, shape: tuple[int, int]) -> NDArray[np.float64]:
    """Student's t with three degrees of freedom, of the same standard deviation."""
    return np.asarray(WIDTH * rng.standard_t(3, shape) / np.sqrt(3))


def two_modes(rng: Generator, shape: tuple[int, int]) -> NDArray[np.float64]:
    """Each run's process lands at one of two levels, 5 % apart, three in ten at the upper one."""
    return 0.05 * (rng.random(shape) < 0.3) + WIDTH / 4 * rng.standard_normal(shape)


def coarse(rng: Generator, shape: tuple[int, int]) -> NDArray[np.float64]:
    """Normal noise by a clock that ticks every 1 %: many runs are equal."""
    return np.round(normal(rng, shape), 2)


def autoregressive(rng: Generator, shape: tuple[int, int]) -> NDArray[np.float64]:
    """Each run resembles the one before: AR(1), 0.5."""
    found = np.empty(shape)
    found[:, 0] = rng.standard_normal(shape[0])
    for run in range(1, shape[1]):
        found[:, run] = 0.5 * found[:, run - 1] + np.sqrt(0.75) * rng.standard_normal(shape[0])
    return WIDTH * found


def drifting(rng: Generator, shape: tuple[int, int]) -> NDArray[np.float64]:
    """Independent noise on a host that wanders: a random walk of 0.2 % a run."""
    return normal(rng, shape) + np.cumsum(0.002 * rng.standard_normal(shape), axis=1)


KINDS: dict[str, Callable[[Generator, tuple[int, int]], NDArray[np.float64]]] = {
    "normal": normal,
    "heavy tails (t, 3)": heavy_tailed,
    "two modes": two_modes,
    "coarse clock": coarse,
    "AR(1), 0.5": autoregressive,
    "drifting host": drifting,
}

EXCHANGEABLE = ("normal", "heavy tails (t, 3)", "two modes", "coarse clock")
"""Where the theorem holds."""


def step(logs: NDArray[np.float64], at: int, size: float) -> NDArray[np.float64]:
    """`size` more from run `at` on, relative."""
    return np.asarray(logs + np.log1p(size) * (np.arange(logs.shape[1]) >= at))


def creep(logs: NDArray[np.float64], at: int, steps: int = 10, size: float = 0.01) -> NDArray[np.float64]:
    """`steps` steps of `size`, one a run, from run `at` on."""
    done = np.clip(np.arange(logs.shape[1]) - at + 1, 0, steps)
    return np.asarray(logs + np.log1p(size) * done)
