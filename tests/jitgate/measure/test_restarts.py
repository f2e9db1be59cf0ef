"""Workers that are started again where that decides: within the budget, and only those that need it."""

from __future__ import annotations

import pytest
from jitgate.cache.store import ArtefactCache
from jitgate.measure.restarts import Restarts
from jitgate.measure.rounds import OVERTIME
from jitgate.measure.session import Measurements
from jitgate.measure.settings import MeasureTask, RunSettings
from jitgate.model.measurement import Measurement
from jitgate.model.variant import BASELINE, CONTROL, VariantSpec
from jitgate.statistics.starts import MOST_SETS
from jitgate.workloads.spec import WorkloadSpec

from tests.jitgate.measure.test_batches import Notes

KEY = ("tiny", "short")
BUDGET_S = 80.0


def test_sets_share_the_budget_and_another_starts_while_there_is_some() -> None:
    restarts = Restarts()
    assert restarts.left_s(KEY, BUDGET_S) == BUDGET_S
    assert restarts.share_s(BUDGET_S) * MOST_SETS == BUDGET_S
    restarts.end_set(KEY, spent_s=30.0, wall_s=31.0)
    assert (restarts.left_s(KEY, BUDGET_S), restarts.allowed(KEY, BUDGET_S)) == (50.0, True)
    restarts.end_set(KEY, spent_s=50.0, wall_s=52.0)
    assert (restarts.left_s(KEY, BUDGET_S), restarts.allowed(KEY, BUDGET_S)) == (0.0, False)
    assert restarts.allowed(("tiny", "other"), BUDGET_S)


def test_starts_and_rounds_together_take_no_longer_than_rounds_alone_may() -> None:
    restarts = Restarts()
    restarts.end_set(KEY, spent_s=10.0, wall_s=10.0)
    restarts.started([KEY, ("tiny", "other")], took_s=2 * (OVERTIME * BUDGET_S - 11.0))
    assert restarts.allowed(KEY, BUDGET_S)
    restarts.started([KEY], took_s=1.0)
    assert not restarts.allowed(KEY, BUDGET_S)


def three_sets_of(variant: str, measurement: Measurement) -> list[str]:
    return [variant] if len(set(measurement.processes)) < 3 else []


@pytest.fixture
def runs(tmp_path_factory: pytest.TempPathFactory) -> tuple[Measurements, Notes]:
    variants = (
        *(VariantSpec(name, "jitgate.engines.eager:eager") for name in (BASELINE, "near", "far")),
        VariantSpec("dead", "tests.jitgate.pool.models:raises", where="my.toml"),
    )
    names = tuple(variant.name for variant in variants)
    progress = Notes()
    settings = RunSettings(
        device="cpu",
        cache=ArtefactCache(tmp_path_factory.mktemp("restarts") / "cache"),
        progress=progress,
        budget_s=BUDGET_S,
        timeout_s=300.0,
        seed=3,
        processes=None,
        extras=False,
        include_noisy=True,
    )
    workload = WorkloadSpec("tiny", "tests.jitgate.pool.models:tiny", ("short", "varied"), names, where="my.toml")
    task = MeasureTask(workload, variants, ("short", "varied"))

    def near(measurement: Measurement) -> list[str]:
        return three_sets_of("near", measurement) if measurement.scenario == "short" else []

    return Measurements({"tiny": task}, settings, lambda _: [], near), progress


@pytest.mark.slow
def test_only_what_is_near_a_limit_is_started_again_and_every_scenario_is_measured_once(
    runs: tuple[Measurements, Notes],
) -> None:
    session, progress = runs
    try:
        short, varied = session.get("tiny", "short"), session.get("tiny", "varied")
        assert session.get("tiny", "short") is short
    finally:
        session.close()
    assert {name: short.starts(name) for name in (BASELINE, CONTROL, "near", "far")} == {
        BASELINE: 3,
        CONTROL: 3,
        "near": 3,
        "far": 1,
    }
    assert len(short.all_samples["near"].process_runs) == 3
    assert varied.starts(BASELINE) == 1
    assert varied.processes == ()
    assert [short.restarts, varied.restarts] == [True, True]
    note = "3 sets of processes: near was too near a limit for one set to decide."
    assert [each for each in short.notes if "sets of processes" in each] == [note]
    assert not [each for each in varied.notes if "sets of processes" in each]
    assert progress.said.count("tiny: started again, since near is near a limit") == 2
    assert short.columns("near").processes is not None
    assert short.columns("far").processes is None
    assert short.all_samples["dead"].failure is not None, "what failed in the first set is not forgotten"
    turns_s = sum(sum(sum(turn) for turn in samples.turns) for samples in short.all_samples.values())
    assert turns_s <= short.busy_s <= short.wall_s < BUDGET_S, "no start is in the rounds"


@pytest.mark.slow
def test_a_test_that_states_a_limit_of_its_own_starts_workers_again_for_its_scenario_alone(
    runs: tuple[Measurements, Notes],
) -> None:
    session, _ = runs
    try:
        first = session.get("tiny", "varied")
        asked: list[str] = []

        def near(measurement: Measurement) -> list[str]:
            asked.append(measurement.scenario)
            return three_sets_of("far", measurement)

        found = session.more("tiny", "varied", lambda _: [], near)
    finally:
        session.close()
    assert (first.starts("far"), found.starts("far"), found.starts("near")) == (1, 3, 1)
    assert set(asked) == {"varied"}
