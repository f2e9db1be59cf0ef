"""What torch itself recompiled in this process: recompiles, graph breaks, CUDA graphs. Runs in workers."""

from __future__ import annotations

import sys
from collections import Counter
from typing import Any

from jitgate.engines.self_checking import RecompileEvent

REASON = 120
"""Characters of a reason that are kept: the guard that failed fits, a stack does not."""


class Recompilations:
    """Counts by cause, since the last reading. It reads counters that torch keeps anyway, and imports nothing."""

    def __init__(self) -> None:
        self._compiled = 0
        self._broken: Counter[str] = Counter()
        self._recorded = 0
        self.since()

    def since(self) -> Counter[str]:
        """What was built since the last reading."""
        found: Counter[str] = Counter()
        dynamo = sys.modules.get("torch._dynamo.utils")
        if dynamo is not None:
            compiled = dynamo.counters["frames"]["total"]
            found.update(_reasons(dynamo, compiled - self._compiled))
            self._compiled = compiled
            broken = Counter(dynamo.counters["graph_break"])
            for reason, count in (broken - self._broken).items():
                found[_said(RecompileEvent.GRAPH_BREAK, reason)] += count
            self._broken = broken
        recorded = _recorded_graphs()
        if recorded > self._recorded:
            found[RecompileEvent.RECAPTURE.value] += recorded - self._recorded
        self._recorded = recorded
        return found


def _reasons(dynamo: Any, count: int) -> list[str]:
    """The guards that failed in the last `count` compilations; a bare name where dynamo tells none: a first one."""
    if count <= 0:
        return []
    told = [getattr(each, "recompile_reason", None) for each in dynamo.get_compilation_metrics()][-count:]
    told = [*told, *[None] * (count - len(told))]  # dynamo remembers the last 64
    return [_said(RecompileEvent.RECOMPILE, reason) for reason in told]


def _said(what: RecompileEvent, reason: str | None) -> str:
    line = (reason or "").strip().splitlines()
    return f"{what}: {line[0].strip()[:REASON]}" if line else what.value


def _recorded_graphs() -> int:
    """CUDA graphs that inductor's trees (`mode="reduce-overhead"`) have recorded on the current card."""
    trees = sys.modules.get("torch._inductor.cudagraph_trees")
    if trees is None:
        return 0
    import torch

    if not torch.cuda.is_available() or not torch.cuda.is_initialized():  # type: ignore[no-untyped-call]
        return 0
    manager = trees.get_manager(torch.cuda.current_device(), create_if_none_exists=False)
    # It counts with an itertools.count, which tells its number in its repr alone.
    return 0 if manager is None else int(repr(manager.graph_counter).strip("count()"))
