"""CUDA graphs: the kernels of one eager call are captured, and a replay launches all of them at once.

To the graph: nothing is fused or left out; the processor no longer dispatches operations one by one. Inputs are copied
to where the captured kernels read, outputs stay where they write: the next replay overwrites them.
Needs: a CUDA card. Every shape has a graph and memory of its own; an unseen shape is captured first.
Can't go: a CPU. Code that waits for the device (`.item()`) can't be captured; then the graph that torch.export writes
down for these shapes is, in which such questions are answered or left out.
Source: torch.cuda.graph (PyTorch documentation, "CUDA semantics: CUDA Graphs"). Not yet measured on a GPU.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Protocol

from jitgate.engines.capture import captured
from jitgate.engines.protocols import Runner
from jitgate.engines.self_checking import RecompileEvent, RecompileEvents
from jitgate.model import inputs as keywords
from jitgate.model.inputs import Inputs

if TYPE_CHECKING:
    import torch

WARM_UP = 3
"""Calls before a capture, as torch's documentation has it: libraries set themselves up, and must not do so inside."""


class Graph(Protocol):
    """What has been captured: `replay` runs it."""

    def replay(self) -> None: ...


class Recorder(Protocol):
    """Captures one call: torch's own, or a stand-in."""

    def capture(self, call: Callable[[], Any]) -> tuple[Graph, Any]:
        """Warm up, then record one call of `call`; gives the graph and the outputs it writes."""
        ...


class CudaRecorder:
    """torch.cuda's graphs, captured on a stream of their own."""

    def capture(self, call: Callable[[], Any]) -> tuple[Graph, Any]:
        import torch

        side, current = torch.cuda.Stream(), torch.cuda.current_stream()  # type: ignore[no-untyped-call]
        side.wait_stream(current)
        with torch.cuda.stream(side):
            for _ in range(WARM_UP):
                call()
        current.wait_stream(side)
        graph = torch.cuda.CUDAGraph()
        # Where a capture fails, torch's own context manager leaves its stream the current one.
        with torch.cuda.stream(current), torch.cuda.graph(graph):
            outputs = call()
        return graph, outputs


def cudagraph(module: torch.nn.Module, example: Inputs) -> Runner:  # noqa: ARG001 - every call has its own shapes
    """The module, captured at its first call of every shape."""
    return Replayed(module, CudaRecorder())


class Replayed:
    """One graph a shape; plain arguments are part of what is captured."""

    def __init__(self, module: torch.nn.Module, recorder: Recorder) -> None:
        self._module = module
        self._recorder = recorder
        self._graphs: dict[str, tuple[Graph, list[Any], Any]] = {}
        self._asked_at = 0
        self._calls = 0
        self._replays = 0

    def __call__(self, *inputs: Any, **named: Any) -> Any:
        from torch.utils import _pytree

        leaves, _ = _pytree.tree_flatten((inputs, named))
        key = " ".join(f"{leaf.dtype}{tuple(leaf.shape)}" if hasattr(leaf, "shape") else repr(leaf) for leaf in leaves)
        if key not in self._graphs:
            self._graphs[key] = self._captured(inputs, named)
        graph, held, outputs = self._graphs[key]
        for mine, given in zip(held, leaves, strict=True):
            if hasattr(given, "shape"):
                mine.copy_(given)
        graph.replay()
        self._calls += 1
        self._replays += 1
        return outputs

    def proof(self) -> str | None:
        if self._calls and self._replays == self._calls and self._graphs:
            return None
        return f"cudagraph: {self._calls} calls, but {self._replays} replays of {len(self._graphs)} captured graphs"

    def recompiles(self) -> RecompileEvents:
        before, self._asked_at = self._asked_at, len(self._graphs)
        return {RecompileEvent.RECAPTURE: self._asked_at - before} if self._asked_at > before else {}

    def _captured(self, inputs: Inputs, named: Mapping[str, Any]) -> tuple[Graph, list[Any], Any]:
        """A graph for these shapes, the tensors it reads, and the outputs it writes; proven to write them."""
        from torch.utils import _pytree

        held = _pytree.tree_map(lambda leaf: leaf.clone() if hasattr(leaf, "shape") else leaf, (inputs, named))
        args, kwargs = held
        try:
            graph, outputs = self._recorder.capture(lambda: self._module(*args, **kwargs))
        except RuntimeError as error:
            if "captur" not in str(error).lower() and "item" not in str(error):
                raise
            written = captured(self._module, [keywords.Call(inputs, named)]).module()
            graph, outputs = self._recorder.capture(lambda: written(*args, **kwargs))
        floats = [leaf for leaf in _pytree.tree_leaves(outputs) if leaf.is_floating_point()]
        for leaf in floats:
            leaf.fill_(float("nan"))
        graph.replay()
        if any(leaf.numel() and bool(leaf.isnan().all()) for leaf in floats):
            raise RuntimeError("a replay of the captured CUDA graph wrote no output: nothing was captured")
        return graph, _pytree.tree_leaves(held), outputs
