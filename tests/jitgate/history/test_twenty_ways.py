"""Ways to vanish, or to be compared with the wrong thing: none of them is green. And the way that is."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from jitgate.config.history_settings import HistorySettings
from jitgate.config.policy import Gate, Policy
from jitgate.gates.kind import Asked
from jitgate.gates.requirements import Rules
from jitgate.gates.results import Results
from jitgate.history.accepted import Accepted, AcceptedFile
from jitgate.history.append import append
from jitgate.history.commit import Commit
from jitgate.history.database import Database, open_database
from jitgate.history.made_record import record_of
from jitgate.history.past import StoredPast
from jitgate.history.record import RunRecord
from jitgate.model.cell import Cell
from jitgate.model.verdict import Verdict
from jitgate.statistics import Outcome
from jitgate.workloads.spec import WorkloadSpec

from tests.jitgate.history.made_session import made
from tests.jitgate.history.project import QUIET
from tests.jitgate.results import KINDS

JIT = Cell("my.encoder", "short", "jit")
LIMITS = {f"max_regression_{metric}": 0.03 for metric in ("time", "ratio", "memory")}
FACTS = {"torch": "2.12.1", "device": "AMD EPYC 7763", "cpu": "AMD EPYC 7763"}


class Store:
    """A store, and runs that are judged and stored as a session does it."""

    def __init__(self, folder: Path) -> None:
        self.database: Database = open_database(str(folder / "history.db"))
        self.number = itertools.count()
        self.accepted: list[Accepted] = []

    def judge(
        self,
        *,
        change: Callable[[RunRecord], RunRecord] = lambda run: run,
        machine: str = "machine-a",
        facts: dict[str, str] | None = None,
        on_no_history: str = "skip",
        settings: HistorySettings | None = None,
        scenario: str = "short",
        store: bool = True,
        commit: Commit | None = None,
        **figures: object,
    ) -> dict[str, Verdict]:
        """By metric. change: of the run that is stored."""
        number = next(self.number)
        scatter = 1 + QUIET[number % len(QUIET)]
        known = {"jit_ms": 5.0 * scatter, "eager_ms": 10.0 * scatter, "seed": number, **figures}
        gate = Gate("here", workload="my.encoder", variant="jit", limits=LIMITS, on_no_history=on_no_history)
        spec = WorkloadSpec("my.encoder", "a:b", (scenario,), ("eager", "jit"))
        policy = Policy(gates=(gate,), workloads={spec.name: spec}, history=settings or HistorySettings())
        here = commit or Commit(Path())
        file = AcceptedFile(Path("perf/accepted.toml"), tuple(self.accepted))
        past = StoredPast(self.database, policy, file, here, machine, facts or FACTS, date(2026, 11, 27))
        rules = Rules(policy, KINDS, "cpu", 0.001, past)
        results = Results(rules, {("my.encoder", scenario): made(scenario, known)})
        cell = JIT._replace(scenario=scenario)
        for requirement in rules.of(results.measurement(cell), cell):
            results.add(requirement)
        if store:
            ids = [f"{cell.id}/{metric}" for metric in ("time", "ratio", "memory", "p95")]
            entries = {series: file.of(series) for series in ids}
            epochs = {series: found[-1].epoch for series, found in entries.items() if found}
            about = RunRecord(
                *(f"{number:032x}", "2026-11-27T12:00:00+00:00", "cpu", machine),
                *(here.id, here.parent, here.branch, here.dirty),
                facts=facts or FACTS,
            )
            append(self.database, change(record_of(results, about, epochs)))
        gates = {verdict.gate.removeprefix("max_regression_"): verdict for verdict in results.of(cell)}
        return {name: gates[name] for name in ("time", "ratio", "memory")}


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path)


def test_the_same_again_is_green(store: Store) -> None:
    for _ in range(6):
        store.judge()
    assert {verdict.outcome for verdict in store.judge().values()} == {Outcome.PASS}


def marked(**values: Any) -> Callable[[RunRecord], RunRecord]:
    return lambda run: replace(run, **values)


@pytest.mark.parametrize("why", ["dirty", "interrupted", "marked odd", "red"])
def test_runs_that_count_for_nothing_are_no_baseline(store: Store, why: str) -> None:
    values: dict[str, dict[str, Any]] = {
        "dirty": {"dirty": True},
        "interrupted": {"interrupted": True},
        "marked odd": {"odd": "the fan"},
    }
    for _ in range(6):
        store.judge(change=marked(**values.get(why, {"red": "vanished"})))
    found = store.judge()
    assert {verdict.outcome for verdict in found.values()} == {Outcome.INCONCLUSIVE}
    assert f"run 1 of 3 (left out: 6 {why})" in found["time"].reason


@pytest.mark.parametrize("runs", [0, 1, 2])
def test_too_few_runs_are_named_and_fail_only_where_asked_for(store: Store, runs: int) -> None:
    for _ in range(runs):
        store.judge()
    found = store.judge(store=False)
    assert {(verdict.outcome, verdict.lenient) for verdict in found.values()} == {(Outcome.INCONCLUSIVE, True)}
    assert f"No history yet: run {runs + 1} of 3" in found["time"].reason
    strict = store.judge(on_no_history="fail", store=False)
    assert {verdict.outcome for verdict in strict.values()} == {Outcome.INVALID}


def test_another_machine_and_another_torch_are_said_and_ratios_go_on(store: Store) -> None:
    for _ in range(6):
        store.judge()
    other = {"torch": "2.13.0", "device": "Intel Xeon", "cpu": "Intel Xeon"}
    found = store.judge(machine="machine-b", facts=other, eager_ms=20.0, jit_ms=10.0)
    assert found["time"].outcome is Outcome.INCONCLUSIVE
    assert "torch 2.12.1 -> 2.13.0" in found["time"].reason
    assert "6 earlier runs are of AMD EPYC 7763" in found["time"].reason
    assert found["ratio"].outcome is Outcome.PASS
    slow = store.judge(machine="machine-b", facts=other, eager_ms=20.0, jit_ms=12.0)
    assert slow["ratio"].outcome is Outcome.FAIL


@pytest.mark.parametrize("what", ["inputs", "weights"])
def test_other_inputs_other_weights_or_another_seed_are_red(store: Store, what: str) -> None:
    other: dict[str, Any] = {what: "form-other"}
    for _ in range(6):
        store.judge()
    for _ in range(3):
        found = store.judge(**other)
        assert {verdict.outcome for verdict in found.values()} == {Outcome.INVALID}
    assert f"of other {what}, so this is a new series" in found["time"].reason
    store.accepted.append(Accepted("my.encoder/short/jit/*", "new voices", 0.0, 0.05, **other))
    found = store.judge(**other)
    assert {(verdict.outcome, verdict.lenient) for verdict in found.values()} == {(Outcome.INCONCLUSIVE, True)}


def test_values_may_differ_in_their_last_bits_on_another_machine(store: Store) -> None:
    for _ in range(6):
        store.judge()
    assert store.judge(machine="machine-b", inputs="form-bits2")["ratio"].outcome is Outcome.PASS
    assert store.judge(machine="machine-b", inputs="form2-bits2")["ratio"].outcome is Outcome.INVALID


def test_a_red_run_never_becomes_the_level(store: Store) -> None:
    for _ in range(6):
        store.judge()
    for number in range(6):
        found = store.judge(jit_ms=6.0 + number / 1000)
        assert found["time"].outcome is Outcome.FAIL
        assert f"left out: {number} red" in found["time"].reason or number == 0


def test_a_slow_creep_is_found_against_the_accepted_level(store: Store) -> None:
    for _ in range(10):
        store.judge()
    found = [store.judge(jit_ms=5.0 * 1.01**step)["time"].outcome for step in range(1, 11)]
    assert Outcome.FAIL in found[:6]
    assert found[-1] is Outcome.FAIL


def test_an_accepted_change_is_the_level_and_a_second_one_is_red(store: Store) -> None:
    for _ in range(6):
        store.judge()
    store.judge(jit_ms=6.0)
    store.accepted.append(Accepted("my.encoder/short/jit/*", "safer", 0.2, 0.21))
    for _ in range(3):
        assert store.judge(jit_ms=6.0, peak_mib=120)["time"].outcome is Outcome.PASS
    assert store.judge(jit_ms=6.6)["time"].outcome is Outcome.FAIL


def test_an_expired_acceptance_is_red(store: Store) -> None:
    for _ in range(6):
        store.judge()
    store.accepted.append(Accepted("*", "for now", 0.2, 0.2, expires=date(2026, 11, 26)))
    found = store.judge(jit_ms=6.0)
    assert {verdict.outcome for verdict in found.values()} == {Outcome.INVALID}
    assert "expired on 2026-11-26" in found["time"].reason


def test_an_acceptance_that_is_withdrawn_takes_its_runs_along(store: Store) -> None:
    for _ in range(6):
        store.judge()
    store.accepted.append(Accepted("my.encoder/short/jit/*", "safer", 0.2, 0.21))
    for _ in range(3):
        store.judge(jit_ms=6.0)
    store.accepted.clear()
    found = store.judge(jit_ms=6.0)["time"]
    assert found.outcome is Outcome.FAIL
    assert "3 under a withdrawn acceptance" in found.reason


def test_runs_of_another_branch_do_not_count(store: Store) -> None:
    for _ in range(4):
        store.judge(commit=Commit(Path(), "feature1", branch="feature"), jit_ms=6.0)
    main = Commit(Path(), "main1", branch="main")
    vars(main)["ancestors"] = frozenset({"main1"})
    assert "left out: 4 of another branch" in store.judge(commit=main)["time"].reason


def test_a_renamed_series_is_the_same_series(store: Store) -> None:
    """Two modes of telling: by the configuration now, and by what the store remembers later."""
    for _ in range(6):
        store.judge()
    before = store.judge(jit_ms=5.05, seed=99, store=False)["time"]
    settings = HistorySettings(aliases={"my.encoder/short": "my.encoder/brief"})
    after = store.judge(scenario="brief", settings=settings, jit_ms=5.05, seed=99, store=False)["time"]
    assert (after.outcome, after.reason, after.figure) == (before.outcome, before.reason, before.figure)
    plain = store.judge(scenario="brief", jit_ms=5.05, store=False)["time"]
    assert plain.outcome is Outcome.INCONCLUSIVE


def test_an_acceptance_goes_with_the_series_to_its_new_name(store: Store) -> None:
    for _ in range(6):
        store.judge()
    store.accepted.append(Accepted("my.encoder/short/jit/*", "safer", 0.2, 0.21))
    for _ in range(4):
        store.judge(jit_ms=6.0)
    before = store.judge(jit_ms=6.05, seed=99, store=False)["time"]
    aliases = {"my.encoder/short": "my.encoder/brief"}
    renamed: dict[str, Any] = {"scenario": "brief", "settings": HistorySettings(aliases=aliases)}
    after = store.judge(**renamed, jit_ms=6.05, seed=99, store=False)["time"]
    assert after.outcome is Outcome.PASS
    assert (after.reason, after.figure) == (before.reason, before.figure)
    assert store.judge(**renamed, jit_ms=6.6, store=False)["time"].outcome is Outcome.FAIL


def test_an_unreadable_store_is_red(store: Store) -> None:
    for _ in range(6):
        store.judge()
    name = Path(store.database.name)
    name.write_bytes(b"no database" * 1000)
    for leftover in name.parent.glob("history.db-*"):
        leftover.unlink()
    found = store.judge(store=False)
    assert {verdict.outcome for verdict in found.values()} == {Outcome.INVALID}
    assert "is damaged" in found["time"].reason


def test_without_a_history_the_gate_is_red(store: Store) -> None:
    kind = next(kind for kind in KINDS if kind.key == "max_regression_time")
    verdict = kind.verdict(Asked(made("short", {}), JIT, 0.01), 0.03)
    assert verdict.outcome is Outcome.INVALID


def test_too_few_rounds_are_not_compared(store: Store) -> None:
    for _ in range(6):
        store.judge()
    assert store.judge(rounds=9)["time"].outcome is Outcome.INCONCLUSIVE
    assert store.judge(rounds=9)["time"].lenient is False


def test_two_modes_are_said_and_are_no_regression(store: Store) -> None:
    for number in range(16):
        high = number in (6, 7, 9, 12, 14)
        store.judge(jit_ms=(5.4 if high else 5.0) * (1 + QUIET[number % 8]))
    found = store.judge(jit_ms=5.4, store=False)["time"]
    assert (found.outcome, found.lenient) == (Outcome.INCONCLUSIVE, False)
    assert "two modes, 5.001 ms and 5.4 ms" in found.reason
    assert "8.0% apart, 31% at the second" in found.reason
    assert store.judge(jit_ms=5.0, store=False)["time"].outcome is Outcome.PASS
    assert store.judge(jit_ms=6.0, store=False)["time"].outcome is Outcome.FAIL
