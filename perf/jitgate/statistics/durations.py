"""Recorded durations: which are accepted, and the message for those that are not."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jitgate.statistics.lazy_numpy import np

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray


SHORTEST_S, LONGEST_S = 1e-12, 1e9  # a picosecond to thirty years: ratios stay finite


class DurationsError(ValueError):
    """Durations that can't be judged; the message names the arm and the round (counted from 1)."""


def accepted(durations_s: ArrayLike, arm: str) -> NDArray[np.float64]:
    """One arm's durations as a float array, shape `(rounds,)`, seconds; `DurationsError` names a bad round."""
    try:
        values = np.asarray(durations_s, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise DurationsError(f"{arm}: not a series of numbers ({error})") from None
    if values.ndim != 1:
        raise DurationsError(f"{arm}: one figure per round is expected, not an array of shape {values.shape}")
    good = np.isfinite(values) & (values > 0) & (values >= SHORTEST_S) & (values <= LONGEST_S)
    if not good.all():
        row = int(np.argmin(good))
        raise DurationsError(
            f"{arm}, round {row + 1}: {_what(values[row])}, but a duration is a positive number of seconds"
        )
    return values


def log_ratios(numerator_s: NDArray[np.float64], denominator_s: NDArray[np.float64]) -> NDArray[np.float64]:
    """Natural logarithm of numerator / denominator, round by round: the unit of inference."""
    return np.log(numerator_s) - np.log(denominator_s)


def same_rounds(arms: dict[str, NDArray[np.float64]]) -> int:
    """The number of rounds, equal in all arms; raises `DurationsError` naming the first round that an arm lacks."""
    rounds = {arm: len(values) for arm, values in arms.items()}
    shortest = min(rounds, key=lambda arm: rounds[arm])
    if len(set(rounds.values())) > 1:
        raise DurationsError(
            f"{shortest}, round {rounds[shortest] + 1}: missing, other arms have {max(rounds.values())} rounds"
        )
    return rounds[shortest]


def _what(value: float) -> str:
    if np.isnan(value):
        return "not a number"
    if np.isinf(value):
        return "infinite"
    return f"{value:g} s"
