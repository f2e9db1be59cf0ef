"""The order of turns, the warm-up, and when it ends: the real scheduler on stand-in workers."""

from __future__ import annotations

import signal
import statistics
from collections.abc import Container
from dataclasses import replace

import pytest
from jitgate.measure.rounds import LEAST_ROUNDS, OVERTIME, Rounds
from jitgate.measure.turn_size import calls_in_a_turn
from jitgate.measure.warm_up import WARM_UP_CALLS, WARM_UP_TURNS
from jitgate.model.cold_start import ColdStart
from jitgate.model.measurement import Measurement
from jitgate.model.samples import Samples
from jitgate.model.turn import Turn
from jitgate.model.variant import BASELINE, CONTROL
from jitgate.pool.interrupt import INTERRUPTS

from tests.jitgate.measure.fake_team import NAMES, FakeHealth, FakeTeam, Silent


def rounds_of(
    team: FakeTeam,
    *,
    seed: int = 0,
    inputs: int = 1,
    disturbed: Container[int] = (),
    keep: bool = False,
    fewer: bool = True,
) -> Rounds:
    all_samples = {name: Samples(name, (), (), (), ColdStart()) for name in NAMES}
    blank = Measurement("w", "short", "cpu", seed, all_samples)
    health, clock = FakeHealth(disturbed), lambda: team.clock_s
    return Rounds(team, blank, inputs, Silent(), health, clock, include_noisy=keep, fewer=fewer)


def test_every_worker_has_one_turn_a_round_in_an_order_that_changes() -> None:
    team = FakeTeam()
    run = rounds_of(team)
    run.run(lambda measurement: [], 60.0)
    rounds = [tuple(team.order[at : at + len(NAMES)]) for at in range(0, len(team.order), len(NAMES))]
    assert all(sorted(turns) == sorted(NAMES) for turns in rounds)
    assert len(set(rounds)) > 3


def test_the_order_is_that_of_the_seed() -> None:
    orders = []
    for seed in (1, 1, 2):
        team = FakeTeam()
        rounds_of(team, seed=seed).run(lambda measurement: [], 60.0)
        orders.append(team.order)
    assert orders[0] == orders[1] != orders[2]


def test_all_workers_of_a_round_get_the_same_inputs_and_the_next_round_the_next() -> None:
    team = FakeTeam()
    rounds_of(team, inputs=40).run(lambda measurement: [], 60.0)
    starts = [start for _, start, _ in team.inputs]
    counts = {count for _, _, count in team.inputs}
    assert len(counts) == 1
    per_round = [set(starts[at : at + len(NAMES)]) for at in range(0, len(starts), len(NAMES))]
    assert all(len(found) == 1 for found in per_round)
    assert starts == sorted(starts)
    assert starts[-1] > 0


def test_the_first_call_of_a_turn_is_kept_apart() -> None:
    team = FakeTeam()
    run = rounds_of(team)
    run.warm_up()
    found = run.run(lambda measurement: [], 60.0)
    calls = team.inputs[-1][2]
    assert calls > 2
    for samples in found.all_samples.values():
        assert len(samples.first_s) == len(samples.turns) == LEAST_ROUNDS
        assert {len(turn) for turn in samples.turns} == {calls - 1}


def test_warm_up_goes_on_until_the_slow_first_calls_are_over_and_is_not_recorded() -> None:
    team = FakeTeam(slow_first=3)
    run = rounds_of(team)
    run.warm_up()
    assert all(team.made[name] > WARM_UP_CALLS for name in NAMES)
    found = run.run(lambda measurement: [], 60.0)
    assert {duration for samples in found.all_samples.values() for duration in samples.durations_s} == {0.02}
    assert found.notes == ()


def test_workers_that_were_warmed_up_alone_take_one_warm_up_turn() -> None:
    team = FakeTeam()
    all_samples = {name: Samples(name, (), (), (), ColdStart()) for name in NAMES}
    blank = Measurement("w", "short", "cpu", 0, all_samples)
    alone = dict.fromkeys(NAMES, (0.9, *((0.02,) * WARM_UP_CALLS)))
    run = Rounds(team, blank, 1, Silent(), FakeHealth(()), lambda: team.clock_s, early=alone)
    run.warm_up()
    assert sorted(team.order) == sorted(NAMES)
    assert {count for _, _, count in team.inputs} == {calls_in_a_turn([0.02])}
    ((calls, _),) = run.measurement().all_samples[BASELINE].levels[0]
    assert calls == 1 + WARM_UP_CALLS + calls_in_a_turn([0.02]), "its memory has seen the calls made alone, too"


