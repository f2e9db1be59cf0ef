"""What a request takes that was refused under the cap: it is made once more, with room."""

from __future__ import annotations

import gc
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from jitgate.worker.service import WorkerService

REPEATABLE = ("open", "load", "bind", "turn")
"""Requests that hold the cap; each may be made again, and then does the same."""


@dataclass(frozen=True)
class Repeat:
    """The answer of a request that had room, and its peak in bytes as the ceiling counts them."""

    answer: dict[str, Any]
    needed_bytes: int


def with_room(service: WorkerService, request: str, keywords: Mapping[str, Any]) -> Repeat | None:
    """Make `request` again, without the cap; None where there is no room here to find out.

    A compiled graph gives back what it held before its failure can be looked at, so that the level then says little;
    and a cap on what is handed out may refuse what would never have been touched.
    """
    if request not in REPEATABLE:
        return None
    gc.collect()
    footprint = service.footprint
    cap, before_bytes = footprint.cap, footprint.before_bytes
    room = cap.roomy()
    if room is None:
        return None
    footprint.cap = room
    try:
        footprint.reader.reset_peak()
        answer = getattr(service, request)(**keywords)
        peak = footprint.reader.read().peak_bytes
    except Exception:  # noqa: BLE001 - it failed once already; how it fails now is no news
        return None
    finally:
        # What the first attempt has left (imports) is the model's too.
        footprint.cap, footprint.before_bytes = cap, before_bytes
    if peak is None:
        return None
    return Repeat(answer, max(0, peak - before_bytes) + int(cap.facts().get("context_bytes", 0)))
