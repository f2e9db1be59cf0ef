"""From an interval to one of four outcomes, with a reason that says what to do next."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from jitgate.model.str_enum import StrEnum
from jitgate.statistics import boundary
from jitgate.statistics.limits import reaches

if TYPE_CHECKING:
    from jitgate.statistics.comparison import Speedup
    from jitgate.statistics.interval import Interval
    from jitgate.statistics.resolution import Resolution
    from jitgate.statistics.starts import BetweenStarts

FEW_DECIMALS, MANY_DECIMALS = 3, 5  # many where few would make both ends of an interval look alike
MOST_PAIRS = 1_000_000  # longer than any run; a forecast beyond is "no number of rounds"
HODGES_LEHMANN_LOSS = 1.0233  # sqrt(pi / 3): its standard error against that of a mean, for normal pairs
MARGIN = 1.5  # the forecast should suffice in most cases, and a few dozen pairs must rule out autocorrelation too


class Outcome(StrEnum):
    """PASS alone is green; INVALID: the measurement can't answer, however many rounds are measured."""

    PASS = "PASS"  # noqa: S105  a verdict, not a password
    FAIL = "FAIL"
    INCONCLUSIVE = "INCONCLUSIVE"
    INVALID = "INVALID"


@dataclass(frozen=True)
class Decision:
    """reason: one sentence that says what to do next. advice: its clause that says so; "" for none.

    pairs_needed, seconds_needed: further rounds and time that would likely decide; None when decided, or when no number
        of rounds would.
    """

    outcome: Outcome
    reason: str
    pairs_needed: int | None = None
    seconds_needed: float | None = None
    advice: str = ""


def judge(speedup: Speedup, threshold: float) -> Decision:
    """Is the candidate at least `threshold` times as fast as the baseline?

    PASS when the whole interval is at or above the threshold, FAIL when it lies below. INVALID when the two copies of
    the baseline differ too much to answer here, however many rounds are measured; a noise floor does not matter to a
    candidate that is further from the threshold than the floor. All else is INCONCLUSIVE.
    """
    if not (math.isfinite(threshold) and threshold > 0):
        raise ValueError(f"threshold must be a positive number, not {threshold!r}")
    invalid = _why_invalid(speedup, threshold)
    if invalid is not None:
        return Decision(Outcome.INVALID, invalid)
    found = speedup.interval
    asked = _ratio(threshold, found)
    if reaches(found.low, threshold):
        return Decision(
            Outcome.PASS,
            f"The candidate is at least {_ratio(found.low, found, up=False)} times as fast as the baseline "
            f"(best estimate {_ratio(found.estimate, found)}), and {asked} was asked for: nothing to do."
            f"{_covered(speedup)}",
        )
    if not reaches(found.high, threshold):
        advice = "find what made it slow, or lower the limit if that is intended"
        return Decision(
            Outcome.FAIL,
            f"The candidate is at most {_ratio(found.high, found, up=True)} times as fast as the baseline "
            f"(best estimate {_ratio(found.estimate, found)}), but {asked} was asked for: {advice}."
            f"{_covered(speedup)}",
            advice=advice,
        )
    return _inconclusive(speedup, threshold)


def _why_invalid(speedup: Speedup, threshold: float) -> str | None:
    if speedup.invalid is not None:
        return f"This measurement can't be trusted: {speedup.invalid}."
    if (
        speedup.drift is not None
        and not reaches(min(speedup.drift), threshold)
        and reaches(max(speedup.drift), threshold)
    ):
        first, second = speedup.drift
        return (
            f"The speed-up itself changed during the measurement, from {first:.3f} to {second:.3f}, across the limit "
            f"of {threshold:g}: find what changes (warm-up too short, heat, memory growing), then measure again."
        )
    found, control = speedup.interval, speedup.control
    undecided = not reaches(found.low, threshold) and reaches(found.high, threshold)
    distance = abs(math.log(found.estimate / threshold))
    if control is None or not undecided or control.contains(1.0) or distance > abs(math.log(control.estimate)):
        return None
    floor, gap = speedup.noise_floor, math.expm1(distance)
    return (
        f"Two copies of the baseline differ by {floor:.1%}, and the candidate is only {gap:.1%} away from the limit of "
        f"{threshold:g}: this machine can't tell {max(floor, 0.001):.1%} apart now, and more rounds won't help; "
        "quiet the machine, or measure in several freshly started processes."
    )


def _inconclusive(speedup: Speedup, threshold: float) -> Decision:
    found = speedup.interval
    clock = speedup.resolution
    if clock is not None and not _pairs_help(clock, speedup, threshold):
        advice = clock.text.rpartition("; ")[2]
        return Decision(
            Outcome.INCONCLUSIVE, f"The limit of {threshold:g} can't be decided: {clock.text}.", advice=advice
        )
    pairs = None if in_the_way(speedup, threshold) else _pairs_needed(speedup, threshold)
    if math.isinf(found.high):
        said = f"Too few rounds ({speedup.pairs}) to say anything about a limit of {threshold:g}"
    else:
        said = (
            f"The candidate is between {_ratio(found.low, found)} and {_ratio(found.high, found)} times as fast as the "
            f"baseline, and the limit of {threshold:g} lies in between"
        )
    if pairs is None:
        why, advice = _beyond_rounds(speedup)
        return Decision(Outcome.INCONCLUSIVE, f"{said}: {why}; {advice}.", advice=advice)
    seconds = pairs * speedup.round_s
    advice = f"measure about {pairs} more rounds ({_duration(seconds)}) to decide"
    return Decision(Outcome.INCONCLUSIVE, f"{said}: {advice}.", pairs, seconds, advice)


