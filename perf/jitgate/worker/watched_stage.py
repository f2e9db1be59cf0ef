"""The runner of a stage, watched for a fallback to eager. Runs in workers."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator
from functools import partial
from typing import Any

from jitgate.engines.protocols import Runner
from jitgate.engines.self_checking import PartialRunner, RecompileEvents, SelfCheckingRunner
from jitgate.worker.fallback_detector import FallbackDetector


class Watchable:
    """What stands in the place of a stage, or in another such. watching: whether this call of the whole is watched."""

    watching = False

    def begin(self) -> None:
        """A call that is watched begins."""
        self.watching = True

    def end(self) -> None:
        """It has ended."""
        self.watching = False


class WatchedStage(Watchable):
    """`runner`, in the place of a pipeline's stage `stage`. Calls inside `watching` are watched; timed ones never are.

    detector: knows the stage's module as it was before the runner was made of it.
    """

    def __init__(self, stage: str, runner: Runner, detector: FallbackDetector) -> None:
        self._stage = stage
        self._runner = runner
        self._detector = detector
        self._fallback: str | None = None

    def __call__(self, *inputs: Any) -> Any:
        if not self.watching:
            return self._runner(*inputs)
        answer, fallback = self._detector.watch(partial(self._runner, *inputs), inputs)
        if fallback is not None:
            self._fallback = f"{fallback}, in stage {self._stage}"
        return answer

    def proof(self) -> str | None:
        said = self._runner.proof() if isinstance(self._runner, SelfCheckingRunner) else None
        return said or self._fallback

    def partly(self) -> str | None:
        said = self._runner.partly() if isinstance(self._runner, PartialRunner) else None
        return said and f"{said}, in stage {self._stage}"

    def recompiles(self) -> RecompileEvents:
        return self._runner.recompiles() if isinstance(self._runner, SelfCheckingRunner) else {}


@contextlib.contextmanager
def watching(runners: Iterable[object]) -> Iterator[None]:
    """Watch calls in this block, where the runners can be watched."""
    every = [runner for runner in runners if isinstance(runner, Watchable)]
    for runner in every:
        runner.begin()
    try:
        yield
    finally:
        for runner in every:
            runner.end()
