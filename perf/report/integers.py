"""Ids, lengths and masks among the outputs, for the summary: they are equal to eager's, or the answer is wrong."""

from __future__ import annotations

from collections.abc import Iterator

from perf.measurement.measurement import Measurement
from perf.variants.registry import BASELINE, CONTROL


def integers(measurement: Measurement) -> Iterator[str]:
    """`all 4 integers of the output (ids, lengths, masks) are eager's in: inductor, compile`, and who has others."""
    compared = {
        name: arm.parity
        for name, arm in measurement.arms.items()
        if name not in (BASELINE, CONTROL) and arm.parity is not None and arm.parity.integers
    }
    equal = [name for name, parity in compared.items() if not parity.unequal]
    if equal:
        # Every variant is compared with the same right answers, so that all have as many.
        count = compared[equal[0]].integers
        yield f"all {count} integers of the output (ids, lengths, masks) are eager's in: {', '.join(equal)}"
    for name, parity in compared.items():
        if parity.unequal:
            yield f"{name}: {parity.unequal} of {parity.integers} integers of the output differ from eager's"
