"""What a worker can say of its variant: is it on, and what was built anew. Runs in workers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from functools import partial
from typing import TYPE_CHECKING, Any

from jitgate.engines.registry import BASELINE, VariantSpec
from jitgate.engines.self_checking import Evident
from jitgate.worker.fallback_detector import Genuine
from jitgate.worker.recompilation import Rebuilt
from jitgate.worker.watched_stage import looking

if TYPE_CHECKING:
    import torch


class Witness:
    """Asks the runners of one worker, and watches what holds for all.

    The runner's own proof comes first. Whether it is eager in disguise is watched where the worker has a module, for
    every variant but eager, in whatever precision: a brought-along runner that has a proof of its own is believed,
    jitgate's own are not. A variant that is given per stage runs the whole eagerly by
    design; there its stages are looked at (`Looked`).
    """

    def __init__(self) -> None:
        self._runners: list[Any] = []
        self._genuine: Genuine | None = None
        self._rebuilt = Rebuilt()
        self._instead: str | None = None

    def meet(self, module: torch.nn.Module) -> None:
        """`module` will be given to the variant, and calls will be made under the settings that hold now.

        So it has its precision already: what jitgate itself converts would look like the variant's doing, and hide
        eager behind it. A worker that only loads a file has none.
        """
        self._genuine = Genuine(module)

    def met(self, spec: VariantSpec, runners: Iterable[Any]) -> None:
        """These are the variant's runners."""
        self._runners = list({id(runner): runner for runner in runners}.values())
        believed = spec.where != "jitgate" and all(isinstance(runner, Evident) for runner in self._runners)
        if BASELINE in (spec.name, spec.engine) or spec.stages or believed:
            self._genuine = None
        if self._genuine is not None:
            self._genuine.received()

    def watched(self, call: partial[Any]) -> Any:
        """Make one call that is not timed, and keep in mind what it showed."""
        import torch

        with torch.inference_mode(), looking(self._runners):
            if self._genuine is None:
                return call()
            answer, instead = self._genuine.watch(call, call.args)
        self._instead = self._instead or instead
        return answer

    def proof(self) -> str | None:
        """None where the variant is on; or one sentence that says what it is instead."""
        for runner in self._runners:
            said = runner.proof() if isinstance(runner, Evident) else None
            if said is not None:
                return said
        return self._instead

    def rebuilds(self) -> dict[str, int]:
        """What was built anew since the last question, by torch's own counters and by the runners'."""
        found: Counter[str] = self._rebuilt.since()
        for runner in self._runners:
            if isinstance(runner, Evident):
                found.update(runner.rebuilds())
        return {str(cause): count for cause, count in found.items() if count > 0}
