"""The options about another commit, and what a session says of it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pytest

    from jitgate.report.progress import TerminalProgress
    from jitgate.trees.asked import AskedBase


def asks_for_base(config: pytest.Config) -> bool:
    """Whether this session compares with another commit, or another environment."""
    option = config.getoption
    return bool(option("jitgate_base") or option("jitgate_base_python")) and not option("jitgate_smoke")


def base_of(config: pytest.Config, file: Path | None, progress: TerminalProgress) -> AskedBase | None:
    """Checked out; None where no option asks for it. UsageError for what can't be."""
    if not asks_for_base(config):
        return None
    from jitgate.trees.asked import Wish, resolve

    option, start = config.getoption, config.invocation_params.dir
    python = option("jitgate_base_python")
    wish = Wish(
        option("jitgate_base") or "",
        file or start / "pyproject.toml",
        start,
        config.rootpath / ".jitgate" / "trees",
        None if python is None else start / python,
        same=option("jitgate_aa"),
        dirty=option("jitgate_allow_dirty"),
    )
    progress.busy(f"checking out the base {wish.base}")
    return resolve(wish)
