"""Stand-ins for what takes turns, and for what disturbs it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Container
from dataclasses import dataclass, field

from jitgate.model.failure import Failure, FailureKind
from jitgate.model.turn import Turn
from jitgate.model.variant import BASELINE, CONTROL

NAMES = (BASELINE, "jit", "aot", CONTROL)


class Silent:
    def busy(self, what: str) -> None: ...

    def note(self, what: str) -> None: ...


@dataclass
class FakeTeam:
    """Workers whose calls take `ns[name]`; the n-th call of `slow_first` is slow; `dies` after so many turns."""

    ns: dict[str, int] = field(default_factory=lambda: dict.fromkeys(NAMES, 20_000_000))
    slow_first: int = 0
    dies: dict[str, int] = field(default_factory=dict)
    order: list[str] = field(default_factory=list)
    inputs: list[tuple[str, int, int]] = field(default_factory=list)
    made: Counter[str] = field(default_factory=Counter)
    clock_s: float = 0.0
    stalls: dict[tuple[str, int], float] = field(default_factory=dict)

    def names(self) -> list[str]:
        return [name for name in NAMES if self.failure(name) is None]

    def turn(self, name: str, scenario: str, start: int, count: int) -> Turn | None:
        assert scenario == "short"
        self.order.append(name)
        self.inputs.append((name, start, count))
        if self.order.count(name) > self.dies.get(name, 10**9):
            return None
        wall = []
        for _ in range(count):
            self.made[name] += 1
            factor = 3 if self.made[name] <= self.slow_first else 1
            wall.append(self.ns[name] * factor)
        self.clock_s += sum(wall) / 1e9 + self.stalls.get((name, self.order.count(name)), 0.0)
        return Turn(tuple(wall), ())

    def failure(self, name: str) -> Failure | None:
        dead = self.order.count(name) > self.dies.get(name, 10**9)
        return Failure(FailureKind.DIED, f"worker {name} was killed by SIGKILL") if dead else None


@dataclass
class FakeHealth:
    """Finds the rounds in `disturbed` (from 1) disturbed."""

    disturbed: Container[int] = ()
    rounds: int = 0

    def mark(self) -> None:
        self.rounds += 1

    def cause(self) -> str | None:
        return "other processes were running" if self.rounds in self.disturbed else None
