"""Stands where a part of a pipeline was, and lets a watch know when the part is at work."""

from __future__ import annotations

from typing import Any, Protocol

import torch


class Watch(Protocol):
    """Told of a part's begin and end: a `Stopwatch`, or one that counts."""

    def begin(self, part: str) -> None: ...

    def end(self, part: str) -> None: ...


class Slot(torch.nn.Module):
    """Calls `run` with whatever it is called with. The same in every variant, so that its own cost is nobody's gain."""

    def __init__(self, part: str, run: Any, watch: Watch) -> None:
        super().__init__()
        self.part = part
        self.run = run
        self.watch = watch

    def forward(self, *args: Any, **keywords: Any) -> Any:
        self.watch.begin(self.part)
        answer = self.run(*args, **keywords)
        self.watch.end(self.part)
        return answer
