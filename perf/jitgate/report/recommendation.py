"""The recommendation, as a line of the summary and as plain data."""

from __future__ import annotations

from typing import Any

from jitgate.gates.recommendation import Cost, Recommendation
from jitgate.model.size import format_bytes
from jitgate.model.variant import BASELINE
from jitgate.report.format import format_calls, format_seconds
from jitgate.statistics import finite


def recommendation_line(found: Recommendation) -> str:
    """`recommended for W S on D: V, 1.67x (...) as fast as eager, ...`; or eager, and why none of the others."""
    where = f"{found.workload} {found.scenario} on {found.device}"
    if found.undecided and found.speedup is not None:
        rival, decided = (f"{name}, {found.shown[name]}" for name in (found.undecided, found.variant))
        waiting = f"{rival} and not decided, looks faster than {decided}"
        return (
            f"nothing recommended yet for {where}: {waiting}; measure longer, or in more starts (--jitgate-processes)"
        )
    begin = f"recommended for {where}: {found.variant}"
    others = ", ".join(f"{variant}: {against.words}" for variant, against in found.rejections.items())
    if BASELINE in found.rejections:
        return f"nothing recommended for {where}: none is right, fast and within its limits ({others})"
    if found.variant == BASELINE:
        return f"{begin}, since no other is right, fits and is decidedly faster" + (f" ({others})" if others else "")
    speed = f", {found.shown[found.variant]} as fast as {BASELINE}" if found.variant in found.shown else ""
    memory = "" if found.peak_bytes is None else f", {format_bytes(found.peak_bytes)} of memory"
    return f"{begin}{speed}{memory}{_cold(found)}" + (f" ({others})" if others else "")


def _cold(found: Recommendation) -> str:
    first, later = _words(found.first), _words(found.later)
    if first is None or later is None:
        return ""
    return f"; cold start {first}" if first == later else f"; cold start {first}; from cache {later}"


def _words(cost: Cost) -> str | None:
    """`+61 s (pays off after 3,020 calls, between 2,000 and 6,100)`; None where it is not known."""
    if cost.extra_s is None or cost.payback is None:
        return None
    if cost.extra_s <= 0:
        return "costs nothing more"
    paid = cost.payback
    ends = [format_calls(end).removesuffix(" calls") for end in (paid.soonest, paid.latest)]
    between = f", between {ends[0]} and {ends[1]}" if ends[0] != ends[1] else ""
    return f"+{format_seconds(cost.extra_s)} (pays off after {format_calls(paid.calls)}{between})"


def recommendation_data(found: Recommendation) -> dict[str, Any]:
    """The same as plain JSON; null for what is infinite or not known."""
    return {
        "workload": found.workload,
        "scenario": found.scenario,
        "device": found.device,
        "variant": None if found.undecided or BASELINE in found.rejections else found.variant,
        "undecided": found.undecided or None,
        "speedup": None if found.speedup is None else found.speedup.interval.as_json(),
        "peak_bytes": found.peak_bytes,
        "cold_start": _cost(found.first),
        "from_cache": _cost(found.later),
        "rejections": {variant: against.sentence for variant, against in found.rejections.items()},
    }


def _cost(cost: Cost) -> dict[str, float | None]:
    paid = cost.payback
    return {
        "extra_s": cost.extra_s,
        "calls_until_paid": None if paid is None else finite(paid.calls),
        "soonest": None if paid is None else finite(paid.soonest),
        "latest": None if paid is None else finite(paid.latest),
    }
