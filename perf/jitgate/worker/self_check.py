"""What a worker can say of its variant: is it on, and what was built anew. Runs in workers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from functools import partial
from typing import TYPE_CHECKING, Any

from jitgate.engines.self_checking import SelfCheckingRunner
from jitgate.model.variant import BASELINE, VariantSpec
from jitgate.worker.fallback_detector import FallbackDetector
from jitgate.worker.recompilation import Recompilations
from jitgate.worker.watched_stage import watching

if TYPE_CHECKING:
    import torch


class SelfCheck:
    """Asks the runners of one worker, and watches what holds for all.

    The runner's own proof comes first. Whether it is eager in disguise is watched where the worker has a module, for
    every variant but eager, in whatever precision: a brought-along runner that has a proof of its own is believed,
    jitgate's own are not. A variant that is given per stage runs the whole eagerly by
    design; there its stages are looked at (`WatchedStage`).
    """

    def __init__(self) -> None:
        self._runners: list[Any] = []
        self._detector: FallbackDetector | None = None
        self._recompilations = Recompilations()
        self._fallback: str | None = None

    def meet(self, module: torch.nn.Module) -> None:
        """`module` will be given to the variant, and calls will be made under the settings that hold now.

        So it has its precision already: what jitgate itself converts would look like the variant's doing, and hide
        eager behind it. A worker that only loads a file has none.
        """
        self._detector = FallbackDetector(module)

    def met(self, spec: VariantSpec, runners: Iterable[Any]) -> None:
        """These are the variant's runners."""
        self._runners = list({id(runner): runner for runner in runners}.values())
        believed = spec.where != "jitgate" and all(isinstance(runner, SelfCheckingRunner) for runner in self._runners)
        if BASELINE in (spec.name, spec.engine) or spec.stages or believed:
            self._detector = None
        if self._detector is not None:
            self._detector.received()

    def watched(self, call: partial[Any]) -> Any:
        """Make one call that is not timed, and keep in mind what it showed."""
        import torch

        with torch.inference_mode(), watching(self._runners):
            if self._detector is None:
                return call()
            answer, fallback = self._detector.watch(call, call.args)
        self._fallback = self._fallback or fallback
        return answer

    def proof(self) -> str | None:
        """None where the variant is on; or one sentence that says what it is instead."""
        for runner in self._runners:
            said = runner.proof() if isinstance(runner, SelfCheckingRunner) else None
            if said is not None:
                return said
        return self._fallback

    def recompiles(self) -> dict[str, int]:
        """What was built anew since the last question, by torch's own counters and by the runners'."""
        found: Counter[str] = self._recompilations.since()
        for runner in self._runners:
            if isinstance(runner, SelfCheckingRunner):
                found.update(runner.recompiles())
        return {str(cause): count for cause, count in found.items() if count > 0}
