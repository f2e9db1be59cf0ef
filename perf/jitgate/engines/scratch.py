"""Where a worker's libraries unpack what they load: a folder that the host removes once the worker has ended."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

VARIABLE = "JITGATE_SCRATCH"
"""Set by a worker for itself."""

TEMPORARY = ("TMPDIR", "TMP", "TEMP")
"""What native code asks for the place of temporary files, on POSIX and on Windows."""


def unpack_in(folder: Path) -> None:
    """From now on this process unpacks in `folder`."""
    os.environ[VARIABLE] = str(folder)


@contextlib.contextmanager
def unpacking() -> Iterator[None]:
    """Native code in this block finds the folder as the place of temporary files; where none was named, its own.

    Only in the block: torch keeps its compiler's cache among the temporary files, and that has to outlive a worker.
    """
    folder = os.environ.get(VARIABLE)
    if folder is None:
        yield
        return
    before = {name: os.environ.get(name) for name in TEMPORARY}
    os.environ.update(dict.fromkeys(TEMPORARY, folder))
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value
