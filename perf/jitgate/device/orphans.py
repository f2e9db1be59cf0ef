"""Processes whose parent has ended stay below this one, where the system can do that."""

from __future__ import annotations

import ctypes
import sys

SET_CHILD_SUBREAPER = 36
"""PR_SET_CHILD_SUBREAPER of linux/prctl.h."""


def adopt_orphans() -> bool:
    """Become the parent of every later process below this one whose own parent ends; False where there is no such call.

    A process that a model detaches from itself (two forks and a new session) is then still found below the worker: its
    memory counts, and it ends with the worker. Source: man 2 prctl, PR_SET_CHILD_SUBREAPER, Linux 3.4.
    """
    if not sys.platform.startswith("linux"):
        return False
    try:
        return bool(ctypes.CDLL(None).prctl(SET_CHILD_SUBREAPER, 1, 0, 0, 0) == 0)
    except (OSError, AttributeError):
        return False
