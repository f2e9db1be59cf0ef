"""Warming up counts towards no budget: where it takes long, that is said before it begins, and it ends with it."""

from __future__ import annotations

import pytest
from jitgate.measure.rounds import Rounds
from jitgate.model.cold_start import ColdStart
from jitgate.model.measurement import Measurement
from jitgate.model.samples import Samples

from tests.jitgate.measure.fake_team import NAMES, FakeHealth, FakeTeam


class Heard:
    def __init__(self, team: FakeTeam) -> None:
        self.team = team
        self.notes: list[tuple[str, int]] = []

    def busy(self, what: str) -> None:
        pass

    def note(self, what: str) -> None:
        self.notes.append((what, len(self.team.order)))


@pytest.mark.parametrize(("call_s", "said"), [(13.7, True), (0.02, False)])
def test_slow_warm_up_is_announced(call_s: float, said: bool) -> None:
    team = FakeTeam(ns=dict.fromkeys(NAMES, round(call_s * 1e9)))
    heard = Heard(team)
    blank = Measurement("w", "short", "cpu", 0, {name: Samples(name, (), (), (), ColdStart()) for name in NAMES})
    alone = dict.fromkeys(NAMES, (call_s,) * 3)
    run = Rounds(team, blank, 1, heard, FakeHealth(()), lambda: team.clock_s, early=alone)
    run.warm_up()
    if not said:
        assert heard.notes == []
        return
    ((note, turns),) = heard.notes
    calls = {count for _, _, count in team.inputs}
    assert turns == 0, "before the first turn"
    assert (
        note == f"w short: warming up takes {len(NAMES) * calls.pop() * call_s:.0f} s a round, which no budget counts"
    )


@pytest.mark.parametrize(("limit_s", "rounds"), [(6.0, 1), (1000.0, 2)])
def test_warming_up_ends_with_the_budget(limit_s: float, rounds: int) -> None:
    team = FakeTeam(ns=dict.fromkeys(NAMES, round(13.7e9)))
    heard = Heard(team)
    blank = Measurement("w", "short", "cpu", 0, {name: Samples(name, (), (), (), ColdStart()) for name in NAMES})
    run = Rounds(team, blank, 1, heard, FakeHealth(()), lambda: team.clock_s, early=dict.fromkeys(NAMES, (13.7,)))
    run.warm_up(limit_s)
    assert len(team.order) == rounds * len(NAMES)
    (note,) = run.measurement().notes or ("",)
    said = f"Warming up ended after {team.clock_s:.0f} s: eager, jit, aot, eager#control was not steady yet."
    assert note == ("" if rounds == 2 else said), "two equal calls after the first are steady"