def test_what_never_gets_steady_is_said() -> None:
    class Restless(FakeTeam):
        def turn(self, name: str, scenario: str, start: int, count: int) -> Turn | None:
            if name == "jit":
                self.ns[name] = round(self.ns[name] * 0.8)
            return super().turn(name, scenario, start, count)

    team = Restless(ns=dict.fromkeys(NAMES, 2_000_000_000))
    run = rounds_of(team)
    run.warm_up()
    (note,) = run.measurement().notes
    assert note == f"After {WARM_UP_TURNS} warm-up turns jit was not steady."


def test_rounds_stop_when_enough_is_known_but_not_before_a_few() -> None:
    asked = []

    def undecided(measurement: Measurement) -> list[str]:
        asked.append(measurement.rounds)
        return [] if measurement.rounds >= LEAST_ROUNDS + 5 else ["jit"]

    found = rounds_of(FakeTeam()).run(undecided, 600.0)
    assert found.rounds == LEAST_ROUNDS + 5
    assert asked[0] == LEAST_ROUNDS


def test_who_is_decided_rests_while_the_others_go_on() -> None:
    team = FakeTeam()
    found = rounds_of(team).run(lambda measurement: [] if measurement.rounds >= LEAST_ROUNDS + 5 else ["jit"], 600.0)
    turns = {name: sum(1 for turn in samples.turns if turn) for name, samples in found.all_samples.items()}
    assert turns == {
        BASELINE: LEAST_ROUNDS + 5,
        CONTROL: LEAST_ROUNDS + 5,
        "jit": LEAST_ROUNDS + 5,
        "aot": LEAST_ROUNDS,
    }
    assert len(found.columns("aot").baseline) == LEAST_ROUNDS
    assert len(found.columns("jit").baseline) == LEAST_ROUNDS + 5


def test_rounds_stop_when_the_budget_is_spent_and_a_later_request_does_not_spend_it_again() -> None:
    team = FakeTeam()
    run = rounds_of(team)
    assert not run.over(2.0)
    first = run.run(lambda measurement: NAMES, 2.0)
    assert 2.0 <= run.spent_s < 2.0 + 0.2
    assert run.over(2.0)
    assert not run.over(4.0), "who gives more gets more"
    again = run.run(lambda measurement: NAMES, 2.0)
    assert again.rounds == first.rounds


def test_more_rounds_are_added_to_those_there_are() -> None:
    run = rounds_of(FakeTeam())
    first = run.run(lambda measurement: [], 60.0)
    more = run.run(lambda measurement: [] if measurement.rounds >= first.rounds + 3 else NAMES, 60.0)
    assert more.rounds == first.rounds + 3
    assert more.all_samples["jit"].turns[: first.rounds] == first.all_samples["jit"].turns


def test_a_worker_that_dies_ends_its_own_arm_only() -> None:
    team = FakeTeam(dies={"jit": 3})
    found = rounds_of(team).run(lambda measurement: [], 60.0)
    assert found.rounds == LEAST_ROUNDS
    assert sum(1 for turn in found.all_samples["jit"].turns if turn) == 3
    assert found.all_samples["jit"].failure is not None
    assert found.all_samples["aot"].failure is None
    assert len(found.columns("aot")[0]) == LEAST_ROUNDS


def test_without_a_baseline_no_further_round_counts() -> None:
    team = FakeTeam(dies={BASELINE: 3})
    found = rounds_of(team).run(lambda measurement: NAMES, 600.0)
    assert found.rounds == 3
    assert len(found.all_samples["jit"].turns) == LEAST_ROUNDS, "but for what is not a comparison there are a few"


def test_where_the_baseline_never_ran_the_others_take_a_few_turns_and_then_stop() -> None:
    team = FakeTeam(dies={BASELINE: 0, CONTROL: 0})
    team.order += [BASELINE, CONTROL]  # both have failed before
    run = rounds_of(team)
    run.warm_up()
    found = run.run(lambda measurement: NAMES, 600.0)
    assert found.rounds == 0
    assert sum(1 for turn in found.all_samples["jit"].turns if turn) == LEAST_ROUNDS
    assert found.all_samples["jit"].growth is not None
    again = run.run(lambda measurement: NAMES, 600.0)
    assert len(again.all_samples["jit"].turns) == LEAST_ROUNDS


def test_time_inside_calls_is_all_of_the_time_of_a_clock_that_only_calls_move() -> None:
    found = rounds_of(FakeTeam()).run(lambda measurement: [], 60.0)
    assert found.busy_s == pytest.approx(found.wall_s)


def test_an_interrupt_keeps_the_rounds_that_were_finished() -> None:
    class Interrupted(FakeTeam):
        def turn(self, name: str, scenario: str, start: int, count: int) -> Turn | None:
            if len(self.order) == 6 * len(NAMES) + 2:
                raise KeyboardInterrupt
            return super().turn(name, scenario, start, count)

    run = rounds_of(Interrupted())
    with pytest.raises(KeyboardInterrupt):
        run.run(lambda measurement: NAMES, 600.0)
    assert run.measurement().rounds == 6


