"""The artefact cache of a session: where it is, and that it stays within its limit."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from jitgate.cache.pruning import Pruned
    from jitgate.plugin.session_state import State


def cache_folder(config: pytest.Config) -> Path:
    """What `--jitgate-cache` names, else `.jitgate/cache` in the root directory."""
    chosen = config.getoption("jitgate_cache")
    return config.invocation_params.dir / chosen if chosen else config.rootpath / ".jitgate" / "cache"


def tidy(config: pytest.Config, state: State) -> None:
    """After a session that has measured: bring the cache below `cache_limit`, where there is one, and say so."""
    limit_bytes = state.policy.cache_limit_bytes if state.measured else None
    if limit_bytes is None:
        return
    from jitgate.cache.pruning import prune

    line = said(prune(cache_folder(config), limit_bytes, time.time()), limit_bytes)
    if line is not None:
        state.progress.note(line)


def said(pruned: Pruned, limit_bytes: int) -> str | None:
    """One line for a person; None where the cache was small enough."""
    from jitgate.model.size import format_bytes

    limit = f"cache_limit {format_bytes(limit_bytes)}"
    parts = []
    if pruned.artefacts:
        removed = f"{pruned.artefacts} artefact{'s' if pruned.artefacts > 1 else ''}"
        parts.append(f"removed {removed} ({format_bytes(pruned.freed_bytes)}) not used for longest")
    if pruned.left_bytes > limit_bytes:
        parts.append(f"{format_bytes(pruned.left_bytes)} stay, which were used within a day or are in use")
    return f"artefact cache, {limit}: {'; '.join(parts)}" if parts else None
