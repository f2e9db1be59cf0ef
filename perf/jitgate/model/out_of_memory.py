"""An allocation that failed, with the numbers that say what would be enough."""

from __future__ import annotations

import errno
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from jitgate.model.size import mib

WORDS = re.compile(
    r"DefaultCPUAllocator: (can't allocate|not enough) memory|std::bad_alloc|CUDA (error: )?out of memory"
    r"|(CUBLAS|CUDNN)_STATUS_ALLOC_FAILED|libgomp: Thread creation failed|allocation [^\n]*failed at level [^\n]*"
)
"""What native code says of an allocation that failed, in an exception or as its last words."""


@dataclass(frozen=True)
class OutOfMemory:
    """What is known of a failed allocation, in bytes.

    requested: None where the error does not say. cap: what was enforced, None where only the machine's own size was.
    enforced_by: how. state: of the allocator, as `Cap.state` tells; `level_bytes` counts against the cap. needed: the
    peak of the same request without the cap; None where that was not found out.
    """

    requested_bytes: int | None
    cap_bytes: int | None = None
    enforced_by: str | None = None
    state: Mapping[str, int] = field(default_factory=dict)
    needed_bytes: int | None = None

    @property
    def missing_bytes(self) -> int | None:
        """At least so much more would have been needed; None where that can't be told.

        At least: the failed request would have gone on to allocate, and what its native part held was given back before
        the level could be read. What the request took without the cap tells more.
        """
        if self.cap_bytes is None:
            return None
        level = self.state.get("level_bytes")
        at_failure = None if level is None or self.requested_bytes is None else level + self.requested_bytes
        over = max(self.needed_bytes or 0, at_failure or 0) - self.cap_bytes
        return over if over > 0 else None

    def sentence(self, name: str, phase: str) -> str:
        """What happened to worker `name`. phase: what it did, as `Request.phase` says it."""
        asked = "an allocation" if self.requested_bytes is None else f"an allocation of {mib(self.requested_bytes)}"
        level = f" at level {mib(self.state['level_bytes'])}" if "level_bytes" in self.state else ""
        if self.cap_bytes is None:
            free = f", {mib(self.state['free_bytes'])} were free" if "free_bytes" in self.state else ""
            return f"{name} ran out of memory in {phase}: {asked} failed{level}{free}"
        missing = self.missing_bytes
        least = "; how much is missing can't be told" if missing is None else f", at least {mib(missing)} missing"
        need = "" if self.needed_bytes is None else f" (without the cap it took {mib(self.needed_bytes)})"
        cap = f"does not fit under the enforced {mib(self.cap_bytes)}"
        return f"{name} {cap}: {asked} failed{level} in {phase}{least}{need}"

    def facts(self) -> dict[str, Any]:
        """For the record."""
        return {
            "enforced_bytes": self.cap_bytes,
            "enforced_by": self.enforced_by,
            "out_of_memory": {
                "requested_bytes": self.requested_bytes,
                "missing_bytes": self.missing_bytes,
                "needed_bytes": self.needed_bytes,
                **self.state,
            },
        }


def about_memory(error: BaseException) -> bool:
    """Whether an allocation failed, from the error alone."""
    if isinstance(error, MemoryError) or (isinstance(error, OSError) and error.errno == errno.ENOMEM):
        return True
    by_name = any(kind.__name__ == "OutOfMemoryError" for kind in type(error).__mro__)  # torch's, not imported here
    return by_name or WORDS.search(str(error)) is not None
