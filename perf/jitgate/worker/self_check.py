"""Did the variant of a worker run, and did it recompile? Runs in workers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from functools import partial
from typing import TYPE_CHECKING, Any

from jitgate.engines.self_checking import PartialRunner, SelfCheckingRunner
from jitgate.model.answers import FallbackCheck
from jitgate.model.inputs import inputs_of
from jitgate.model.variant import BASELINE, VariantSpec
from jitgate.worker.fallback_detector import FallbackDetector
from jitgate.worker.recompilation import Recompilations
from jitgate.worker.watched_stage import watching
from jitgate.workloads.call_mode import MODE

if TYPE_CHECKING:
    import torch


class SelfCheck:
    """Did the variant fall back to eager, and what was recompiled?

    What the runner says itself comes first. Whether eager ran is watched where the worker has a module, for every
    variant but eager, in whatever precision. A user's runner that checks itself is believed, jitgate's own are not. A
    variant that is chosen per stage runs the whole eagerly by design; there its stages are watched (`WatchedStage`).
    """

    def __init__(self) -> None:
        self._runners: list[Any] = []
        self._detector: FallbackDetector | None = None
        self._recompilations = Recompilations()
        self._fallback: str | None = None
        self._recorded = False

    def remember(self, module: torch.nn.Module) -> None:
        """The module as the variant will receive it, and the settings that hold now.

        It has its precision already: what jitgate converts would look like the variant's doing, and hide eager.
        """
        self._detector = FallbackDetector(module)

    def follow(self, spec: VariantSpec, runners: Iterable[Any]) -> None:
        """Check these runners of the variant from now on."""
        self._runners = list({id(runner): runner for runner in runners}.values())
        believed = spec.where != "jitgate" and all(isinstance(runner, SelfCheckingRunner) for runner in self._runners)
        if BASELINE in (spec.name, spec.engine) or spec.stages or believed:
            self._detector = None
        self._recorded = spec.where != "jitgate" and any(map(_is_torchscript, self._runners))
        if self._detector is not None:
            self._detector.start_watching()

    def watched(self, call: partial[Any]) -> Any:
        """Make one untimed call, and remember whether it fell back."""

        with MODE(), watching(self._runners):
            if self._detector is None:
                return call()
            answer, fallback = self._detector.watch(call, inputs_of(call))
        self._fallback = self._fallback or fallback
        return answer

    def found(self) -> FallbackCheck:
        """All of it, as the host is told."""
        return FallbackCheck(self.fallback(), self.recompiles(), self.partly(), self._recorded)

    def fallback(self) -> str | None:
        """What ran instead of the variant; None where the variant itself ran."""
        for runner in self._runners:
            said = runner.proof() if isinstance(runner, SelfCheckingRunner) else None
            if said is not None:
                return said
        return self._fallback

    def partly(self) -> str | None:
        """What the variant left as it was; None where all of it is what its name says."""
        said = (runner.partly() for runner in self._runners if isinstance(runner, PartialRunner))
        return next(filter(None, said), None)

    def recompiles(self) -> dict[str, int]:
        """Recompilations since the last check, by torch's own counters and by the runners'."""
        found: Counter[str] = self._recompilations.since()
        for runner in self._runners:
            if isinstance(runner, SelfCheckingRunner):
                found.update(runner.recompiles())
        return {str(cause): count for cause, count in found.items() if count > 0}


def _is_torchscript(runner: Any) -> bool:
    import torch

    return isinstance(getattr(runner, "__self__", runner), torch.jit.ScriptModule | torch.jit.ScriptFunction)
