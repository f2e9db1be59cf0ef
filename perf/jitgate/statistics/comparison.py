"""Two arms, round by round, and the interval that their ratio supports."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from jitgate.statistics.drift import proven_drift
from jitgate.statistics.durations import DurationsError, accepted, log_ratios, same_rounds
from jitgate.statistics.estimate import LogRatioEstimate, estimate_log_ratio
from jitgate.statistics.interval import Interval
from jitgate.statistics.lazy_numpy import np
from jitgate.statistics.modes import round_modes
from jitgate.statistics.resolution import Resolution, resolution
from jitgate.statistics.starts import BetweenStarts, between_starts

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import ArrayLike, NDArray

GROSS_FLOOR = 0.10
"""Two copies of one model that provably differ by 10 % are further apart than a usual gate asks for: something other
than the code decides the times. The worst pair among the recorded rounds is 4.7 % apart."""

OFFSET_LEVEL = 1.75
"""Of alpha, for the estimates with the control's offset: where there is an offset, only one of them can be wrong, and
only on one side; where there is none, the pairs' own estimate holds at alpha."""


@dataclass(frozen=True)
class Speedup:
    """What the pairs show. Ratios are baseline / candidate: above 1 the candidate is faster.

    interval: allows for the pairs' scatter and autocorrelation, the control and the processes.
    pairs: rounds used.
    spread: robust standard deviation of one pair's log-ratio.
    control: eager against eager, or None.
    noise_floor: how far the control is from 1, relative (0.012 is 1.2 %); 0.0 without control.
    autocorrelation: lag 1, of consecutive log-ratios.
    design_effect: how many pairs count as one, because they resemble their neighbours or are too few to show that they
        do not; at least 1.
    processes, process_effect: number of processes, and the factor by which their scatter exceeds what pairs explain.
    mde: smallest relative effect that can be decided now, at this spread and number of pairs; inf when none can.
    round_s: seconds that one more round of these arms takes.
    drift: first and second half's ratio where the ratio itself drifted, or None.
    notes: sentences on what moved; they do not change the verdict.
    invalid: why the measurement can't be trusted at all, or None.
    resolution: of a clock that is too coarse for these rounds, or None; the interval allows for it.
    starts: the part of the interval that holds for the next start too; None where that was not asked for.
    newest_pairs: rounds of the last set of processes.
    """

    interval: Interval
    pairs: int
    spread: float
    control: Interval | None
    noise_floor: float
    autocorrelation: float
    design_effect: float
    processes: int
    process_effect: float
    mde: float
    round_s: float
    drift: tuple[float, float] | None
    notes: tuple[str, ...]
    invalid: str | None
    resolution: Resolution | None = None
    starts: BetweenStarts | None = None
    newest_pairs: int = 0

    @property
    def text(self) -> str:
        """`1.42x (1.38 to 1.47)`: estimate and interval; or that there are too few pairs for one."""
        known = f"{self.interval.low:.2f} to {self.interval.high:.2f}"
        between = f"{self.pairs} pairs, no interval yet" if math.isinf(self.interval.high) else known
        return f"{self.interval.estimate:.2f}x ({between})"


