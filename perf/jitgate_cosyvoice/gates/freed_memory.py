"""`min_freed_memory`: `torch.cuda.empty_cache()` gives back so much that the allocator holds and no tensor does."""

from __future__ import annotations

from jitgate.gates.kind import Asked, Judged
from jitgate.model.size import format_bytes, parse_bytes
from jitgate.model.verdict import Figure
from jitgate.statistics import Outcome

from jitgate_cosyvoice.gates.evidence import Claim


class MinFreedMemory(Claim):
    """The limit is a size. It is asked on a CUDA card only: on a CPU memory goes back to the system by itself."""

    key, attribute, operator = "min_freed_memory", "freed_memory", ">="

    def parse(self, value: object, where: str) -> float:
        return float(parse_bytes(value, f"{where}: {self.key}"))

    def label(self, limit: float, asked: Asked) -> str:  # noqa: ARG002 - a size says it all
        return f"empty_cache() frees {format_bytes(limit)} or more"

    def figure(self, asked: Asked) -> Figure | None:
        memory = asked.samples.memory
        emptied = memory.empty_cache if memory is not None else None
        if emptied is None:
            return None
        before, after, held = emptied.before_bytes, emptied.after_bytes, emptied.allocated_bytes
        if before is None or after is None or held is None:
            return None
        text = f"{format_bytes(before)} before, {format_bytes(after)} after, {format_bytes(held)} held by tensors"
        return Figure.exact(float(before - after), text)

    def compare(self, asked: Asked, limit: float) -> Judged:
        found = self.figure(asked)
        if found is None or found.estimate is None:
            return Judged(Outcome.INVALID, "The worker did not answer what it holds.")
        if found.estimate < limit:
            return Judged(Outcome.FAIL, "After steady calls it has nothing to give back.")
        freed = format_bytes(found.estimate)
        return Judged(Outcome.PASS, f"It gives {freed} back, which the next call has to allocate again.")
