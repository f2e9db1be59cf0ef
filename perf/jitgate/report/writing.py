"""Whether a report can be written, asked before anything is done for it."""

from __future__ import annotations

from pathlib import Path

from jitgate.model.errors import UsageError


def require_writable(path: Path, where: str) -> None:
    """Open the file for writing, and leave what is in it. UsageError, which begins with `where`, if that fails."""
    try:
        new = not path.exists()
        with path.open("ab"):
            pass
        if new:
            path.unlink()
    except (OSError, ValueError) as error:  # ValueError: a NUL in the name
        why = getattr(error, "strerror", None) or str(error)
        raise UsageError(f"{where} can't be written ({why}); name a file in a folder that exists") from None
