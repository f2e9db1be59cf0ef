"""Ctrl-C while turns are taken: heard between two steps, never in the middle of one, and never lost."""

from __future__ import annotations

import contextlib
import signal
import threading
from collections.abc import Callable, Iterator
from types import FrameType

Owner = Callable[[int, FrameType | None], object]

NUMBERS = (signal.SIGINT, signal.SIGTERM)
"""What asks a process to end in order. Windows knows both, and sends itself the first."""


class Interrupts:
    """Holds signals back for whoever had them, and hands them over where it is safe.

    Python runs a handler at any line of the main thread. One that raises there may leave half a round in the books; and
    where the line belongs to a `__del__`, a callback of a weak reference or of the collector, what it raises is printed
    and forgotten, and the rounds go on. So while it holds, a signal only leaves word, and `hear` does what its owner
    would have done at once. A second signal does not wait: what hangs between two steps can still be interrupted.

    Where a signal is ignored (a job in the background of a shell), or ends the process without Python, it stays so; and
    outside of the main thread, where no handler may be set, nothing is held.
    """

    def __init__(self) -> None:
        self._owners: dict[int, Owner] = {}
        self._holding = False
        self._left: list[tuple[Owner, int]] = []

    @contextlib.contextmanager
    def held(self) -> Iterator[None]:
        """Hold signals back until the block is left, however it is left; what was not heard by then is heard there."""
        if self._holding or threading.current_thread() is not threading.main_thread():
            yield
            return
        try:
            self._hold()
            yield
        finally:
            self._let_go()
            self.hear()

    def hear(self) -> None:
        """A place where it is safe to stop: raises what the owner of a signal raises, where one has come."""
        if self._left:
            owner, number = self._left.pop()
            owner(number, None)

    def _hold(self) -> None:
        self._left.clear()
        self._holding = True
        for number in NUMBERS:
            owner = signal.getsignal(number)
            if callable(owner) and owner != self._take:
                self._owners[number] = owner
                signal.signal(number, self._take)

    def _let_go(self) -> None:
        self._holding = False  # first: from here on a signal goes to its owner, whether it is back in its place or not
        for number, owner in list(self._owners.items()):
            if signal.getsignal(number) == self._take:
                signal.signal(number, owner)
            del self._owners[number]

    def _take(self, number: int, frame: FrameType | None) -> None:
        owner = self._owners.get(number, signal.default_int_handler)
        if self._holding and not self._left:
            self._left.append((owner, number))
        else:
            owner(number, frame)


INTERRUPTS = Interrupts()
"""One for the process: signals know no smaller place."""
