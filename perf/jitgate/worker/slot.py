"""Takes the place of a pipeline's stage, and tells a watch when the stage runs."""

from __future__ import annotations

from typing import Any, Protocol

import torch


class StageWatch(Protocol):
    """Told of a stage's begin and end: a `Stopwatch`, or one that counts."""

    def begin(self, stage: str) -> None: ...

    def end(self, stage: str) -> None: ...


class Slot(torch.nn.Module):
    """Passes its arguments to `run`. It is the same in every variant, so its own cost favours none."""

    def __init__(self, stage: str, run: Any, watch: StageWatch) -> None:
        super().__init__()
        self.stage = stage
        self.run = run
        self.watch = watch

    def forward(self, *args: Any, **keywords: Any) -> Any:
        self.watch.begin(self.stage)
        answer = self.run(*args, **keywords)
        self.watch.end(self.stage)
        return answer
