"""Scenarios that are functions: they make the inputs of each call."""

from __future__ import annotations

import inspect
from collections.abc import Callable

from jitgate.model.inputs import Inputs
from jitgate.workloads.generators import seeded

MADE_CALLS = 8
"""Calls that a function is asked for: each is compared in every variant, and written for those that load a file."""


def made_inputs(scenario: str, make: Callable[..., Inputs]) -> list[Inputs]:
    """The inputs of its calls, equal in every process: the generators of random, numpy and torch are seeded with the
    number of the call, which `make` gets where it requires an argument. TypeError where it requires more."""
    signature = inspect.signature(make)
    numbered = False
    try:
        signature.bind()
    except TypeError:
        numbered = True
        try:
            signature.bind(0)
        except TypeError:
            raise TypeError(
                f"scenario {scenario!r}: its function must take nothing, or the number of the call, not {signature}"
            ) from None
    found = []
    for number in range(MADE_CALLS):
        with seeded(number):
            found.append(make(number) if numbered else make())
    return found
