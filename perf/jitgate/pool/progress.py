"""Tells a person what is going on."""

from __future__ import annotations

from typing import Protocol


class Progress(Protocol):
    """Tells a person what is going on. `busy` replaces itself where it can; `note` stays."""

    def busy(self, what: str) -> None: ...

    def note(self, what: str) -> None: ...