def speedup(
    baseline_s: ArrayLike,
    candidate_s: ArrayLike,
    control_s: ArrayLike | None = None,
    *,
    alpha: float = 0.01,
    processes: ArrayLike | None = None,
    round_s: float | None = None,
    starts: bool = False,
    own_control: bool = True,
) -> Speedup:
    """Estimate the ratio; may be called after every round: the error probability holds over all calls together.

    baseline_s, candidate_s, control_s: one figure per round, shape `(rounds,)`, seconds, in the order of the rounds;
        equal positions are the same round. The control is a second, independent instance of the baseline.
    alpha: probability that the interval ever misses the truth.
    processes: one label per round, for workers that were restarted between rounds; None means one process.
    round_s: seconds that one more round takes, for forecasts; None: the sum of all arms' medians.
    starts: whether the interval is to hold for the next start of the workers too, however many sets of processes there
        are (see `jitgate.statistics.starts`); needs a control. False: one set of processes speaks for itself.
    own_control: whether the control is a second instance of this baseline, and not of another one, carried over.

    The control widens the interval: it must hold against the baseline, and with the control's offset to either side,
    since the candidate's own instance may be off to either side. Each of the three is a confidence sequence of its own,
    and an interval that needs all three need not share alpha among them (intersection-union test: Berger,
    Technometrics 24, 1982). With `starts` baseline and control together are what the candidate is compared with, and
    what starts may change takes the place of the offset.

    Raises `DurationsError`, with arm and round, for what is not a positive number, and for arms of unequal length.
    """
    if not 0 < alpha < 1:
        raise ValueError(f"alpha must lie between 0 and 1, not {alpha!r}")
    arms = {"baseline": accepted(baseline_s, "baseline"), "candidate": accepted(candidate_s, "candidate")}
    if control_s is not None:
        arms["control"] = accepted(control_s, "control")
    if not same_rounds(arms):
        raise DurationsError("no rounds at all: measure at least one")
    if starts and control_s is None:
        raise ValueError("what a start changes can't be told without a control")
    labels = None if processes is None else _labels(processes, len(arms["baseline"]))
    ratio = log_ratios(arms["baseline"], arms["candidate"])
    control = log_ratios(arms["baseline"], arms["control"]) if "control" in arms else None
    if starts and own_control and control is not None:
        ratio = ratio - control / 2
    own = estimate_log_ratio(ratio, alpha, labels, between=not starts)
    offset = None if control is None else estimate_log_ratio(control, alpha, labels)
    bounds: list[LogRatioEstimate | BetweenStarts] = [own]
    between = None
    if starts and control is not None:
        between = between_starts(ratio, control, labels, alpha, shared=own_control)
        bounds.append(between)
    elif control is not None:
        shifted = (ratio - control, ratio + control)
        bounds += [
            estimate_log_ratio(series, OFFSET_LEVEL * alpha, labels, autocorrelation_if_seen=True) for series in shifted
        ]
    low, high = min(each.low for each in bounds), max(each.high for each in bounds)
    coarse = resolution(arms, "baseline", "candidate")
    if coarse is not None:
        low, high = low + coarse.low, high + coarse.high
        offset = offset and _coarse(offset, resolution(arms, "baseline", "control"))
    # Restarts change the ratio by themselves; the scatter between processes covers that.
    moved = proven_drift(ratio) if labels is None or labels.max() == 0 else None
    return Speedup(
        interval=Interval(math.exp(own.estimate), math.exp(low), _exp(high), alpha),
        pairs=len(ratio),
        spread=own.spread,
        control=None if offset is None else _interval(offset, alpha),
        noise_floor=0.0 if offset is None else math.expm1(abs(offset.estimate)),
        autocorrelation=own.autocorrelation,
        design_effect=own.design_effect,
        processes=1 if labels is None else len(np.unique(labels)),
        process_effect=own.process_effect,
        mde=_exp(max(own.estimate - low, high - own.estimate)) - 1,
        round_s=sum(float(np.median(arm)) for arm in arms.values()) if round_s is None else round_s,
        drift=None if moved is None else (math.exp(moved.first), math.exp(moved.second)),
        notes=(*_notes(arms["baseline"], own, moved is not None), *_modes(arms), *([coarse.text] if coarse else [])),
        invalid=None if offset is None else _invalid(offset),
        resolution=coarse,
        starts=between,
        newest_pairs=len(ratio) if labels is None else int(np.count_nonzero(labels == labels[-1])),
    )


def _labels(processes: ArrayLike, rounds: int) -> NDArray[np.intp]:
    labels = np.asarray(processes)
    if labels.shape != (rounds,):
        raise DurationsError(f"processes: one label per round is expected, {rounds} in all, not shape {labels.shape}")
    return np.unique(labels, return_inverse=True)[1].astype(np.intp)


def _interval(found: LogRatioEstimate, alpha: float) -> Interval:
    return Interval(math.exp(found.estimate), math.exp(found.low), _exp(found.high), alpha)


def _coarse(found: LogRatioEstimate, clock: Resolution | None) -> LogRatioEstimate:
    return found if clock is None else replace(found, low=found.low + clock.low, high=found.high + clock.high)


def _exp(exponent: float) -> float:
    return math.exp(exponent) if exponent < 700 else math.inf  # math.exp overflows at 709.8


def _invalid(offset: LogRatioEstimate) -> str | None:
    proven = max(offset.low, -offset.high, 0.0)
    if proven < math.log1p(GROSS_FLOOR):
        return None
    return (
        f"two copies of the baseline differ by {math.expm1(abs(offset.estimate)):.0%}, so something other than the "
        "code decides the times; end what else runs on this machine, fix its clocks and measure again"
    )


def _modes(arms: Mapping[str, NDArray[np.float64]]) -> list[str]:
    found = {name: round_modes(arm) for name, arm in arms.items()}
    return [f"rounds of the {name} take one of two durations, {each.text}" for name, each in found.items() if each]


def _notes(baseline_s: NDArray[np.float64], own: LogRatioEstimate, ratio_moved: bool) -> tuple[str, ...]:
    notes = []
    if ratio_moved:
        notes.append("the ratio itself changed between the first and the second half of the rounds")
    moved = proven_drift(np.log(baseline_s))
    if moved is not None:
        change = math.expm1(moved.second - moved.first)
        notes.append(
            f"the machine became {abs(change):.0%} {'slower' if change > 0 else 'faster'} while the rounds were timed; "
            "that cancels within pairs"
        )
    if own.autocorrelation > 0.3 and own.design_effect > 2:  # above what recorded rounds show
        notes.append(
            f"neighbouring pairs resemble each other ({own.autocorrelation:.2f} at lag 1); the interval is wider for it"
        )
    return tuple(notes)
