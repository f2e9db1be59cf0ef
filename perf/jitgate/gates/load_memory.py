"""`variant.load_memory <= load_memory_limit`: what loading and the first call take."""

from __future__ import annotations

from jitgate.gates.kind import Asked
from jitgate.gates.peak_memory import LOAD, PeakKind


class MaxLoadMemory(PeakKind):
    """The test exists only where a gate sets the limit; without one, `max_memory` holds for loading too."""

    key, attribute, fixture = "max_load_memory", "load_memory", "load_memory_limit"
    only_where_set = True

    def phase(self, asked: Asked) -> str:  # noqa: ARG002 - it is always the same
        return LOAD
