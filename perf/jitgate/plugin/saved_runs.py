"""Files of pytest-benchmark's storage: the last one written, and the one compared with. They are only looked at."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pytest

NUMBERED = "[0-9][0-9][0-9][0-9]_*.json"


def newest(config: pytest.Config) -> str:
    """The last file of the storage, by its number; "" where there is none."""
    return max((path.name for path in _files(config)), default="")


def earlier(config: pytest.Config, name: str) -> list[str]:
    """The files of the storage before `name`, the oldest first."""
    return sorted(path.name for path in _files(config) if path.name < name)


def compared_with(config: pytest.Config, before: str) -> str:
    """The file that `--benchmark-compare` takes; "" where it takes none. before: the newest of when the session began.

    Where a pattern names several, the last of them.
    """
    chosen = getattr(config.option, "benchmark_compare", None)
    if not chosen:
        return ""
    if chosen is True:
        return before
    pattern = f"{str(chosen).rpartition('/')[2].rstrip('*').removesuffix('.json')}*"
    return max((path.name for path in _files(config) if path.match(pattern) and path.name <= before), default="")


def _files(config: pytest.Config) -> list[Path]:
    storage = str(getattr(config.option, "benchmark_storage", "") or "")
    if not storage.startswith("file://"):
        return []
    return list(Path(storage.removeprefix("file://")).glob(f"*/{NUMBERED}"))
