"""Which outputs of a workload are ids that were chosen, as people write it."""

from __future__ import annotations

from collections.abc import Mapping

from jitgate.model.errors import UsageProblem
from jitgate.workloads.token_agreement import Greedy

EXAMPLE = "{ ids = 0, scores = 1, below = 6561 }: places among the outputs, and how many ids there are to choose from"


def parse_greedy(value: object, where: str) -> Greedy:
    """A table as in `{ ids = 0, scores = 1, below = 6561 }`; UsageProblem for anything else, naming `where`."""
    if not isinstance(value, Mapping) or set(value) != {"ids", "scores", "below"}:
        raise UsageProblem(f"{where} = {value!r} must be as in {EXAMPLE}")
    try:
        return Greedy(**value)
    except TypeError:
        raise UsageProblem(f"{where} = {dict(value)!r} must be as in {EXAMPLE}") from None
