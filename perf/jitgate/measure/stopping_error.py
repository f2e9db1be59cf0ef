"""What stopped a measurement before there was a result, in the one sentence that every test of it shows."""

from __future__ import annotations

from jitgate.model.error_words import place_of
from jitgate.model.errors import StoppedError
from jitgate.model.file_problem import file_problem


def stopped_by(what: str, stop: BaseException) -> StoppedError:
    """what: workload and scenario. stop: an error while it was prepared or measured, or a test that was ended."""
    if isinstance(stop, Exception):
        return StoppedError(f"{what} could not be measured: {file_problem(stop)}{place_of(stop)}")
    reason = str(stop).rstrip(". ") or type(stop).__name__
    return StoppedError(f"{what} was not measured: a test of it was stopped ({reason})")
