"""What torch.compile does in a process: where it keeps what it built, and what it found there. Runs in workers.

torch keys its graphs itself (operations, sizes, settings, its own version and the processor), so that no other key is
made here; the folder lies in jitgate's own cache, because torch's own choice is a temporary one.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from jitgate.model.cold_start import Compilation

VARIABLE = "TORCHINDUCTOR_CACHE_DIR"
"""torch's own setting; what a user has set goes first."""

WHOLE, BACKEND = "_compile.compile_inner", "OutputGraph.call_user_compiler"
"""What dynamo calls a compilation, and the part of it that is inductor's."""


def keep_in(folder: Path | None) -> None:
    """Let torch keep what it compiles in `folder`, unless the user has chosen another; before anything is compiled.

    A folder with blanks in its path is not used: torch 2.13 hands its compiler such paths in pieces.
    """
    if folder is not None and not any(letter.isspace() for letter in str(folder)):
        os.environ.setdefault(VARIABLE, str(folder))


def compilation(scenario: str = "") -> Compilation | None:
    """What torch.compile did in this process up to now; None where it compiled nothing. scenario: of the first call.

    It reads counters that torch keeps anyway, and imports nothing.
    """
    dynamo = sys.modules.get("torch._dynamo.utils")
    took: dict[str, list[float]] = {} if dynamo is None else dynamo.compilation_time_metrics
    if dynamo is None or not took.get(WHOLE):
        return None
    counted = dynamo.counters["inductor"]
    spent_s = sum(took[WHOLE])
    uncached = int(counted["fxgraph_cache_bypass"])
    return Compilation(
        spent_s=spent_s,
        reading_s=max(0.0, spent_s - sum(took.get(BACKEND, ()))),
        built=int(counted["fxgraph_cache_miss"]) + uncached,
        found=int(counted["fxgraph_cache_hit"]),
        uncached=uncached,
        scenario=scenario,
    )
