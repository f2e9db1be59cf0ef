"""One reading of a probe: its value, or why there is none."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeAlias, TypeVar

T = TypeVar("T")
U = TypeVar("U")


@dataclass(frozen=True)
class Missing:
    """No value, and why: half a sentence that follows "not available here:"."""

    why: str

    def __str__(self) -> str:
        return f"not available here: {self.why}"


Reading: TypeAlias = T | Missing
"""A value or the reason for none. Nothing is ever put in the place of a value that could not be read."""


def known(reading: Reading[T]) -> T | None:
    """The value, or None: for JSON, and for rules that have nothing to say about what is not known."""
    return None if isinstance(reading, Missing) else reading


def attempt(read: Callable[[], T | None], *errors: type[BaseException], why: str = "") -> Reading[T]:
    """`read()`; Missing where it raises one of `errors` or gives None, said as `why` and in the error's words."""
    try:
        value = read()
    except errors as error:
        return Missing(f"{why}: {error}" if why and str(error) else why or str(error) or type(error).__name__)
    return Missing(why or "no answer") if value is None else value


def each(reading: Reading[T], change: Callable[[T], U]) -> Reading[U]:
    """`change` applied to a value; a missing reading stays missing."""
    return reading if isinstance(reading, Missing) else change(reading)


def plain(value: Any) -> Any:
    """A value as JSON takes it: null for what is missing, lists for tuples, dicts for dataclasses already made so."""
    if isinstance(value, Missing):
        return None
    if isinstance(value, tuple | list):
        return [plain(entry) for entry in value]
    if isinstance(value, dict):
        return {name: plain(entry) for name, entry in value.items()}
    return value
