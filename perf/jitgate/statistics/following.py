"""Does an output follow its inputs? What tells an answer that was stored from one that was computed roughly."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jitgate.statistics.lazy_numpy import np

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

LEAST_SAMPLES = 3
"""Fewer outputs than this have no common part that could be told from what varies."""


def variation(right: ArrayLike) -> float:
    """How much right outputs, shape `(n, values)`, differ from their mean, relative to their size (L2)."""
    found = np.asarray(right, dtype=np.float64)
    size = float(np.linalg.norm(found))
    return float(np.linalg.norm(found - found.mean(axis=0))) / size if size else 0.0


def following(found: ArrayLike, right: ArrayLike) -> float | None:
    """Slope of what varies in `found` against what varies in `right`, both of shape `(n, values)`.

    1: the output follows its inputs, however large an error that does not depend on them. 0: it does not (a stored
    answer, the answer of another call, noise). None where `right` does not vary, or n is below `LEAST_SAMPLES`.
    """
    one, other = np.asarray(found, dtype=np.float64), np.asarray(right, dtype=np.float64)
    if len(other) < LEAST_SAMPLES:
        return None
    one, other = one - one.mean(axis=0), other - other.mean(axis=0)
    power = float((other * other).sum())
    return float((one * other).sum()) / power if power else None