def _beyond_rounds(speedup: Speedup) -> tuple[str, str]:
    """Why no number of rounds decides it, and what may."""
    if speedup.starts is not None:
        return _more_starts(speedup.starts)
    if speedup.processes > 1:
        advice = "measure in more freshly started processes, not in more rounds"
        return "the difference is between one start and the next", advice
    advice = "quiet the machine, measure in freshly started processes, or move the limit"
    return "the candidate is too close to the limit for any reasonable number of rounds to decide", advice


def _pairs_help(clock: Resolution, speedup: Speedup, threshold: float) -> bool:
    """Whether the limit is further from the estimate than the clock can be off, so that more rounds may decide it."""
    distance = math.log(threshold / speedup.interval.estimate)
    return not clock.low <= distance <= clock.high


def in_the_way(speedup: Speedup, threshold: float) -> bool:
    """Whether it is what a start may change that keeps the limit inside of the interval, whatever rounds are added."""
    if speedup.starts is None:
        return False
    distance = abs(speedup.starts.centre - math.log(threshold))
    return distance + pair_scatter(speedup) / math.sqrt(speedup.pairs) < speedup.starts.half


def _covered(speedup: Speedup) -> str:
    """What a verdict allows for, where starts were asked about: a reader must know what it does not cover."""
    found = speedup.starts
    if found is None:
        return ""
    if found.assumed:
        sets = "one set" if found.sets == 1 else f"{found.sets} sets"
        return f" It rests on {sets} of processes, and allows for starts that move it by up to {_percent(found.half)}."
    return f" It rests on {found.sets} sets of processes."


def _more_starts(found: BetweenStarts) -> tuple[str, str]:
    allowed = f"another start may move it by {_percent(found.half)}"
    if found.assumed:
        return allowed, "measure in more freshly started processes (a larger --jitgate-budget), or move the limit"
    shown = f"{allowed}, by what {found.sets} sets of processes show"
    return shown, "quiet the machine, measure longer with a larger --jitgate-budget, or move the limit"


def _percent(half: float) -> str:
    return f"{math.expm1(half):.1%}"


def _pairs_needed(speedup: Speedup, threshold: float) -> int | None:
    """Further pairs after which, at the present estimate and spread, the threshold would likely lie outside."""
    n = speedup.pairs
    control = speedup.control
    proven = control is not None and not control.contains(1.0)  # an unproven offset shrinks with more rounds
    floor = abs(math.log(control.estimate)) if control is not None and proven else 0.0
    distance = abs(math.log(speedup.interval.estimate / threshold)) - floor
    if distance <= 0 or speedup.processes > 1:
        return None  # between processes only more processes help
    scatter = pair_scatter(speedup)
    if control is not None and speedup.starts is None:
        scatter *= math.sqrt(3)  # the control's own scatter enters: 2 baseline - candidate - control
    total = pairs_in_all(scatter, distance, speedup.interval.alpha)
    if total is None:
        return None
    # Past the forecast already, by bad luck or autocorrelation: half as many again.
    return max(total - n, boundary.fewest_pairs(speedup.interval.alpha) - n, n // 2, 1)


def pairs_in_all(scatter: float, distance: float, alpha: float) -> int | None:
    """Pairs that scatter so, after which a limit at `distance` (both of logarithms) would likely lie outside; None:
    more than any run has."""

    def decides(pairs: int) -> bool:
        deviation = boundary.critical_deviation(pairs, boundary.LEVEL * alpha)
        return MARGIN * scatter * deviation / math.sqrt(pairs) < distance

    if not decides(MOST_PAIRS):
        return None
    low, high = 0, MOST_PAIRS
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if decides(middle) else (middle, high)
    return high


def pair_scatter(speedup: Speedup) -> float:
    """By how much the estimate of one pair scatters; of n pairs it is `sqrt(n)` times smaller."""
    # Fewer than 16 pairs show chance, not autocorrelation; beyond 0.95 more pairs do not help a series.
    correlated = min(max(speedup.autocorrelation, 0.0), 0.95) if speedup.pairs >= 16 else 0.0
    return speedup.spread * HODGES_LEHMANN_LOSS * math.sqrt((1 + correlated) / (1 - correlated))


def _ratio(ratio: float, found: Interval, *, up: bool | None = None) -> str:
    """As many decimals as `found` supports; `up` rounds away from the statement, so that no text says more than it."""
    if math.isinf(ratio):
        return "any number of"
    decimals = FEW_DECIMALS if found.high > found.low * (1 + 4 * 10.0**-FEW_DECIMALS) else MANY_DECIMALS
    if up is None:
        return f"{ratio:.{decimals}f}"
    scaled = ratio * 10**decimals
    return f"{(math.ceil(scaled) if up else math.floor(scaled)) / 10**decimals:.{decimals}f}"


def _duration(seconds: float) -> str:
    if seconds < 1:
        return "under a second"
    if seconds < 120:
        return f"about {seconds:.0f} s"
    return f"about {seconds / 60:.0f} min" if seconds < 7200 else f"about {seconds / 3600:.0f} h"
