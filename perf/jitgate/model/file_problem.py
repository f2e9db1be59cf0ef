"""What went wrong with a file, as a person would say it: a full disk is called a full disk."""

from __future__ import annotations

import errno
import re
import shutil
from collections.abc import Iterable
from pathlib import Path

from jitgate.model.error_words import causes, origins, shortly
from jitgate.model.size import mib

FULL = {
    errno.ENOSPC: "the disk is full",
    errno.EFBIG: "a file may not become that large here",
    getattr(errno, "EDQUOT", errno.ENOSPC): "the disk is full",
}

NEARLY_NONE_BYTES = 4 << 20
"""Room below which a write that failed without a reason failed for want of it: what is written is larger."""

_WRITING = re.compile(
    r"No space left on device|not enough space on the disk|Disk quota exceeded|database or disk is full"
    r"|unexpected pos \d+ vs \d+|(?:file|PytorchStreamWriter).{0,40}(?:failed writing|write failed)|Error writing",
    re.IGNORECASE,
)
"""What native code says of a write that failed; torch's archives and SQLite give no error number."""


def file_problem(error: BaseException) -> str:
    """Why a file could not be read or written: `the disk is full (/tmp/x)`, or the system's words."""
    found = next((each for each in causes(error) if isinstance(each, OSError)), None)
    if found is None:
        return shortly(error)
    words = FULL.get(found.errno or 0) or found.strerror or str(found) or type(found).__name__
    return f"{words} ({found.filename})" if found.filename else words


def full_disk(error: BaseException, folders: Iterable[Path]) -> str:
    """A clause on the disk where `error` comes of its being full; "" where it does not. folders: that were written."""
    found = origins(error)
    numbers = [each.errno for each in found if isinstance(each, OSError) and each.errno in FULL]
    if not numbers and not any(_WRITING.search(str(each)) for each in found):
        return ""
    if errno.EFBIG in numbers:
        return f"{FULL[errno.EFBIG]} (ulimit -f, or the file system)"
    return full_place(folders) or ("the disk is full" if numbers else "")


def full_place(folders: Iterable[Path]) -> str:
    """A clause on the first of these folders whose disk has no room; "" where all have some."""
    for folder in folders:
        try:
            free_bytes = shutil.disk_usage(folder).free
        except OSError:
            continue
        if free_bytes < NEARLY_NONE_BYTES:
            return f"the disk that holds {folder} is full ({mib(free_bytes)} free)"
    return ""


def failed_write(printed: str) -> str:
    """A clause on a write that native code says has failed; "" where it says nothing of the kind."""
    found = _WRITING.search(printed)
    return f"a file could not be written ({found[0]})" if found else ""


def folders_of(request: object) -> list[Path]:
    """Where a request lets files be written or read."""
    return [value.parent for value in vars(request).values() if isinstance(value, Path)]
