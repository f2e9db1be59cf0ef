"""Makes a request that ran out of memory once more without the cap, to see what it takes."""

from __future__ import annotations

import gc
from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from jitgate.model.requests import Request
    from jitgate.worker.service import WorkerService

AnswerT = TypeVar("AnswerT")


@dataclass(frozen=True)
class Uncapped(Generic[AnswerT]):
    """The answer of a request without the cap, and its peak in bytes as the memory limit counts them."""

    answer: AnswerT
    needed_bytes: int


def retry_uncapped(service: WorkerService, request: Request[AnswerT]) -> Uncapped[AnswerT] | None:
    """Make `request` again without the cap; None where it has no cap, or this machine has no memory to spare.

    A compiled graph gives back what it held before its failure can be examined, so that the level then says little;
    and a cap on what is handed out may refuse what would never have been touched.
    """
    if not request.capped:
        return None
    gc.collect()
    footprint = service.footprint
    cap, before_bytes = footprint.cap, footprint.before_bytes
    uncapped = cap.uncapped()
    if uncapped is None:
        return None
    footprint.cap = uncapped
    try:
        footprint.reader.reset_peak()
        answer = service.answer(request)
        peak = footprint.reader.read().peak_bytes
    except Exception:  # noqa: BLE001 - it failed before, and that failure is reported
        return None
    finally:
        # What the first attempt has left (imports) is the model's too.
        footprint.cap, footprint.before_bytes = cap, before_bytes
    if peak is None:
        return None
    enforced = cap.facts()
    context_bytes = 0 if enforced is None else enforced.context_bytes or 0
    return Uncapped(answer, max(0, peak - before_bytes) + context_bytes)
