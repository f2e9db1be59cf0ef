"""An audit of outputs that are made of numbers."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path

import numpy as np
from jitgate.model.timed_outputs import TimedOutputs
from jitgate.model.turn import Turn
from jitgate.pool.output_audit import OutputAudit
from jitgate.worker.kept_outputs import write_arrays

COUNT = 6
Answer = Callable[[int], object]


def right(number: int) -> np.ndarray:
    return 3 + np.random.default_rng(number).normal(size=(4, 50)).astype(np.float32)


def noisy(share: float) -> Answer:
    return lambda number: right(number) * (1 + share * np.random.default_rng(number + 999).normal(size=(4, 50)))


def audited(folder: Path, answer: Answer, turns: int = 8, looking_s: float = 0.0, **turn: object) -> OutputAudit:
    audit = OutputAudit(folder, random.Random(0))
    for start in range(0, turns * COUNT, COUNT):
        for name in random.Random(start).sample(["eager", "mine"], 2):
            if name == "eager":
                take(audit, name, right, start)
            else:
                take(audit, name, answer, start, looking_s, **turn)
    return audit


def take(audit: OutputAudit, name: str, answer: Answer, start: int, looking_s: float = 0.0, **turn: object) -> None:
    keep = audit.keep("short", start, COUNT)
    for number, path in keep.items():
        found = answer(number)
        write_arrays(path, [np.asarray(each) for each in (found if isinstance(found, tuple) else (found,))])
    usual = {"making_s": 0.0, "unpacking_s": 0.0, "looked": COUNT}
    seen = {"Tensor[4,50]": tuple(range(start, start + COUNT))}
    fields = {"seen": seen, "kept": dict.fromkeys(keep), "looking_cpu_s": looking_s} | usual | turn
    wall_ns = fields.pop("wall_ns", (1000,) * COUNT)
    audit.note(name, "short", Turn(wall_ns, (), **fields), keep, 60.0)  # type: ignore[arg-type]


def found(audit: OutputAudit, precision: str = "fp32", tolerance: float = 1e-4, *, strict: bool = True) -> TimedOutputs:
    return audit.found("short", "mine", precision, tolerance, strict=strict)
