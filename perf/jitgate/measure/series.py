"""What is recorded of one worker while it takes turns."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace

from jitgate.model.failure import Failure
from jitgate.model.samples import Levels, Samples
from jitgate.model.surroundings import Surroundings, joined
from jitgate.model.turn import StageTime, Turn


@dataclass
class Series:
    """Turns that count, in seconds, and what every turn shows of memory and recompilation.

    levels: of the process that is running. process_runs: of those that ran for one turn. calls: of the running process.
    """

    turns: list[tuple[float, ...]] = field(default_factory=list)
    first_s: list[float] = field(default_factory=list)
    device_s: list[tuple[float, ...]] = field(default_factory=list)
    process_runs: list[Levels] = field(default_factory=list)
    levels: list[tuple[int, int]] = field(default_factory=list)
    held_bytes: int = 0
    stage_times: list[tuple[tuple[StageTime, ...], ...]] = field(default_factory=list)
    recompiles: Counter[str] = field(default_factory=Counter)
    warm_up_recompiles: Counter[str] = field(default_factory=Counter)
    calls: int = 0
    surroundings: Surroundings = field(default_factory=Surroundings)

    def note(self, turn: Turn, *, timing: bool) -> None:
        """Of any turn, also one of an excluded round: compiling disturbs a round, and is why it is excluded."""
        self.calls += len(turn.wall_ns)
        around = turn.surroundings if timing else turn.surroundings.aside
        self.surroundings = joined((self.surroundings, around))
        self.held_bytes = turn.level_bytes
        if turn.levels:
            self.process_runs.append(turn.levels)
        else:
            self.levels.append((self.calls, turn.level_bytes))
        (self.recompiles if timing else self.warm_up_recompiles).update(turn.recompiles)

    def count(self, turn: Turn | None) -> None:
        """The turn of a round that counts; None where the worker did not finish it."""
        if turn is None:
            self.turns.append(())
            self.stage_times.append(())
            return
        seconds = [ns / 1e9 for ns in turn.wall_ns]
        cold = min(1, len(seconds) - 1)  # a lone call is long: what is cold about it is not seen
        self.first_s += seconds[:cold]
        self.turns.append(tuple(seconds[cold:]))
        self.device_s.append(tuple(ns / 1e9 for ns in turn.device_ns[cold:]))
        self.stage_times.append(turn.stage_times[cold:])

    def samples(self, blank: Samples, failure: Failure | None) -> Samples:
        return replace(
            blank,
            turns=tuple(self.turns),
            first_s=tuple(self.first_s),
            device_s=tuple(self.device_s),
            stage_times=tuple(self.stage_times),
            levels=(*self.process_runs, tuple(self.levels)) if self.levels else tuple(self.process_runs),
            recompiles=dict(self.recompiles),
            warm_up_recompiles=dict(self.warm_up_recompiles + Counter(blank.warm_up_recompiles)),
            surroundings=self.surroundings,
            failure=failure,
        )
