"""Lengths, masks and ids among the outputs, for the summary: whose are equal to eager's, and whose are not."""

from __future__ import annotations

from collections.abc import Iterator

from jitgate.engines.registry import BASELINE, CONTROL
from jitgate.gates.accuracy import chosen
from jitgate.model.measurement import Measurement


def integers(measurement: Measurement) -> Iterator[str]:
    """`all 4 integers of the output (ids, lengths, masks) are eager's in: inductor, compile`, and who has others.

    Ids that greedy decoding chose have lines of their own.
    """
    every = {
        name: (arm, arm.parity)
        for name, arm in measurement.arms.items()
        if name not in (BASELINE, CONTROL) and arm.parity is not None
    }
    compared = {name: parity for name, (_, parity) in every.items() if parity.integers}
    equal = [name for name, parity in compared.items() if not parity.unequal]
    if equal:
        # Every variant is compared with the same right answers, so that all have as many.
        count = compared[equal[0]].integers
        yield f"all {count} integers of the output (ids, lengths, masks) are eager's in: {', '.join(equal)}"
    for name, parity in compared.items():
        if parity.unequal:
            yield f"{name}: {parity.unequal} of {parity.integers} integers of the output differ from eager's"
    for name, (arm, parity) in every.items():
        if parity.ids:
            yield f"{name}: {chosen(arm)}"
