"""A loaded TorchScript file as a runner that proves itself: a graph that its executor has planned and runs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from jitgate.engines.self_checking import RecompileEvent, RecompileEvents

if TYPE_CHECKING:
    import torch


class Scripted:
    """Runs a ScriptModule.

    Its proof is the executor's plan: none is made for code that only looks scripted, or that was never called.
    What can be seen of a recompilation is the one switch from the profiling to the optimised graph, in the second call.
    What fused kernels specialise for later shapes (on CUDA; a CPU build fuses nothing) happens inside that plan, and
    torch does not report it: it shows in the durations of first calls alone.
    """

    def __init__(self, module: torch.jit.ScriptModule) -> None:
        self.module = module
        self._planned = False

    def __call__(self, *inputs: Any, **named: Any) -> Any:
        return self.module(*inputs, **named)

    def proof(self) -> str | None:
        import torch

        if not isinstance(self.module, torch.jit.ScriptModule):
            return f"a {type(self.module).__name__} was loaded, and its code runs in Python"
        if not self._plans():
            return "TorchScript's graph executor has planned nothing after the first calls: no graph was run"
        return None

    def recompiles(self) -> RecompileEvents:
        if self._planned:
            return {}
        self._planned = self._plans()
        return {RecompileEvent.SPECIALISATION.value: 1} if self._planned else {}

    def _plans(self) -> bool:
        try:
            return bool(self.module.get_debug_state().execution_plans)
        except RuntimeError:  # how torch says that there is none yet
            return False
