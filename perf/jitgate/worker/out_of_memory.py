"""An allocation that failed: recognised by its error, and told with the numbers that say what would be enough."""

from __future__ import annotations

import re

from jitgate.model.out_of_memory import WORDS, OutOfMemory, about_memory
from jitgate.worker.memory_cap import Cap

UNITS = {"bytes": 1, "KiB": 1 << 10, "MiB": 1 << 20, "GiB": 1 << 30, "TiB": 1 << 40}

REQUESTED = (
    re.compile(r"you tried to allocate (?P<size>\d+) (?P<unit>bytes)"),  # torch's allocator of host memory
    re.compile(r"Tried to allocate (?P<size>[\d.]+) (?P<unit>bytes|[KMGT]iB)"),  # torch's allocator on a card
    re.compile(r"Unable to allocate (?P<size>[\d.]+) (?P<unit>bytes|[KMGT]iB)"),  # numpy
)
"""How an error says what was asked for."""


NO_MAP = re.compile(r"failed to map segment from shared object|[Cc]annot allocate memory")
"""What the system's loader and libraries say; may mean something else, so it counts only under a cap."""

SWALLOWED = re.compile(r"API call failed at ")
"""An AOTInductor package prints what went wrong and raises this instead (torch's AOTI shim)."""


def out_of_memory(error: BaseException, output: str, cap: Cap) -> OutOfMemory | None:
    """What `error` says of a failed allocation; None where it is about something else.

    output: what the process has printed while it worked on this: native code says there what its error leaves out.
    """
    enforced = cap.facts()
    said = str(error)
    if SWALLOWED.search(said):
        said = f"{said}\n{output}"
    by_words = WORDS.search(said) is not None or (enforced is not None and NO_MAP.search(said) is not None)
    if not (by_words or about_memory(error)):
        return None
    try:
        state = cap.state()
    except Exception:  # noqa: BLE001 - a card that has failed may answer nothing more; what the error said still counts
        state = {}
    if enforced is None:
        return OutOfMemory(requested_bytes(said), state=state)
    return OutOfMemory(requested_bytes(said), enforced.enforced_bytes, enforced.enforced_by, state)


def requested_bytes(text: str) -> int | None:
    """How much was asked for, as the error says it: exact on the host, to two decimals on a card."""
    found = [match for pattern in REQUESTED for match in pattern.finditer(text)]
    if not found:
        return None
    return round(float(found[-1]["size"]) * UNITS[found[-1]["unit"]])
