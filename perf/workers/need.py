"""How much a request would have taken that failed under the cap: it is made once more, with room."""

from __future__ import annotations

import gc
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from perf.workers.stage import Stage

REPEATABLE = ("open", "load", "bind", "turn")
"""Requests that hold the cap; each may be made again, and then does the same."""


def needed_bytes(stage: Stage, request: str, keywords: Mapping[str, Any]) -> int | None:
    """The peak of `request` in bytes, as the ceiling counts them; None where there is no room here to find out.

    A compiled graph gives back what it held before its failure can be looked at, so that the level then says little.
    The worker has failed and is ended after this, whatever comes of it: nothing of it is measured.
    """
    if request not in REPEATABLE:
        return None
    gc.collect()
    footprint = stage.footprint
    room = footprint.cap.roomy()
    if room is None:
        return None
    footprint.cap = room
    try:
        footprint.reader.reset_peak()
        getattr(stage, request)(**keywords)
    except Exception:  # noqa: BLE001 - it failed once already; how it fails now is no news
        return None
    peak = footprint.peak_bytes()
    return None if peak is None else peak + int(room.facts().get("context_bytes", 0))
