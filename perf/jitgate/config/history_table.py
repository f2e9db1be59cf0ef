"""The settings of `[tool.jitgate]` that are about earlier runs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from jitgate.config.history_settings import HistorySettings, Retired
from jitgate.model.errors import UsageError

HISTORY_KEYS = ("history", "min_history", "aliases", "retired", "history_rounds", "accepted")


def parse_history(table: Mapping[str, Any], where: str) -> HistorySettings:
    """UsageError, naming `where`, for what is not understood."""
    for name in ("history", "accepted"):
        if not isinstance(table.get(name, ""), str):
            raise UsageError(f"{where}: {name} = {table[name]!r} must be a string")
    runs = table.get("min_history", HistorySettings.min_history)
    if isinstance(runs, bool) or not isinstance(runs, int) or runs < 2:
        raise UsageError(f"{where}: min_history = {runs!r} must be a whole number from 2: one run shows no scatter")
    keep = table.get("history_rounds", False)
    if not isinstance(keep, bool):
        raise UsageError(f"{where}: history_rounds = {keep!r} must be true or false")
    return HistorySettings(
        url=table.get("history", ""),
        min_history=runs,
        aliases=_aliases(table.get("aliases", {}), f"{where}: aliases"),
        retired=retired(table.get("retired", []), f"{where}: retired"),
        keep_rounds=keep,
        accepted=table.get("accepted", ""),
    )


def retired(entries: object, where: str) -> tuple[Retired, ...]:
    """What goes on purpose, each with its reason. UsageError for an entry without one."""
    if not isinstance(entries, list):
        raise UsageError(f'{where} must be a list, as in [{{ series = "my.encoder/5s/*", reason = "replaced by 8s" }}]')
    found = []
    for entry in entries:
        series = entry.get("series") if isinstance(entry, Mapping) else None
        reason = entry.get("reason") if isinstance(entry, Mapping) else None
        if not isinstance(series, str) or not series.strip("/"):
            raise UsageError(f'{where}: {entry!r} names no series; write {{ series = "GLOB", reason = "..." }}')
        if not isinstance(reason, str) or not reason.strip():
            raise UsageError(f"{where}: {series!r} needs a reason")
        found.append(Retired(series, reason))
    return tuple(found)


def _aliases(entries: object, where: str) -> dict[str, str]:
    valid = isinstance(entries, Mapping) and all(
        isinstance(new, str) and old.count("/") == new.count("/") <= 2 and old != new for old, new in entries.items()
    )
    if not valid or not isinstance(entries, Mapping):
        raise UsageError(f'{where} must map old names to new ones, as in "my.encoder/5s" = "my.encoder/short"')
    return {str(old): str(new) for old, new in entries.items()}
