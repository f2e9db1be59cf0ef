"""Many gates in one session: the probability that any of them is wrong."""

from __future__ import annotations


def level_per_gate(alpha: float, gates: int) -> float:
    """The level at which to judge each of `gates` gates, so that the session's false alarms stay within `alpha`.

    Bonferroni: alpha / gates. It holds however the gates depend on one another (they share baseline and machine) and
    whenever each of them stops. Stepwise rules (Holm, Benjamini-Hochberg) do not hold when intervals are reported and
    measurements stop one by one. The price is small: the boundary grows with the square root of log(1 / alpha), so ten
    gates cost some 1.5 times the pairs of one.
    """
    if gates < 1:
        raise ValueError(f"gates must be at least 1, not {gates!r}")
    if not 0 < alpha < 1:
        raise ValueError(f"alpha must lie between 0 and 1, not {alpha!r}")
    return alpha / gates
