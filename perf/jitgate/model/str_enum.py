"""`enum.StrEnum`, also for workers in Python 3.10, which has none."""

from __future__ import annotations

import sys

if sys.version_info >= (3, 11):  # noqa: UP036 - workers may run in an older one
    from enum import StrEnum
else:
    from enum import Enum

    class StrEnum(str, Enum):  # noqa: UP042 - this is what it is made of
        """Members that are strings, and print as such."""

        __str__ = str.__str__
        __format__ = str.__format__


__all__ = ["StrEnum"]
