"""A path that an option gives: made absolute, or refused in one sentence."""

from __future__ import annotations

from pathlib import Path

from jitgate.model.error_words import shortly
from jitgate.model.errors import UsageError


def option_path(option: str, given: str, start: Path) -> Path:
    """`given` from `start`, resolved; `~` is the user's home, also where a shell leaves it alone, after `=`.

    Raises UsageError for no name at all, which is not the same as no option, and for one that can't be followed.
    """
    if not given.strip():
        raise UsageError(f"{option} is given no path (is a variable in your command empty?); name one, or leave it out")
    try:
        path = (start / Path(given).expanduser()).resolve()
        path.exists()
    except (OSError, RuntimeError) as error:
        raise UsageError(f"{option} {given}: this path can't be followed ({shortly(error)})") from error
    return path
