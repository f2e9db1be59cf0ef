"""A pool whose workers are numbers on a card: what they are asked moves the card's memory, and nothing runs."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from jitgate.model.failure import Failure
from jitgate.model.variant import VariantSpec
from jitgate.pool.pool import WorkerPool
from jitgate.pool.worker_process import ENDED

from tests.jitgate.device.device_memories import FakeCard

MIB = 1 << 20
CONTEXT, SEGMENT, WORKSPACE = 300 * MIB, 2 * MIB, 50 * MIB
"""A worker's start: its context, and the allocator's first segment; its first call: what libraries allocate."""


@dataclass(eq=False)
class CardWorker:
    """One worker on `pool.card`. held: what its allocator has reserved."""

    name: str
    pool: CardCrew
    number: int
    failure: Failure | None = None
    pid: int | None = None
    asked_at: float = 0.0
    held: int = 0

    @property
    def alive(self) -> bool:
        return self.failure is None

    def ask(self, request: str, **keywords: Any) -> None:
        self.pool.log.append((self.name, request))
        answer: dict[str, Any] = getattr(self, f"_{request}", lambda **_: {})(**keywords)
        self.pool._inbox.put((self, ["ok", answer]))  # type: ignore[arg-type]

    def read(self, message: Any) -> Any:
        return None if message == ENDED else message[1]

    def fail(self, kind: Any, sentence: str, details: str = "", shortage: Any = None) -> None:
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

    def _start(self, device: str, compiled_in: str | None = None) -> dict[str, Any]:
        assert device == "cuda:0"
        self._take(CONTEXT, of_allocator=False)
        self._take(SEGMENT)
        return {"torch": "2.13.0", "threads": 1}

    def _open(self, **recipe: Any) -> dict[str, Any]:
        self._take(self.pool.engine_bytes)
        return {
            "build_s": 1.0,
            "level_before_bytes": SEGMENT,
            "threads": None,
            "artefact": None,
            "scenarios": ["short"],
            "calls": {"short": 1},
            "weights": "w",
            "weight_bytes": self.pool.engine_bytes,
            "source": "s",
            "runtime": "r",
            "contents": {},
            "signatures": {"short": ["k"]},
            "spread": {"k": "8"},
            "parts": {},
            "sentences": {},
        }

    def _engine(self, variant: dict[str, Any]) -> dict[str, Any]:
        return {"suffix": ".zip", "per_signature": False, "key": "k", "unavailable": None}

    def _export(self, variant: dict[str, Any], path: str, kind: str | None, part: str | None) -> dict[str, Any]:
        Path(path).write_bytes(b"a graph")
        return {"facts": {}, "export_s": 1.0}

    def _load(self, variant: dict[str, Any], files: dict[str, Any]) -> dict[str, Any]:
        if files:
            self._take(self.pool.engine_bytes)
        return {"load_s": 1.0}

    def _bind(self, scenario: str, folder: str) -> dict[str, Any]:
        self._take(WORKSPACE, of_allocator=False)
        return {"first_call_s": 0.5}

    def _write_outputs(self, scenario: str, folder: str, token_agreement: None) -> dict[str, Any]:
        return {"rel_l2": 0.0}

    def _compare_outputs(self, scenario: str, folder: str) -> dict[str, Any]:
        return {"rel_l2": 0.0}

    def _proof(self, scenario: str | None) -> dict[str, Any]:
        return {"fallback": None, "recompiles": {}}

    def _reset_peak(self) -> dict[str, Any]:
        return {"reset": True, "level_bytes": self.held}

    def _turn(self, scenario: str, start: int, count: int) -> dict[str, Any]:
        call_s = self.pool.call_s[self.name.split("#", maxsplit=1)[0]] * (20 if self.pool.card.lent_bytes else 1)
        return {
            "wall_ns": [round(call_s * 1e9)] * count,
            "device_ns": [],
            "level_bytes": self.held,
            "recompiles": {},
            "stage_times": [],
        }

    def _memory(self) -> dict[str, Any]:
        peak = self.held - SEGMENT
        return {
            "kind": "cuda reserved",
            "peak_bytes": peak,
            "load_peak_bytes": peak,
            "steady_peak_bytes": peak,
            "level_before_bytes": SEGMENT,
            "activation_bytes": 0,
        }


@dataclass
class Drama:
    """What a fake pool shows: the card, and a worker's log of (name, request) in order."""

    card: FakeCard
    engine_bytes: int
    call_s: dict[str, float]
    log: list[tuple[str, str]] = field(default_factory=list)


class CardCrew(WorkerPool):
    """The real pool but for its processes."""

    def __init__(self, drama: Drama, *arguments: Any) -> None:
        super().__init__(*arguments)
        self.card, self.engine_bytes, self.call_s, self.log = drama.card, drama.engine_bytes, drama.call_s, drama.log

    def spawn(self, names: Iterable[str]) -> list[Any]:
        self.memory_attribution.invalidate()
        hired = []
        for name in names:
            self._spawned += 1
            hired.append(CardWorker(name, self, self._spawned))
        return hired


EAGER = VariantSpec("eager", "jitgate.engines.eager:eager")
JIT = VariantSpec("jit", "my:jit", exported=True)
