"""What a run is to be compared with: the accepted level of the runs before it, and which of them do not count."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

from jitgate.history.accepted import Accepted
from jitgate.history.content import same
from jitgate.history.stored import StoredPoint
from jitgate.model.past import Modes, PastSeries
from jitgate.statistics.changepoint import ChangePoint, change_points, threshold
from jitgate.statistics.modes import two_modes


@dataclass(frozen=True)
class Now:
    """The run that is compared: its digests, its machine, its branch, and the commits that led to it (None: unknown).

    lower_is_worse: of a ratio. series: how many are watched together.
    """

    series_id: str
    inputs: str
    weights: str
    fingerprint: str
    branch: str
    ancestors: frozenset[str] | None
    today: date
    lower_is_worse: bool = False
    series: int = 1


def past_series(points: Sequence[StoredPoint], now: Now, accepted: Sequence[Accepted], needed: int) -> PastSeries:
    """points: of the series, the oldest first. accepted: the acceptances about it, the oldest first."""
    expired = next((entry for entry in accepted if entry.expired(now.today)), None)
    if expired is not None:
        return PastSeries(
            problem=f"The accepted change of {now.series_id} expired on {expired.expires}: bring the figure back and "
            f"remove the entry, or accept it again ({expired.reason})"
        )
    epochs = ["", *(entry.epoch for entry in accepted)]
    usable, left_out = _sorted_out(points, now, epochs)
    other = sum(count for why, count in left_out.items() if why.startswith("of other "))
    if other and not usable and not any(_same_content(entry, now) for entry in accepted):
        what = next(why for why in left_out if why.startswith("of other "))
        return PastSeries(
            left_out=left_out,
            problem=f"{now.series_id} can't be compared: its {other} earlier runs are {what}, so this is a new series; "
            f'if that is meant, `jitgate history accept "{now.series_id}" --reason "..."`',
        )
    last = accepted[-1] if accepted else None
    here = [point for point in usable if last is None or point.epoch == last.epoch]
    # An acceptance may never have had a run: the level is that of the last one that had.
    earlier = ([point for point in usable if point.epoch == epoch] for epoch in reversed(epochs[:-1]))
    old = _held(next(filter(None, earlier), []), now)
    here = _held(here, now)
    before = [point.estimate for point in old]
    level = PastSeries(
        tuple(point.estimate for point in here),
        tuple(before),
        needed=needed,
        left_out=left_out,
        commit=(here or old)[-1].commit if here or old else "",
        modes=_modes([point.estimate for point in points if _believed(point, now, epochs)]),
    )
    if last is None or not before:
        return level
    middle = math.exp(sum(map(math.log, before)) / len(before))
    sign = -1 if now.lower_is_worse else 1
    return replace(
        level,
        target=None if here else middle * (1 + last.change) ** sign,
        cap=middle * (1 + last.up_to) ** sign,
    )


def _sorted_out(
    points: Sequence[StoredPoint], now: Now, epochs: Sequence[str]
) -> tuple[list[StoredPoint], dict[str, int]]:
    """The points that count, and why how many do not."""
    counted: Counter[str] = Counter()
    usable = []
    for point in points:
        why = point.left_out or _foreign(point, now, epochs)
        if why:
            counted[why] += 1
        else:
            usable.append(point)
    return usable, dict(counted)


def _foreign(point: StoredPoint, now: Now, epochs: Sequence[str]) -> str:
    one_machine = point.fingerprint == now.fingerprint
    if not same(point.inputs, now.inputs, one_machine=one_machine):
        return "of other inputs"
    if not same(point.weights, now.weights, one_machine=one_machine):
        return "of other weights"
    if point.epoch not in epochs:
        return "under a withdrawn acceptance"
    elsewhere = point.branch and now.branch and point.branch != now.branch
    if elsewhere and now.ancestors is not None and point.commit and point.commit not in now.ancestors:
        return "of another branch"
    return ""


def _same_content(entry: Accepted, now: Now) -> bool:
    return (
        bool(entry.inputs or entry.weights)
        and same(entry.inputs, now.inputs, one_machine=False)
        and same(entry.weights, now.weights, one_machine=False)
    )


def has_worsened(points: Sequence[StoredPoint], now: Now, accepted: Sequence[Accepted]) -> bool:
    """Whether the figure has changed for the worse since the last acceptance, by runs that count."""
    epochs = ["", *(entry.epoch for entry in accepted)]
    usable, _ = _sorted_out(points, now, epochs)
    here = [point for point in usable if point.epoch == epochs[-1]]
    return any(worse for _, worse in _changes(_after_better(here, now), now))


def _held(points: list[StoredPoint], now: Now) -> list[StoredPoint]:
    """Those of the level that holds."""
    return _before_worse(_after_better(points, now), now)


def _after_better(points: list[StoredPoint], now: Now) -> list[StoredPoint]:
    """An improvement needs no acceptance: it is the level from then on."""
    better = [change.index for change, worse in _changes(points, now) if not worse]
    return points[better[-1] :] if better else points


def _before_worse(points: list[StoredPoint], now: Now) -> list[StoredPoint]:
    """A change for the worse that was never accepted, as of a slow creep, does not move the level."""
    worse = [change.index for change, worse in _changes(points, now) if worse]
    return points[: worse[0]] if worse else points


def _changes(points: list[StoredPoint], now: Now) -> list[tuple[ChangePoint, bool]]:
    found = change_points([point.estimate for point in points], threshold(now.series))
    return [(change, (change.after < change.before) == now.lower_is_worse) for change in found]


def _believed(point: StoredPoint, now: Now, epochs: Sequence[str]) -> bool:
    """Whether a figure can be believed, be it worse than its level: a jump between two modes shows only so."""
    return (not point.left_out or point.only_regressed) and not _foreign(point, now, epochs)


def _modes(estimates: list[float]) -> Modes | None:
    found = two_modes(estimates)
    return None if found is None else Modes(found.low, found.high, found.gap, found.share)
