"""Lengths, masks and ids among the outputs, for the summary: which variants match eager's."""

from __future__ import annotations

from collections.abc import Iterator

from jitgate.gates.output import token_agreement
from jitgate.model.measurement import Measurement
from jitgate.model.variant import BASELINE, CONTROL


def integers(measurement: Measurement) -> Iterator[str]:
    """`all 4 integer outputs (ids, lengths, masks) match eager's: inductor, compile`, and the variants that differ.

    Ids that greedy decoding chose have lines of their own.
    """
    every = {
        name: (samples, samples.accuracy)
        for name, samples in measurement.all_samples.items()
        if name not in (BASELINE, CONTROL) and samples.accuracy is not None
    }
    compared = {name: accuracy for name, (_, accuracy) in every.items() if accuracy.integers}
    equal = [name for name, accuracy in compared.items() if not accuracy.unequal]
    if equal:
        # Every variant is compared with the same right answers, so that all have as many.
        count = compared[equal[0]].integers
        yield f"all {count} integer outputs (ids, lengths, masks) match eager's: {', '.join(equal)}"
    for name, accuracy in compared.items():
        if accuracy.unequal:
            yield f"{name}: {accuracy.unequal} of {accuracy.integers} integer outputs differ from eager's"
    for name, (samples, accuracy) in every.items():
        if accuracy.ids:
            yield f"{name}: {token_agreement(samples)}"
