"""Scenarios that are functions: they make the inputs of each call."""

from __future__ import annotations

import contextlib
import inspect
from collections.abc import Callable, Iterator
from typing import Any

from jitgate.model.inputs import Inputs

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
        with _seeded(number):
            found.append(make(number) if numbered else make())
    return found


@contextlib.contextmanager
def _seeded(seed: int) -> Iterator[None]:
    """All generators at `seed` inside of this block; afterwards they are what they were."""
    import random

    import numpy as np
    import torch

    before: tuple[Any, Any] = random.getstate(), np.random.get_state()  # noqa: NPY002 - a user may draw from it
    with torch.random.fork_rng(devices=[]):
        random.seed(seed)
        np.random.seed(seed)  # noqa: NPY002
        torch.manual_seed(seed)
        try:
            yield
        finally:
            random.setstate(before[0])
            np.random.set_state(before[1])  # noqa: NPY002
