"""A stage's runner that is looked at: did it run, or the stage's own module under its name? Runs in workers."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator
from functools import partial
from typing import Any

from jitgate.engines.protocols import Call
from jitgate.engines.self_checking import Evident, Rebuilds
from jitgate.worker.fallback_detector import Genuine


class Looked:
    """`runner`, in the place of a pipeline's stage `part`. Calls inside of `looking` are watched, timed ones never.

    genuine: knows the stage's module as it was before the runner was made of it.
    """

    def __init__(self, part: str, runner: Call, genuine: Genuine) -> None:
        self._part = part
        self._runner = runner
        self._genuine = genuine
        self._instead: str | None = None
        self.watching = False

    def __call__(self, *inputs: Any) -> Any:
        if not self.watching:
            return self._runner(*inputs)
        answer, instead = self._genuine.watch(partial(self._runner, *inputs), inputs)
        if instead is not None:
            self._instead = f"stage {self._part}: {instead}"
        return answer

    def proof(self) -> str | None:
        said = self._runner.proof() if isinstance(self._runner, Evident) else None
        return said or self._instead

    def rebuilds(self) -> Rebuilds:
        return self._runner.rebuilds() if isinstance(self._runner, Evident) else {}


@contextlib.contextmanager
def looking(runners: Iterable[object]) -> Iterator[None]:
    """Calls in this block are watched, as far as `runners` can be."""
    every = [runner for runner in runners if isinstance(runner, Looked)]
    for runner in every:
        runner.watching = True
    try:
        yield
    finally:
        for runner in every:
            runner.watching = False
