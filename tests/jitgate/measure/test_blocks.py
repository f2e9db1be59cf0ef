"""A turn that is a whole process: loaded, warmed up, timed, ended."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jitgate.measure.blocks import (
    BLOCK_S,
    LEAST_CALLS,
    MOST_CALLS,
    MOST_WARM_UP_CALLS,
    PARTS,
    BlockTeam,
    calls_in_a_block,
    pieces,
)
from jitgate.measure.order import Mirrored
from jitgate.measure.rounds import LEAST_BLOCKS, Rounds
from jitgate.model.cold_start import ColdStart
from jitgate.model.failure import Failure, FailureKind
from jitgate.model.measurement import Measurement
from jitgate.model.memory_peaks import MemoryPeaks
from jitgate.model.samples import Samples
from jitgate.model.turn import Turn
from jitgate.model.variant import BASELINE, CONTROL

from tests.jitgate.measure.fake_team import Silent

MS = 1_000_000
NAMES = [BASELINE, "jit", CONTROL]


@dataclass
class FakeStage:
    """Workers that need `slow` slow calls in every life, leak so many bytes a call, and may die in a call.

    times: worker -> times 10 ms that its calls take. memories: life -> what it answers, counted from 1.
    """

    slow: int = 3
    leak: int = 0
    dies: str = ""
    lies: str = ""
    falling: bool = False
    times: dict[str, int] = field(default_factory=dict)
    memories: dict[int, MemoryPeaks] = field(default_factory=dict)
    log: list[str] = field(default_factory=list)
    process_runs: int = 0
    dead: list[str] = field(default_factory=list)

    @contextmanager
    def running(self, name: str, scenario: str) -> Iterator[FakeAct | None]:
        self.log.append(f"{name} comes")
        self.process_runs += 1
        yield None if name in self.dead else FakeAct(self, name, self.process_runs)
        self.log.append(f"{name} goes")

    def failure(self, name: str) -> Failure | None:
        return Failure(FailureKind.DIED, f"worker {name} was killed") if name in self.dead else None

    def names(self) -> list[str]:
        return [name for name in NAMES if name not in self.dead]


@dataclass
class FakeAct:
    stage: FakeStage
    name: str
    life: int
    calls: int = 0

    def turn(self, start: int, count: int) -> Turn | None:
        if self.stage.dies == self.name:
            self.stage.dead.append(self.name)
            return None
        wall = []
        for _ in range(count):
            self.calls += 1
            slowly = 50 * MS if self.calls <= self.stage.slow else 10 * MS
            slowly *= self.stage.times.get(self.name, 1)
            wall.append(round(slowly * 0.8**self.calls) if self.stage.falling else slowly)
        return Turn(tuple(wall), (), 1000 + self.stage.leak * self.calls, {"recompiled": int(self.calls > 12)})

    def memory(self) -> MemoryPeaks:
        return self.stage.memories.get(self.life, MemoryPeaks(100 * self.life))

    def fallback(self) -> str | None:
        return "it runs as eager" if self.name == self.stage.lies else None


@dataclass
class FakeHealth:
    """Finds the block with that number disturbed, from 1."""

    disturbed: int = 0
    blocks: int = 0

    def mark(self) -> None:
        self.blocks += 1

    def cause(self) -> str | None:
        return "other processes were running" if self.blocks == self.disturbed else None


def team_of(
    stage: FakeStage, health: FakeHealth | None = None, *, same_inputs: bool = True, typical_s: float | None = None
) -> BlockTeam:
    health = health or FakeHealth()
    return BlockTeam(stage, stage.names, stage.failure, health, same_inputs=same_inputs, typical_s=typical_s)


def rounds_of(team: BlockTeam) -> Rounds:
    all_samples = {name: Samples(name, (), (), (), ColdStart()) for name in NAMES}
    blank = Measurement("w", "short", "cpu", 0, all_samples)
    return Rounds(team, blank, 1, Silent(), team, order=Mirrored(0), block=9)


def test_a_worker_goes_before_the_next_one_comes_and_cold_calls_are_no_figures() -> None:
    stage = FakeStage()
    found = rounds_of(team_of(stage)).run(lambda measurement: [], 3600.0)
    assert found.rounds == LEAST_BLOCKS
    for come, go in zip(stage.log[::2], stage.log[1::2], strict=True):
        assert come.split() == [go.split()[0], "comes"]
    turns = [entry.split()[0] for entry in stage.log[::2]]
    assert turns == [*NAMES, *NAMES[::-1]] * 2
    for samples in found.all_samples.values():
        assert {duration for turn in samples.turns for duration in turn} == {0.01}
        assert {len(turn) for turn in samples.turns} == {8}
    columns = found.columns("jit")
    assert len(columns.baseline) == len(columns.candidate) == LEAST_BLOCKS, "a block is one figure"
    assert columns.processes is None


def test_more_blocks_are_asked_for_in_twos() -> None:
    asked = []

    def undecided(measurement: Measurement) -> list[str]:
        asked.append(measurement.rounds)
        return ["jit"] if measurement.rounds < 7 else []

    found = rounds_of(team_of(FakeStage())).run(undecided, 3600.0)
    assert asked == [4, 6, 8]
    assert found.rounds == 8


def test_a_disturbed_block_costs_its_round_which_is_run_again_in_the_same_direction() -> None:
    stage = FakeStage()
    found = rounds_of(team_of(stage, FakeHealth(disturbed=5))).run(lambda measurement: [], 3600.0)
    assert (found.rounds, found.excluded) == (LEAST_BLOCKS, ("other processes were running",))
    turns = [entry.split()[0] for entry in stage.log[::2]]
    assert turns[3:6] == turns[6:9] == NAMES[::-1]


def test_growth_is_seen_within_each_process() -> None:
    leaking = rounds_of(team_of(FakeStage(leak=1 << 20))).run(lambda measurement: [], 3600.0).all_samples["jit"]
    assert len(leaking.levels) == LEAST_BLOCKS
    assert leaking.growth is not None
    assert leaking.growth.leaks
    assert leaking.growth.slope == pytest.approx(1 << 20)
    for levels in leaking.levels:
        assert [calls for calls, _ in levels] == sorted({calls for calls, _ in levels})
    steady = rounds_of(team_of(FakeStage())).run(lambda measurement: [], 3600.0).all_samples["jit"]
    assert steady.growth is not None
    assert not steady.growth.leaks


def test_the_largest_peak_of_all_processes_is_kept() -> None:
    team = team_of(FakeStage())
    for _ in range(3):
        team.turn("jit", "short", 0, 9)
    assert team.memory == {"jit": MemoryPeaks(300)}


def test_a_fallback_in_one_process_counts_and_recompiles_are_counted() -> None:
    team = team_of(FakeStage(lies="jit"))
    rounds_of(team).run(lambda measurement: [], 3600.0)
    assert team.fallbacks == {"jit": "it runs as eager"}
    turn = team.turn(BASELINE, "short", 0, 9)
    assert turn is not None
    built = sum(calls > 12 for calls, _ in turn.levels)
    assert turn.recompiles == {"recompiled": built}, "in each piece that was timed, and not before"
    assert built > 0


def test_a_worker_that_dies_is_not_started_again() -> None:
    stage = FakeStage(dies="jit")
    found = rounds_of(team_of(stage)).run(lambda measurement: [], 3600.0)
    assert stage.log.count("jit comes") == 1
    assert found.all_samples["jit"].failure is not None
    assert found.all_samples[CONTROL].failure is None
    assert found.rounds == LEAST_BLOCKS


def test_what_never_gets_steady_is_timed_all_the_same_and_said() -> None:
    team = team_of(FakeStage(falling=True))
    turn = team.turn("jit", "short", 0, 9)
    assert turn is not None
    assert len(turn.wall_ns) == 9
    assert team.restless == ["jit"]
    assert max(calls for calls, _ in turn.levels) == MOST_WARM_UP_CALLS + 9


def test_unlike_inputs_are_warmed_up_by_number() -> None:
    stage = FakeStage(falling=True)
    turn = team_of(stage, same_inputs=False).turn("jit", "varied", 0, 9)
    assert turn is not None
    assert turn.levels[-1][0] == 12 + 9


@given(st.floats(1e-9, 1e3))
def test_a_block_is_long_enough_to_pay_for_loading(typical_s: float) -> None:
    calls = calls_in_a_block(typical_s) - 1
    assert LEAST_CALLS <= calls <= MOST_CALLS
    assert calls * typical_s >= 0.999 * BLOCK_S or calls == MOST_CALLS
    assert calls_in_a_block(None) == 1 + LEAST_CALLS


@given(st.integers(1, 1000))
def test_pieces_are_all_of_a_block(count: int) -> None:
    found = pieces(count)
    assert sum(size for _, size in found) == count
    assert [before for before, _ in found] == [sum(size for _, size in found[:at]) for at in range(len(found))]
    assert len(found) == min(PARTS, count)
    assert min(size for _, size in found) >= 1


@pytest.mark.parametrize(("times", "expected"), [(1, 201), (2, 101), (20, 11), (200, 4)])
def test_a_block_of_who_is_much_slower_has_fewer_calls(times: int, expected: int) -> None:
    team = team_of(FakeStage(times={"jit": times, CONTROL: times}), typical_s=0.01)
    usual = calls_in_a_block(0.01)
    for name, calls in (("jit", expected), (CONTROL, usual), (BASELINE, usual)):
        turn = team.turn(name, "short", 0, usual)
        assert turn is not None
        assert len(turn.wall_ns) == calls


def test_a_workers_blocks_are_equally_long_and_unlike_inputs_are_the_same_for_everybody() -> None:
    stage = FakeStage(times={"jit": 3})
    team = team_of(stage, typical_s=0.01)
    first = team.turn("jit", "short", 0, 201)
    stage.times["jit"] = 1
    second = team.turn("jit", "short", 0, 201)
    unlike = team_of(FakeStage(times={"jit": 3}), same_inputs=False, typical_s=0.01).turn("jit", "short", 0, 201)
    assert first is not None
    assert second is not None
    assert unlike is not None
    assert (len(first.wall_ns), len(second.wall_ns), len(unlike.wall_ns)) == (68, 68, 201)


def test_each_phase_has_the_largest_peak_of_all_processes_and_one_process_in_doubt_puts_all_in_doubt() -> None:
    of_loading = MemoryPeaks(900, 900, 300)
    of_calls = MemoryPeaks(500, 400, 500, unreliable="not exclusive")
    for memories in ({1: of_loading, 2: of_calls}, {1: of_calls, 2: of_loading}):
        team = team_of(FakeStage(memories=memories))
        for _ in range(2):
            team.turn("jit", "short", 0, 9)
        assert team.memory == {"jit": MemoryPeaks(900, 900, 500, unreliable="not exclusive")}


def test_a_process_whose_peak_was_not_read_is_not_covered_by_others() -> None:
    team = team_of(FakeStage(memories={1: MemoryPeaks(None)}))
    for _ in range(3):
        team.turn("jit", "short", 0, 9)
    assert team.memory == {"jit": MemoryPeaks(None)}
