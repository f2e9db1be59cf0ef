"""Ctrl-C while a session ends, as after a first one: it stops at once, with one line."""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Callable
from types import FrameType
from typing import Any

import pytest

from jitgate.model.printable import printable

SAID = "jitgate: interrupted while it saved: stopped at once, and what was not yet saved is lost"


class SecondInterrupt:
    """Takes the signals that ask a process to end, once there is nothing left but to save.

    end: what must not be left, as workers; called once, whatever it raises.
    """

    def __init__(self) -> None:
        self._before: dict[int, Any] = {}
        self.end: Callable[[], object] = lambda: None

    @property
    def armed(self) -> bool:
        """Whether the next signal stops everything."""
        return bool(self._before)

    def arm(self) -> None:
        """The session saves what there is from here on."""
        if threading.current_thread() is not threading.main_thread():
            return
        for number in (signal.SIGINT, signal.SIGTERM):
            if number not in self._before and signal.getsignal(number) is not signal.SIG_IGN:
                self._before[number] = signal.signal(number, self._stop)

    def disarm(self) -> None:
        """The session has ended."""
        for number, handler in self._before.items():
            if signal.getsignal(number) == self._stop:
                signal.signal(number, handler)
        self._before.clear()

    def _stop(self, number: int, frame: FrameType | None) -> None:  # noqa: ARG002 - as signal.signal calls it
        for each in self._before:
            signal.signal(each, signal.SIG_IGN)
        try:
            self.end()
        finally:
            sys.stderr.write(f"\n{printable(SAID)}\n")
            sys.stderr.flush()
            sys.stdout.flush()
            # No exception: one that is raised here goes through whatever plugin runs, and each may show it.
            os._exit(pytest.ExitCode.INTERRUPTED)


SECOND_INTERRUPT = SecondInterrupt()
"""One for the process, as signals are."""
