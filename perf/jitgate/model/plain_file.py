"""Reads files that others may have damaged: only ordinary ones, of a size that was expected, and never for ever."""

from __future__ import annotations

import errno
import json
import os
import stat
from io import BufferedReader
from pathlib import Path
from typing import Any

MOST_BYTES = 16 << 20
"""Of a file that holds figures and names: a hundred times the largest of ours."""


def open_plain(path: Path, *, follow: bool = False) -> BufferedReader:
    """`path`, open for reading. OSError for a pipe, a device, a folder, and for a symbolic link unless `follow`."""
    # Not blocking: a pipe that nobody writes to would be waited for here.
    flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
    if not follow:
        if path.is_symlink():
            raise OSError(errno.ELOOP, "it is a symbolic link", str(path))
        flags |= getattr(os, "O_NOFOLLOW", 0)
    number = os.open(path, flags)
    if not stat.S_ISREG(os.fstat(number).st_mode):
        os.close(number)
        raise OSError(errno.EINVAL, "it is no ordinary file", str(path))
    return open(path, "rb", opener=lambda *_: number)


def read_plain(path: Path, most_bytes: int = MOST_BYTES, *, follow: bool = False) -> bytes:
    """What is in it, or where it is a link and `follow`, in what it leads to. OSError where it can't be read,
    ValueError where it is larger than it can be."""
    with open_plain(path, follow=follow) as file:
        found = file.read(most_bytes + 1)
    if len(found) > most_bytes:
        raise ValueError(f"{path} is larger than {most_bytes} bytes")
    return found


def read_json(path: Path, most_bytes: int = MOST_BYTES) -> Any:
    """What it holds. OSError where it can't be read, ValueError where it is no JSON, too large or nested too deep."""
    try:
        return json.loads(read_plain(path, most_bytes).decode())
    except RecursionError:
        raise ValueError(f"{path} is nested too deep") from None
