"""Ctrl-C while turns are taken: acts between two steps, never in the middle of one, and is never lost."""

from __future__ import annotations

import contextlib
import signal
import threading
from collections.abc import Callable, Iterator
from types import FrameType

Handler = Callable[[int, FrameType | None], object]

NUMBERS = (signal.SIGINT, signal.SIGTERM)
"""What asks a process to end cleanly. Windows has both, and Ctrl-C sends the first."""


class Interrupts:
    """Holds signals back from their handlers, and delivers them where it is safe.

    Python runs a handler at any line of the main thread. A handler that raises there may leave half a round recorded;
    and where the line belongs to a `__del__`, a callback of a weak reference or of the collector, what it raises is
    printed and forgotten, and the rounds go on. So a signal is only noted while this holds, and `deliver` calls its
    handler. A second signal does not wait: what hangs between two steps can still be interrupted.

    A signal that is ignored (a job in the background of a shell), or that ends the process without Python, stays so;
    and outside of the main thread, where no handler may be set, nothing is held.
    """

    def __init__(self) -> None:
        self._handlers: dict[int, Handler] = {}
        self._holding = False
        self._noted: list[tuple[Handler, int]] = []

    @contextlib.contextmanager
    def held(self) -> Iterator[None]:
        """Hold signals back until the context is left, however it is left; then deliver what came."""
        if self._holding or threading.current_thread() is not threading.main_thread():
            yield
            return
        try:
            self._hold()
            yield
        finally:
            self._release()
            self.deliver()

    def deliver(self) -> None:
        """It is safe to stop here: call the handler of a signal that came, which may raise."""
        if self._noted:
            handler, number = self._noted.pop()
            handler(number, None)

    def _hold(self) -> None:
        self._noted.clear()
        self._holding = True
        for number in NUMBERS:
            handler = signal.getsignal(number)
            if callable(handler) and handler != self._take:
                self._handlers[number] = handler
                signal.signal(number, self._take)

    def _release(self) -> None:
        self._holding = False  # first: from here on a signal goes to its handler, whether that is restored or not
        for number, handler in list(self._handlers.items()):
            if signal.getsignal(number) == self._take:
                signal.signal(number, handler)
            del self._handlers[number]

    def _take(self, number: int, frame: FrameType | None) -> None:
        handler = self._handlers.get(number, signal.default_int_handler)
        if self._holding and not self._noted:
            self._noted.append((handler, number))
        else:
            handler(number, frame)


INTERRUPTS = Interrupts()
"""One for the process, as signals are."""