def test_an_interrupt_in_a_place_that_forgets_exceptions_ends_the_rounds_after_a_whole_one() -> None:
    class Sank:
        def __del__(self) -> None:
            signal.raise_signal(signal.SIGINT)

    class Interrupted(FakeTeam):
        def turn(self, name: str, scenario: str, start: int, count: int) -> Turn | None:
            if len(self.order) == 6 * len(NAMES) + 2:
                Sank()
            return super().turn(name, scenario, start, count)

    run = rounds_of(Interrupted())
    before = signal.signal(signal.SIGINT, signal.default_int_handler)  # a job in the background ignores it
    try:
        with pytest.raises(KeyboardInterrupt), INTERRUPTS.held():
            run.run(lambda measurement: NAMES, 20.0)
    finally:
        signal.signal(signal.SIGINT, before)
    found = run.measurement()
    assert found.rounds == 7
    assert {len(samples.turns) for samples in found.all_samples.values()} == {7}


def test_a_disturbed_round_is_left_out_counted_and_not_charged() -> None:
    team = FakeTeam()
    run = rounds_of(team, disturbed=range(3, 8))
    found = run.run(lambda measurement: [], 60.0)
    assert (found.rounds, found.excluded) == (LEAST_ROUNDS, ("other processes were running",) * 5)
    assert all(len(samples.turns) == LEAST_ROUNDS for samples in found.all_samples.values())
    assert found.excluded_share == 5 / (5 + LEAST_ROUNDS)
    assert run.spent_s == pytest.approx(found.wall_s * LEAST_ROUNDS / (5 + LEAST_ROUNDS))
    assert found.busy_s == pytest.approx(found.wall_s), "what was left out was spent inside calls all the same"


def test_disturbed_rounds_can_be_kept_and_are_named_then() -> None:
    found = rounds_of(FakeTeam(), disturbed=range(3, 8), keep=True).run(lambda measurement: [], 60.0)
    assert (found.rounds, found.excluded) == (LEAST_ROUNDS, ())
    assert found.notes == ("5 disturbed rounds count (--jitgate-noisy-rounds include): other processes were running",)


def test_a_machine_that_is_always_disturbed_does_not_keep_us_for_ever() -> None:
    found = rounds_of(FakeTeam(), disturbed=range(10**6)).run(lambda measurement: ["jit"], 10.0)
    assert found.rounds == 0
    assert 10.0 * OVERTIME <= found.wall_s < 10.0 * OVERTIME + 1


def test_a_stall_does_not_eat_the_budget() -> None:
    team = FakeTeam(stalls={("jit", 15): 25.0})
    found = rounds_of(team).run(lambda measurement: ["jit"], 30.0)
    undisturbed = rounds_of(FakeTeam()).run(lambda measurement: ["jit"], 30.0)
    assert found.wall_s > 50
    assert undisturbed.rounds - 10 < found.rounds <= undisturbed.rounds


def test_what_is_rebuilt_in_timed_turns_is_counted_apart_from_warming_up_and_in_rounds_left_out_too() -> None:
    class Rebuilding(FakeTeam):
        def turn(self, name: str, scenario: str, start: int, count: int) -> Turn | None:
            turn = super().turn(name, scenario, start, count)
            return None if turn is None else replace(turn, recompiles={"recompile": 1} if name == "jit" else {})

    run = rounds_of(Rebuilding(), disturbed=range(1, 3))
    run.warm_up()
    warm = run.measurement().all_samples["jit"].warm_up_recompiles["recompile"]
    assert warm > 0
    found = run.run(lambda measurement: [], 60.0)
    assert found.all_samples["jit"].recompiles == {"recompile": found.rounds + 2}
    assert found.all_samples["jit"].warm_up_recompiles == {"recompile": warm}
    assert found.all_samples["aot"].recompiles == {}


def test_the_line_of_progress_tells_the_speed_up_so_far() -> None:
    class Heard(Silent):
        said: list[str] = []  # noqa: RUF012 - of this test alone

        def busy(self, what: str) -> None:
            self.said.append(what)

    all_samples = {name: Samples(name, (), (), (), ColdStart()) for name in NAMES}
    team = FakeTeam()
    run = Rounds(
        team, Measurement("w", "short", "cpu", 0, all_samples), 1, Heard(), FakeHealth(()), lambda: team.clock_s
    )
    run.run(lambda measurement: [], 60.0)
    candidate = next(name for name in NAMES if name not in (BASELINE, CONTROL))
    found = run.measurement().columns(candidate)
    expected = statistics.median(found.baseline) / statistics.median(found.candidate)
    assert f"round {LEAST_ROUNDS}" in Heard.said[-1]
    assert f", {candidate} {expected:.2f}x" in Heard.said[-1]
    assert " so far, " in Heard.said[-1]
