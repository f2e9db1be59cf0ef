"""A longer look: an allocator that settles is let go, a leak is not."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jitgate.measure.leak_check import LONGER, LONGEST_S, leak_check
from jitgate.model.turn import Turn
from jitgate.model.variant import BASELINE
from jitgate.statistics import growth

from tests.jitgate.measure.fake_team import FakeTeam
from tests.jitgate.measure.test_rounds import rounds_of

MIB = 1 << 20


def looked(level: Callable[[int], int], *, turn_s: float = 0.1, fails: bool = False) -> list[tuple[int, int]]:
    """Levels after twelve turns of four calls, and of those that a longer look adds."""
    levels = [(calls, level(calls)) for calls in range(4, 52, 4)]
    clock = [0.0]

    def turn() -> object | None:
        clock[0] += turn_s
        levels.append((levels[-1][0] + 4, level(levels[-1][0] + 4)))
        return None if fails else object()

    leak_check(levels, turn, lambda: clock[0])
    return levels


def leaks(levels: list[tuple[int, int]]) -> bool:
    found = growth([calls for calls, _ in levels], [level for _, level in levels])
    return found is not None and found.leaks


@given(st.integers(MIB // 16, 64 * MIB))
def test_a_leak_stays_one_and_a_pool_that_fills_is_none(a_call: int) -> None:
    always, once = looked(lambda calls: calls * a_call), looked(lambda calls: min(calls, 48) * a_call)
    assert always[-1][0] == once[-1][0] == LONGER * 48
    assert leaks(always)
    assert not leaks(once)


def test_who_does_not_grow_is_not_called_again() -> None:
    assert len(looked(lambda _: MIB)) == 12


@pytest.mark.parametrize(("turn_s", "fails", "more"), [(0.1, True, 1), (LONGEST_S / 2, False, 2)])
def test_a_failure_ends_it_and_so_does_time(turn_s: float, fails: bool, more: int) -> None:
    levels = looked(lambda calls: calls * MIB, turn_s=turn_s, fails=fails)
    assert len(levels) == 12 + more


class Settling(FakeTeam):
    """The memory of `jit` rises in its first 60 calls; that of `aot` in all."""

    def turn(self, name: str, scenario: str, start: int, count: int) -> Turn | None:
        turn = super().turn(name, scenario, start, count)
        calls = {"jit": min(self.made["jit"], 60), "aot": self.made["aot"]}.get(name, 0)
        return turn and replace(turn, level_bytes=calls * MIB, recompiles={"recompile": 1})


def test_rounds_look_longer_and_time_nothing_of_it() -> None:
    run = rounds_of(Settling(dict.fromkeys((BASELINE, "jit", "aot", "eager#control"), 20_000_000)))
    run.warm_up()
    found = run.run(lambda measurement: [], 60.0)
    grown = {name: samples.growth for name, samples in found.all_samples.items()}
    assert [name for name, growth in grown.items() if growth is not None and growth.leaks] == ["aot"]
    assert {len(samples.turns) for samples in found.all_samples.values()} == {found.rounds}
    assert {sum(samples.recompiles.values()) for samples in found.all_samples.values()} == {found.rounds}
