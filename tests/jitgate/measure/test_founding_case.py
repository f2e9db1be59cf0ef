"""The case that founded this project, replayed: two engines of 2.4 GB and a card of 4 GB.

The card, its driver and the workers are stand-ins; what decides, orders the turns and judges is the real thing.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from jitgate.config.policy import Gate
from jitgate.gates.validity import speedup_of
from jitgate.measure.blocks import BlockTeam
from jitgate.measure.order import Mirrored
from jitgate.measure.overcommit import Overcommit
from jitgate.measure.rounds import Rounds
from jitgate.model.accuracy import Accuracy
from jitgate.model.answers import ExportContent, ModelFacts
from jitgate.model.cell import Cell
from jitgate.model.cold_start import ColdStart
from jitgate.model.failure import Failure
from jitgate.model.measurement import Measurement
from jitgate.model.memory_peaks import MemoryKind, MemoryPeaks
from jitgate.model.samples import Samples
from jitgate.model.turn import Turn
from jitgate.model.variant import BASELINE, CONTROL, VariantSpec
from jitgate.model.verdict import Verdict
from jitgate.pool.memory_estimator import MemoryRecords
from jitgate.pool.residency import Residency, ResidencyPlan, ResidencyPlanner
from jitgate.statistics import Outcome

from tests.jitgate.device.device_memories import GIB, FakeCard
from tests.jitgate.measure.fake_team import FakeHealth, Silent
from tests.jitgate.results import JUDGE, asked_of, policy_of, results_of, rules_of

ENGINE_BYTES = 2_400_000_000
NAMES = (BASELINE, "jit", CONTROL)
TRUTH = {BASELINE: 0.100, CONTROL: 0.100, "jit": 0.080}
"""Seconds of a call where the memory is there: JIT is 1.25 times as fast."""

PAGED = {BASELINE: 4.0, CONTROL: 4.0, "jit": 13.0}
"""How many times as long calls take while the driver pages; what comes last finds the card full."""

GATE = Gate("here", variant="jit", limits={"min_speedup": 1.10})


def undecided(measurement: Measurement) -> list[str]:
    return rules_of(policy_of(GATE, measurements=[measurement], memory_limit_bytes=4 * GIB)).undecided(measurement)


def verdicts(measurement: Measurement) -> list[Verdict]:
    policy = policy_of(GATE, measurements=[measurement], memory_limit_bytes=4 * GIB)
    return results_of(policy, measurement).of(Cell(measurement.workload, measurement.scenario, "jit"))


@dataclass
class Engines:
    """Workers on one card: together as a `Team`, or one at a time as a `Stage`."""

    card: FakeCard
    clock_s: float = 0.0
    random: random.Random = field(default_factory=lambda: random.Random(0))

    def names(self) -> list[str]:
        return list(NAMES)

    def failure(self, name: str) -> Failure | None:
        return None

    def turn(self, name: str, scenario: str, start: int, count: int) -> Turn:
        slow = PAGED[name] if self.card.lent_bytes else 1.0
        wall = [round(1e9 * slow * TRUTH[name] * self.random.uniform(0.99, 1.01)) for _ in range(count)]
        self.clock_s += sum(wall) / 1e9
        return Turn(tuple(wall), (), self.card.holds[name])

    @contextmanager
    def running(self, name: str, scenario: str) -> Iterator[Engine]:
        self.card.take(name, ENGINE_BYTES)
        self.clock_s += 3.0
        yield Engine(self, name, scenario)
        self.card.give(name)


@dataclass
class Engine:
    engines: Engines
    name: str
    scenario: str

    def turn(self, start: int, count: int) -> Turn:
        return self.engines.turn(self.name, self.scenario, start, count)

    def memory(self) -> MemoryPeaks:
        return MemoryPeaks(ENGINE_BYTES)

    def fallback(self) -> str | None:
        return None


def residency_plan(wish: Residency, card: FakeCard, folder: Path) -> ResidencyPlan:
    """What is decided where an earlier run measured 2.4 GB for each engine."""
    eager = VariantSpec(BASELINE, "jitgate.engines.eager:eager")
    variants = {BASELINE: eager, "jit": VariantSpec("jit", "my:jit", exported=True), CONTROL: eager}
    planner = ResidencyPlanner(wish, card, MemoryRecords(folder), 4 * GIB)
    content = ExportContent(None, "w", "s", "r", {"short": ("k",)}, {"k": "1,8"})
    facts = ModelFacts(1.0, 0, 2 * GIB, {"short": 1}, content)
    estimator = planner.estimator("cuda:0", facts, context_bytes=0)
    for variant in variants.values():
        estimator.learn(variant, "short", MemoryPeaks(ENGINE_BYTES, kind=MemoryKind.DEVICE))
    return planner.decide(estimator, card.read(), variants, ["short"])


def blank(**changes: Any) -> Measurement:
    all_samples = {name: Samples(name, (), (), (), ColdStart(), accuracy=Accuracy(0.0)) for name in NAMES}
    return Measurement("tts", "short", "cuda:0", 0, all_samples, **changes)


@pytest.mark.parametrize("total_gib", [4, 141], ids=["the card itself", "a ceiling of 4 GiB on a large card"])
def test_two_engines_are_never_resident_together_and_the_verdict_is_the_true_one(
    tmp_path: Path, total_gib: int
) -> None:
    card = FakeCard(total_bytes=total_gib * GIB)
    decided = residency_plan(Residency.AUTO, card, tmp_path)
    assert decided.exclusive
    assert "3 workers would need about 6.71 GiB, and there are 4.00 GiB" in str(decided.note)

    engines = Engines(card)
    team = BlockTeam(engines, engines.names, engines.failure, FakeHealth(), same_inputs=True)
    watch = Overcommit(card, card.read())
    run = Rounds(
        team,
        blank(residency="exclusive"),
        1,
        Silent(),
        team,
        lambda: engines.clock_s,
        order=Mirrored(0),
        overcommit=watch,
        block=4,
    )
    found = run.run(undecided, 3600.0)
    assert card.most_resident == 1
    assert card.holds == {}
    assert found.overcommitted is None
    assert JUDGE.speed(found, "jit", 1.10).outcome is Outcome.PASS
    speedup = speedup_of(asked_of(found))
    assert speedup is not None
    assert speedup.interval.estimate == pytest.approx(1.25, rel=0.01)


@pytest.mark.parametrize("tells_shared", [True, False], ids=["shared memory told", "shared memory hidden"])
@pytest.mark.parametrize(
    "names", [NAMES, (BASELINE, "jit")], ids=["with the control", "the two of the story alone fill the card"]
)
def test_with_residency_forced_the_memory_is_blamed_and_never_the_jit(
    tmp_path: Path, tells_shared: bool, names: tuple[str, ...]
) -> None:
    card = FakeCard(tells_shared=tells_shared)
    decided = residency_plan(Residency.CONCURRENT, card, tmp_path)
    assert not decided.exclusive
    assert "as --jitgate-residency concurrent asks, although 3 workers would need" in str(decided.note)

    engines = Engines(card)
    before = card.read()
    for name in NAMES:
        card.take(name, ENGINE_BYTES if name in names else 1)
    watched = Rounds(
        engines, blank(), 1, Silent(), FakeHealth(), lambda: engines.clock_s, overcommit=Overcommit(card, before)
    )
    watched.warm_up()
    found = watched.run(undecided, 3600.0)
    verdict = JUDGE.speed(found, "jit", 1.10)
    assert verdict.outcome is Outcome.INVALID
    assert verdict.reason.startswith("memory overcommitted: ")
    assert found.rounds == 1, "no further round is spent on it"
    for each in verdicts(found):
        assert "times as fast as the baseline" not in each.reason

    # The same rounds with nobody watching: this is how it came to "JIT is slower".
    unwatched = Rounds(engines, blank(), 1, Silent(), FakeHealth(), lambda: engines.clock_s)
    unwatched.warm_up()
    blamed = JUDGE.speed(unwatched.run(undecided, 3600.0), "jit", 1.10)
    assert blamed.outcome is Outcome.FAIL
