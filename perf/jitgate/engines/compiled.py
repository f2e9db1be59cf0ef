"""torch.compile in the worker itself: dynamo reads the Python as it runs, inductor compiles it at the first call.

To the graph: as `inductor`, but weights stay arguments (no freezing), and what dynamo can't read stays Python between
two graphs. What a module names as `repeated` is compiled once (`jitgate.engines.graph.repetition`). A length never
seen is compiled again; from the second one on it is left free. `compile-reduce-overhead` replays CUDA graphs;
`compile-max-autotune` tries kernels for every product and keeps the fastest.
Needs: a C++ compiler on a CPU, Triton on CUDA, both in the worker: its memory holds the compiler too, and the first
call is the compilation. torch keeps what it compiled in a cache of its own.
Can't go: nowhere, by its own word; where it can read nothing it would run eager, and that is refused.
Source: torch.compile (PyTorch documentation).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from jitgate.engines.compiler import missing_compiler
from jitgate.engines.graph.repetition import compiled_once
from jitgate.engines.protocols import Runner
from jitgate.engines.self_checking import SelfCheckingRunner
from jitgate.model.errors import Unavailable
from jitgate.model.inputs import Inputs

if TYPE_CHECKING:
    import torch


def compiled(module: torch.nn.Module, example: Inputs, mode: str = "default") -> Runner:  # noqa: ARG001 - every factory's
    """`torch.compile(module, mode=mode)`. Raises Unavailable without what inductor compiles with."""
    on_cpu = all(parameter.device.type == "cpu" for parameter in module.parameters())
    reason = missing_compiler() if on_cpu else _missing_triton()
    if reason is not None:
        raise Unavailable(reason)
    return Compiled(module, mode)


def _missing_triton() -> str | None:
    import importlib.util

    if importlib.util.find_spec("triton") is not None:
        return None
    return (
        "torch.compile needs Triton for a card, which is not installed; it comes with torch's CUDA builds for Linux, "
        "on Windows get it with python -m pip install triton-windows"
    )


class Compiled(SelfCheckingRunner):
    """A compiled module. What it recompiles is seen in dynamo's own counters, which are read for every variant."""

    def __init__(self, module: torch.nn.Module, mode: str) -> None:
        import torch

        compiled_once(module)
        self._call = torch.compile(module, mode=mode)
        self._graphs_before = _graphs()

    def __call__(self, *inputs: Any, **named: Any) -> Any:
        return self._call(*inputs, **named)

    def proof(self) -> str | None:
        if _graphs() > self._graphs_before:
            return None
        return "torch.compile compiled no graph at all: what ran is eager"


def _graphs() -> int:
    from torch._dynamo.utils import counters

    return int(counters["stats"]["unique_graphs"])
