"""What a model changes in the process around it: put back where that does no harm, and named. Runs in workers."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
from collections.abc import Iterator


class ProcessState:
    """As it is before any code of a model runs."""

    def __init__(self) -> None:
        self._folder = _folder()
        self._umask = _umask()
        self._signals = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
        self._dtype = _dtype()
        self._priority = _priority()

    def put_back(self) -> tuple[str, ...]:
        """What has changed since it was put back last, as the end of "it has changed ..."."""
        return tuple(self._changes())

    def slowed_by(self) -> Iterator[str]:
        """What other processes of this user's may have done to it, and it can't undo."""
        if _priority() > self._priority:
            yield f"a lower priority (nice {_priority()}, and it was started at {self._priority})"

    def _changes(self) -> Iterator[str]:
        if _folder() != self._folder:
            with contextlib.suppress(OSError):
                os.chdir(self._folder)
            yield "the working directory (put back)"
        if _umask() != self._umask:
            os.umask(self._umask)
            yield "the umask (put back)"
        for number, handler in self._signals.items():
            if handler is not None and signal.getsignal(number) is not handler:  # None: set by native code
                signal.signal(number, handler)
                yield f"what {signal.Signals(number).name} does (put back)"
        if _priority() != self._priority:
            with contextlib.suppress(OSError):  # to be less nice again takes a right of its own
                os.setpriority(os.PRIO_PROCESS, 0, self._priority)
            yield "its priority" + ("" if _priority() != self._priority else " (put back)")
        dtype = _dtype()
        if dtype != self._dtype:
            before, self._dtype = self._dtype, dtype  # the model may need it: named, and left as it is
            yield f"the default dtype from {before or 'that of torch'} to {dtype}"


def _folder() -> str:
    try:
        return str(os.getcwd())  # noqa: PTH109 - the name alone, once a request
    except OSError:
        return ""  # it has been removed


def _priority() -> int:
    return os.getpriority(os.PRIO_PROCESS, 0) if hasattr(os, "getpriority") else 0


def _umask() -> int:
    found = os.umask(0o077)  # what another thread makes meanwhile is closed to others
    os.umask(found)
    return found


def _dtype() -> str:
    torch = sys.modules.get("torch")
    return "" if torch is None else str(torch.get_default_dtype())
