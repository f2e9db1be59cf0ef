"""Says what is going on: one line that replaces itself on a terminal, plain lines elsewhere."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterable
from typing import Protocol

from jitgate.model.printable import printable_line

REPEAT_S = 10.0
"""In a log, the same work is mentioned again after this long: enough to see life, few enough to read."""


class Writer(Protocol):
    """The part of pytest's TerminalWriter that is used."""

    def write(self, text: str, *, flush: bool = False) -> None: ...

    def line(self, text: str = "") -> None: ...


class TerminalProgress:
    """Writes to pytest's own terminal writer, which output capturing leaves alone."""

    def __init__(
        self, writer: Writer, *, live: bool, width: int = 100, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._writer = writer
        self._live = live
        self._width = width
        self._clock = clock
        self._shown = 0
        self._topic = ""
        self._said_at = float("-inf")
        self._open_line = True

    def busy(self, what: str) -> None:
        """What is being done now; digits (elapsed seconds, rounds) are not news in themselves."""
        if self._live:
            text = f"jitgate: {printable_line(what)}"[: self._width - 1]
            self._break()
            self._writer.write("\r" + text.ljust(self._shown), flush=True)
            self._shown = len(text)
            return
        topic = re.sub(r"\d+", "", what)
        now = self._clock()
        if topic != self._topic or now - self._said_at >= REPEAT_S:
            self._topic, self._said_at = topic, now
            self.note(what)

    def note(self, what: str) -> None:
        """Something that stays on the screen."""
        self.clear()
        self._break()
        self._writer.line(f"jitgate: {printable_line(what)}")
        self._open_line = True

    def lines(self, texts: Iterable[str]) -> None:
        """Several lines that stay."""
        self.clear()
        self._break()
        for text in texts:
            self._writer.line(printable_line(text))
        self._open_line = True

    def clear(self) -> None:
        """Wipe the line that replaces itself."""
        if self._shown:
            self._writer.write("\r" + " " * self._shown + "\r", flush=True)
            self._shown = 0

    def idle(self) -> None:
        """pytest writes next: its line is then in the way of the next message."""
        self.clear()
        self._open_line = False

    def _break(self) -> None:
        if not self._open_line:
            self._writer.line()
            self._open_line = True
