"""Rounds for tests: seeded, so that a failure can be repeated."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from studies.recorded import DATA

if TYPE_CHECKING:
    from numpy.typing import NDArray


def arms(pairs: int, ratio: float = 1.0, spread: float = 0.05, seed: int = 0) -> list[NDArray[np.float64]]:
    """Baseline, candidate (`ratio` times as fast) and control, seconds; a pair's log-ratio scatters by `spread`."""
    rng = np.random.default_rng(seed)
    level = np.log([0.02, 0.02 / ratio, 0.02])
    return list(np.exp(level[:, None] + rng.normal(0, spread / np.sqrt(2), (3, pairs))))


def recorded(stem: str) -> dict[str, NDArray[np.float64]]:
    """Arms of a recorded file."""
    table = np.genfromtxt(DATA / f"{stem}.csv", delimiter=",", names=True)
    return {name: np.asarray(table[name]) for name in table.dtype.names or ()}
