"""One reading of the machine: its value, or why there is none."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields, is_dataclass
from typing import Any, TypeAlias, TypeVar

T = TypeVar("T")
U = TypeVar("U")
V = TypeVar("V")


@dataclass(frozen=True)
class Missing:
    """No value, and why: half a sentence that follows "not available here:"."""

    why: str

    def __str__(self) -> str:
        return f"not available here: {self.why}"


Reading: TypeAlias = T | Missing
"""A value, or the reason for none. No default ever replaces a value that could not be read."""


def known(reading: Reading[T]) -> T | None:
    """The value, or None: for JSON, and for rules that do not apply to what is not known."""
    return None if isinstance(reading, Missing) else reading


def attempt(read: Callable[[], T | None], *errors: type[BaseException], why: str = "") -> Reading[T]:
    """`read()`; Missing where it raises one of `errors` or returns None, with `why` and the error's text."""
    try:
        value = read()
    except errors as error:
        return Missing(f"{why}: {error}" if why and str(error) else why or str(error) or type(error).__name__)
    return Missing(why or "no answer") if value is None else value


def each(reading: Reading[T], change: Callable[[T], U]) -> Reading[U]:
    """`change` applied to a value; a missing reading stays missing."""
    return reading if isinstance(reading, Missing) else change(reading)


def both(one: Reading[T], two: Reading[U], join: Callable[[T, U], V]) -> Reading[V]:
    """`join` applied to two values; else the first that is missing."""
    if isinstance(one, Missing):
        return one
    return two if isinstance(two, Missing) else join(one, two)


def plain(value: Any) -> Any:
    """A value as JSON takes it: null for what is missing, a dict for a dataclass, a list for a tuple."""
    if isinstance(value, Missing):
        return None
    if isinstance(value, tuple | list):
        return [plain(entry) for entry in value]
    entries = _entries(value)
    return value if entries is None else {name: plain(entry) for name, entry in entries.items()}


def reasons(value: Any, path: str = "") -> dict[str, str]:
    """Where something is missing in `value`, and why: `cards.0.ecc` -> `Not Supported`."""
    if isinstance(value, Missing):
        return {path: value.why}
    entries = dict(enumerate(value)) if isinstance(value, tuple | list) else _entries(value)
    found: dict[str, str] = {}
    for name, entry in (entries or {}).items():
        found |= reasons(entry, f"{path}.{name}" if path else str(name))
    return found


def _entries(value: Any) -> dict[Any, Any] | None:
    if is_dataclass(value):
        return {field.name: getattr(value, field.name) for field in fields(value)}
    return value if isinstance(value, dict) else None
