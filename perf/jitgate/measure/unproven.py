"""Where outputs can't tell a computed answer from a stored one: calls with other values, and what a look-up takes."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from jitgate.model.samples import Samples
from jitgate.model.variant import BASELINE, is_variant
from jitgate.pool.output_audit import OTHER_TURNS, OutputAudit

FIRST_OTHER = 1 << 30
"""Number of the first call with other values: none that is timed has it."""

OTHER_CALLS = 4
"""Of a turn with other values; the first one is cold."""

SLOW_S = 0.5
"""A call that takes longer is made once in a turn."""

LOOK_UPS = 3.0
"""Times what a look-up takes: a call that needs no longer may be one, however it is written."""

REMEDY = "give the scenario inputs whose values may change (a float tensor, or rows of ids), or more work in a call"


def try_others(
    audit: OutputAudit, names: Iterable[str], call_s: float | None, turn: Callable[[str, int, int], object]
) -> None:
    """Let each worker take turns with other values than those that are timed, which count for nothing else.

    call_s: of eager, in seconds. turn: of a worker, from a call's number on, so many calls.
    """
    calls = OTHER_CALLS if (call_s or 0.0) <= SLOW_S else 1
    with audit.others():
        for number in range(OTHER_TURNS):
            for name in names:
                turn(name, FIRST_OTHER + number * calls, calls)


def near_a_look_up(samples: Samples, look_up_s: float | None) -> str:
    """Why a worker may have looked up its answers; "" where it has not. look_up_s: None where that is not known."""
    found, call_s = samples.timed_outputs, samples.median_s
    if (
        found is None
        or not found.unproven
        or not is_variant(samples.name)
        or call_s is None
        or samples.name == BASELINE
    ):
        return ""
    if look_up_s is None:
        return f"nothing tells its answers from stored ones: {found.unproven}; {REMEDY}"
    if call_s > LOOK_UPS * look_up_s:
        return ""
    return (
        f"its calls take {1e6 * call_s:.1f} us, looking up a stored answer takes {1e6 * look_up_s:.1f} us here, and "
        f"outputs can't tell the two apart: {found.unproven}; {REMEDY}"
    )
