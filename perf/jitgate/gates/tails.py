"""Gates on slow calls: a percentile of the durations, in milliseconds or against the baseline's."""

from __future__ import annotations

import math
from collections.abc import Sequence

from jitgate.statistics import Outcome, fewest_calls, tail, tail_speedup

Verdict = tuple[Outcome, str]


def judge_latency(durations_s: Sequence[float], percentile: int, limit_ms: float, alpha: float) -> Verdict:
    """Does `percentile` per cent of the calls end within `limit_ms`? Durations of all steady calls, in seconds."""
    found = tail(durations_s, percentile / 100, alpha=alpha)
    limit_s = limit_ms / 1e3
    if found.high <= limit_s:
        return Outcome.PASS, f"p{percentile} is at most {_ms(found.high)}, and {limit_ms:g} ms are allowed"
    if found.low > limit_s:
        return Outcome.FAIL, (
            f"p{percentile} is at least {_ms(found.low)}, but {limit_ms:g} ms are allowed: find what makes "
            "single calls slow, or raise the limit if that is intended"
        )
    few = _too_few(len(durations_s), percentile, alpha)
    return Outcome.INCONCLUSIVE, few or (
        f"p{percentile} is between {_ms(found.low)} and {_ms(found.high)}, and the limit of {limit_ms:g} ms lies in "
        "between: measure longer (--jitgate-budget) to decide"
    )


def judge_tail_speedup(
    baseline_s: Sequence[float],
    candidate_s: Sequence[float],
    control_s: Sequence[float],
    percentile: int,
    minimum: float,
    alpha: float,
) -> Verdict:
    """Is the candidate's percentile at least `minimum` times as fast, against the baseline and against its control?"""
    fewest = min(len(baseline_s), len(candidate_s), len(control_s))
    found = [tail_speedup(samples, candidate_s, percentile / 100, alpha=alpha) for samples in (baseline_s, control_s)]
    low, high = min(each.low for each in found), max(each.high for each in found)
    if low >= minimum:
        return (
            Outcome.PASS,
            f"p{percentile} is at least {low:.3f} times the baseline's speed, {minimum:g} was asked",
        )
    if high < minimum:
        return Outcome.FAIL, (
            f"p{percentile} is at most {high:.3f} times as fast as the baseline's, but {minimum:g} was asked for: find "
            "what makes single calls slow, or lower the limit if that is intended"
        )
    few = _too_few(fewest, percentile, alpha / 2)
    return Outcome.INCONCLUSIVE, few or (
        f"p{percentile} is between {low:.3f} and {high:.3f} times as fast as the baseline's, and the limit of "
        f"{minimum:g} lies in between: measure longer (--jitgate-budget) to decide"
    )


def _too_few(calls: int, percentile: int, alpha: float) -> str | None:
    needed = fewest_calls(percentile / 100, alpha=alpha)
    if calls >= needed:
        return None
    return (
        f"{calls} calls are too few to bound p{percentile} from above, {needed} independent ones are the least: "
        "measure longer (--jitgate-budget)"
    )


def _ms(seconds: float) -> str:
    return "any duration" if math.isinf(seconds) else f"{seconds * 1e3:.4g} ms"
