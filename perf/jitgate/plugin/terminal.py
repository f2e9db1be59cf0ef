"""pytest's terminal, past its output capturing."""

from __future__ import annotations

import sys
from contextlib import AbstractContextManager, nullcontext

import pytest
from _pytest._io import TerminalWriter


def writer_of(config: pytest.Config) -> TerminalWriter:
    """pytest's own, or one to standard error where its reporter is left out (`-p no:terminal`)."""
    if config.pluginmanager.has_plugin("terminalreporter"):
        return config.get_terminal_writer()
    return TerminalWriter(sys.stderr)


class UncapturedWriter:
    """Writes what a person should see while a test's own output is being captured."""

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        self._writer = writer_of(config)

    def write(self, text: str, *, flush: bool = False) -> None:
        with self._uncaptured():
            self._writer.write(text, flush=flush)

    def line(self, text: str = "") -> None:
        with self._uncaptured():
            self._writer.line(text)
            self._writer.flush()

    def _uncaptured(self) -> AbstractContextManager[None]:
        manager = self._config.pluginmanager.get_plugin("capturemanager")
        if manager is None:
            return nullcontext()
        found: AbstractContextManager[None] = manager.global_and_fixture_disabled()
        return found
