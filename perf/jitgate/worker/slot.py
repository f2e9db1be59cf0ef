"""Stands where a stage of a pipeline was, and lets a watch know when the stage is at work."""

from __future__ import annotations

from typing import Any, Protocol

import torch


class Watch(Protocol):
    """Told of a stage's begin and end: a `Stopwatch`, or one that counts."""

    def begin(self, stage: str) -> None: ...

    def end(self, stage: str) -> None: ...


class Slot(torch.nn.Module):
    """Calls `run` with whatever it is called with. The same in every variant, so that its own cost is nobody's gain."""

    def __init__(self, stage: str, run: Any, watch: Watch) -> None:
        super().__init__()
        self.stage = stage
        self.run = run
        self.watch = watch

    def forward(self, *args: Any, **keywords: Any) -> Any:
        self.watch.begin(self.stage)
        answer = self.run(*args, **keywords)
        self.watch.end(self.stage)
        return answer
