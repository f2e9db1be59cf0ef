"""What the figures of a file are: seconds, parts of them, or rates; and what speaks against taking them for seconds."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from jitgate.cli.rounds_file import Arms

SECONDS = {"s": 1.0, "ms": 1e-3, "us": 1e-6, "ns": 1e-9}
"""Unit -> seconds."""

LONGEST_ROUND_S = 60.0
"""A round that takes longer is rather one of milliseconds, or a rate: who waits for it can say so."""

FURTHEST_APART = 50.0
"""Times as long as another arm's a round may take; one in seconds next to one in milliseconds is further."""

RATES = {"rate", "rates", "ips", "qps", "fps", "rps", "tps", "throughput"}
SMALLER = {"ms": "ms", "msec": "ms", "us": "us", "usec": "us", "µs": "us", "ns": "ns", "nsec": "ns"}
"""Words of a column's name that tell what it holds."""

SAY = "say what the figures are: --unit s, ms, us or ns for durations, --rate for calls a second"


def in_seconds(arms: Arms, unit: str, *, rate: bool) -> Arms:
    """Durations in seconds; of rates (calls in one `unit`), the duration of a call."""
    scale = SECONDS[unit]
    with np.errstate(over="ignore"):  # what is infinite then is refused as no duration
        return {name: scale / arm if rate else scale * arm for name, arm in arms.items()}


def doubt(arms: Arms) -> str:
    """Why figures that nothing was said of may be no seconds, in one sentence; "" where they look like seconds."""
    for name in arms:
        words = set(re.split(r"[^a-zµ]+", name.lower()))
        if words & RATES or re.search(r"/ ?s\b|\bper[ _]s", name.lower()):
            return f"column {name!r} sounds like a rate, and a higher rate is a shorter round; {SAY}"
        if words & SMALLER.keys():
            unit = SMALLER[(words & SMALLER.keys()).pop()]
            return f"column {name!r} sounds like {unit}, not like seconds; {SAY}"
    return _too_far_apart({name: float(np.median(arm)) for name, arm in arms.items()})


def _too_far_apart(typical: Mapping[str, float]) -> str:
    longest, shortest = max(typical, key=lambda name: typical[name]), min(typical, key=lambda name: typical[name])
    if typical[longest] > FURTHEST_APART * typical[shortest]:
        times = typical[longest] / typical[shortest]
        return (
            f"figures of {longest!r} are {times:.4g} times those of {shortest!r}: are both in one unit? Write both in "
            "one and name it with --unit s, ms, us or ns (--rate for calls a second)"
        )
    if typical[longest] > LONGEST_ROUND_S:
        return f"a round of {longest!r} would take {typical[longest]:.4g} s, which is unusual; {SAY}"
    return ""
