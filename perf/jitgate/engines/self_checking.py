"""What a runner can say for itself: whether it runs what its variant's name says, and what it recompiled."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Mapping
from typing import Any, Protocol, runtime_checkable

from jitgate.model.str_enum import StrEnum

RecompileEvents = Mapping[str, int]
"""What was recompiled -> how often. A name is a `RecompileEvent`, or one and its reason, as in `recompile: size of
'x'`."""


class RecompileEvent(StrEnum):
    """What can be recompiled behind a call that should only run."""

    RECOMPILE = "recompile"
    GRAPH_BREAK = "graph break"
    RECAPTURE = "CUDA-graph re-capture"
    SPECIALISATION = "new specialisation"


@runtime_checkable
class SelfCheckingRunner(Protocol):
    """A runner that can be questioned; what a variant's factory or `load` returns may be one.

    Contract: both are asked between calls, never inside a timed one, and cost well under a millisecond. `proof` is
    asked when the first calls of a scenario are over and again after its rounds; `recompiles` before and after each
    turn. What torch's own counters show (recompiles, graph breaks, the CUDA graphs of inductor's trees) is counted for
    every worker (`jitgate.worker.recompilation`); a runner tells what they can't see. One that implements nothing
    stands under the checks that hold for all, and so do jitgate's own (`jitgate.worker.fallback_detector`).
    """

    @abstractmethod
    def __call__(self, *inputs: Any, **named: Any) -> Any: ...

    @abstractmethod
    def proof(self) -> str | None:
        """None where the variant runs; or one sentence that says what runs instead: its verdicts are then INVALID."""
        ...

    def recompiles(self) -> RecompileEvents:
        """What was recompiled since the last question; a subclass that says no more recompiles nothing by itself."""
        return {}


@runtime_checkable
class PartialRunner(Protocol):
    """A runner that may be what its name says in a part of the model alone."""

    def partly(self) -> str | None:
        """What it left as it was; None where it left nothing. Whether that will do is the workload's choice
        (`partly_quantised`)."""
        ...


class SelfChecking:
    """A callable with its evidence, for runners that are not objects of their own.

    proof: gets the callable back. The extra Python call costs some 0.1 us.
    """

    __slots__ = ("_proof", "_recompiles", "call")

    def __init__(
        self,
        call: Callable[..., Any],
        proof: Callable[[Any], str | None] = lambda _: None,
        recompiles: Callable[[], RecompileEvents] = dict,
    ) -> None:
        self.call = call
        self._proof = proof
        self._recompiles = recompiles

    def __call__(self, *inputs: Any, **named: Any) -> Any:
        return self.call(*inputs, **named)

    def proof(self) -> str | None:
        return self._proof(self.call)

    def recompiles(self) -> RecompileEvents:
        return self._recompiles()
