"""A pool whose workers are numbers on a card: what they are asked moves the card's memory, and nothing runs."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from jitgate.model import answers, requests
from jitgate.model.accuracy import Accuracy
from jitgate.model.failure import Failure
from jitgate.model.figures import FlopCount
from jitgate.model.memory_peaks import MemoryKind, MemoryPeaks
from jitgate.model.probe_baseline import EagerProbe, ProbeBaseline
from jitgate.model.requests import Request
from jitgate.model.take_turn import TakeTurn
from jitgate.model.turn import Turn
from jitgate.model.variant import VariantSpec
from jitgate.pool.pool import WorkerPool
from jitgate.pool.worker_process import ENDED
from jitgate.worker.kept_outputs import packed

from tests.jitgate.device.device_memories import FakeCard

MIB = 1 << 20
CONTEXT, SEGMENT, WORKSPACE = 300 * MIB, 2 * MIB, 50 * MIB
"""A worker's start: its context, and the allocator's first segment; its first call: what libraries allocate."""


@dataclass(eq=False)
class CardWorker:
    """One worker on `pool.card`. held: what its allocator has reserved."""

    name: str
    pool: CardPool
    number: int
    failure: Failure | None = None
    pid: int | None = None
    asked_at: float = 0.0
    held: int = 0
    tree: None = None

    @property
    def alive(self) -> bool:
        return self.failure is None

    def ask(self, request: Request[Any]) -> None:
        self.pool.log.append((self.name, type(request).__name__))
        answer = getattr(self, f"_{type(request).__name__}", None)
        found = answer(request) if answer else request.answer_type()()
        self.pool._inbox.put((self, ["answer", found]))  # type: ignore[arg-type]

    def read(self, message: Any) -> Any:
        return None if message == ENDED else message[1]

    def fail(self, kind: Any, sentence: str, details: str = "", out_of_memory: Any = None) -> None:
        self.failure = Failure(kind, sentence, details)
        self.kill()

    def end(self) -> None:
        self.kill()

    def kill(self) -> None:
        self.pool.card.holds.pop(self._id, None)

    @property
    def _id(self) -> str:
        return f"{self.name}-{self.number}"

    def _take(self, size: int, *, of_allocator: bool = True) -> None:
        self.pool.card.take(self._id, self.pool.card.holds.get(self._id, 0) + size)
        self.held += size if of_allocator else 0

    def _StartWorker(self, request: requests.StartWorker) -> answers.WorkerFacts:  # noqa: N802 - as the request
        assert request.device == "cuda:0"
        self._take(CONTEXT, of_allocator=False)
        self._take(SEGMENT)
        return answers.WorkerFacts("2.13.0", 1)

    def _OpenModel(self, request: requests.OpenModel) -> answers.ModelFacts:  # noqa: N802
        self._take(self.pool.engine_bytes)
        content = answers.ExportContent(None, "w", "s", "r", {"short": ("k",)}, {"k": "8"})
        return answers.ModelFacts(1.0, SEGMENT, self.pool.engine_bytes, {"short": 1}, content)

    def _DescribeEngine(self, request: requests.DescribeEngine) -> answers.EngineFacts:  # noqa: N802
        return answers.EngineFacts(".zip", per_signature=False, key="k")

    def _ExportModel(self, request: requests.ExportModel) -> answers.ExportedFile:  # noqa: N802
        request.path.write_bytes(b"a graph")
        return answers.ExportedFile({}, 1.0)

    def _LoadVariant(self, request: requests.LoadVariant) -> float:  # noqa: N802
        if request.files:
            self._take(self.pool.engine_bytes)
        return 1.0

    def _MakeFirstCall(self, request: requests.MakeFirstCall) -> answers.FirstCall:  # noqa: N802
        self._take(WORKSPACE, of_allocator=False)
        return answers.FirstCall(0.5)

    def _WriteOutputs(self, request: requests.WriteOutputs) -> Accuracy:  # noqa: N802
        return Accuracy(0.0)

    def _CompareOutputs(self, request: requests.CompareOutputs) -> Accuracy:  # noqa: N802
        return Accuracy(0.0)

    def _ProbeBaseline(self, request: ProbeBaseline) -> EagerProbe:  # noqa: N802
        return EagerProbe()

    def _ResetPeak(self, request: requests.ResetPeak) -> answers.MemoryLevel:  # noqa: N802
        return answers.MemoryLevel(self.held)

    def _TakeTurn(self, request: TakeTurn) -> Turn:  # noqa: N802
        call_s = self.pool.call_s[self.name.split("#", maxsplit=1)[0]] * (20 if self.pool.card.lent_bytes else 1)
        self.pool.passed_s += call_s * request.count
        # No two calls take equally long, as by any clock that is fine enough.
        each_ns = (
            round(1e9 * call_s * (1 + 1e-5 * (number % 997)))
            for number in range(request.start, request.start + request.count)
        )
        kept = {number: packed([np.random.default_rng(number).normal(size=64)]) for number in request.keep}
        return Turn(tuple(each_ns), (), self.held, kept=kept)

    def _BecomeSteady(self, request: requests.BecomeSteady) -> tuple[float, ...]:  # noqa: N802
        return (request.first_call_s,)

    def _ChooseUnseenShapes(self, request: requests.ChooseUnseenShapes) -> int:  # noqa: N802
        return 0

    def _CountFlops(self, request: requests.CountFlops) -> FlopCount:  # noqa: N802
        return FlopCount(1.0, 1.0, 1.0)

    def _ReadMemory(self, request: requests.ReadMemory) -> MemoryPeaks:  # noqa: N802
        peak = self.held - SEGMENT
        return MemoryPeaks(peak, peak, peak, 0, level_before_bytes=SEGMENT, kind=MemoryKind.RESERVED)


@dataclass
class Drama:
    """What a fake pool shows: the card, and a worker's log of (name, request) in order."""

    card: FakeCard
    engine_bytes: int
    call_s: dict[str, float]
    log: list[tuple[str, str]] = field(default_factory=list)


class CardPool(WorkerPool):
    """The real pool but for its processes."""

    def __init__(self, drama: Drama, *arguments: Any) -> None:
        super().__init__(*arguments)
        self.passed_s = 0.0
        self.now = lambda: self.passed_s
        self.card, self.engine_bytes, self.call_s, self.log = drama.card, drama.engine_bytes, drama.call_s, drama.log

    def spawn(self, names: Iterable[str]) -> list[Any]:
        self.memory_attribution.invalidate()
        workers = []
        for name in names:
            self._spawned += 1
            workers.append(CardWorker(name, self, self._spawned))
        return workers


EAGER = VariantSpec("eager", "jitgate.engines.eager:eager")
JIT = VariantSpec("jit", "my:jit", exported=True)
