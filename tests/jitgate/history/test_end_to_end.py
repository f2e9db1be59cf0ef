"""Whole sessions over a history: a slow-down is found, named, accepted, and red again when the acceptance is over."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pytest

from tests.jitgate.history.project import project_in

SERIES = "my.encoder/short/jit"

pytestmark = pytest.mark.slow


def test_a_slow_down_is_red_accepted_green_and_expired_red(tmp_path: Path) -> None:
    project = project_in(tmp_path)
    project.git("init", "-q", "-b", "main")
    commits = []
    for number in range(6):
        commits.append(project.commit(f"change {number}"))
        done = project.measure()
        assert done.returncode == 0, done.stdout
    assert "history: 2 of 2 variants compared with earlier runs" in done.stdout
    commits.append(project.commit("make it slow"))

    red = project.measure(jit_ms=6.0)
    assert red.returncode == 1
    assert f"FAIL {SERIES} max_regression.time=3%: Time 6" in red.stdout
    assert "20.0% worse" in red.stdout
    assert f"last accepted at commit {commits[5][:10]}" in red.stdout
    assert "jitgate history accept" in red.stdout
    span = project.history("bisect-range", f"{SERIES}/time")
    assert f"good {commits[5][:10]}..{commits[6][:10]} bad" in span.stdout
    assert "make it slow" in span.stdout

    again = project.measure(jit_ms=6.01)
    assert again.returncode == 1, "a red run is no baseline"
    assert "left out: 1 red" in again.stdout

    expires = date.today() + timedelta(days=30)
    project.git("config", "user.name", "A Person")
    said = project.history("accept", SERIES, "--reason", "the kernel is safer now", "--expires", str(expires))
    assert said.returncode == 0, said.stderr
    file = tmp_path / "perf" / "accepted.toml"
    text = file.read_text()
    assert 'reason = "the kernel is safer now"' in text
    assert 'author = "A Person' in text
    green = project.measure(jit_ms=6.0)
    assert green.returncode == 0, green.stdout
    assert "PASS" in green.stdout

    worse = project.measure(jit_ms=7.2)
    assert worse.returncode == 1, "a second change is not accepted"

    file.write_text(text.replace(str(expires), "2020-01-01"))
    expired = project.measure(jit_ms=6.0)
    assert expired.returncode == 1
    assert "expired on 2020-01-01" in expired.stdout


def test_a_red_run_is_not_the_next_baseline_of_pytest_benchmark_either(tmp_path: Path) -> None:
    """Its own storage goes on as it is; what it is compared with is named."""
    project = project_in(tmp_path)
    project.table(gate="min_speedup = 0.5")
    compare = ("--benchmark-autosave", "--benchmark-compare", "--benchmark-compare-fail=median:60%")
    assert project.measure("--benchmark-autosave", "-k", "test_jit_stays").returncode == 0
    second = project.measure(*compare, "-k", "test_jit_stays", eager_ms=80.0, jit_ms=40.0)
    assert second.returncode != 0
    third = project.measure(*compare, "-k", "test_jit_stays", eager_ms=80.0, jit_ms=40.0)
    assert third.returncode == 1, third.stdout
    assert "INVALID --benchmark-compare: 0002_" in third.stdout
    assert "is of a run that was red; name an earlier one: --benchmark-compare=0001" in third.stdout
    only_shown = project.measure("--benchmark-compare", "-k", "test_jit_stays", eager_ms=80.0, jit_ms=40.0)
    assert only_shown.returncode == 0, only_shown.stdout
    assert "note: --benchmark-compare: 000" in only_shown.stdout
    fourth = project.measure("--benchmark-compare=0001", "-k", "test_jit_stays")
    assert fourth.returncode == 0, fourth.stdout


def test_a_renamed_scenario_is_gone_and_said_so(tmp_path: Path) -> None:
    project = project_in(tmp_path)
    project.table(scenarios=("s",), gate='scenario = "s*"\nvariant = "jit"\nmin_speedup = 0.5')
    chosen = ("-k", "test_jit_stays")
    assert project.measure("--benchmark-autosave", *chosen, scenarios=("s",)).returncode == 0
    project.table(scenarios=("short",), gate='scenario = "s*"\nvariant = "jit"\nmin_speedup = 0.5')
    done = project.measure("--benchmark-compare", "--benchmark-compare-fail=min:1%", *chosen)
    assert done.returncode == 1
    assert "VANISHED my.encoder/s/jit" in done.stdout


@pytest.mark.parametrize("held_before", [False, True])
def test_what_never_held_may_go_and_what_held_once_may_not(tmp_path: Path, *, held_before: bool) -> None:
    project = project_in(tmp_path)
    gates = ('variant = "jit"\nmin_speedup = 1.5', 'variant = "*"\nmax_memory = "200MiB"')
    project.table(gate=gates[0])
    if held_before:
        assert project.measure().returncode == 0
    assert project.measure(jit_ms=20.0).returncode == 1
    project.table(gate=gates[1])
    done = project.measure()
    assert ("VANISHED my.encoder/short/jit min_speedup" in done.stdout) is held_before, done.stdout
    assert done.returncode == held_before
    assert ('retire "my.encoder/short/jit/min_speedup"' in done.stdout) is held_before


@pytest.mark.parametrize("how", ["aliases", "retire"])
def test_a_rename_on_purpose_is_green(tmp_path: Path, how: str) -> None:
    project = project_in(tmp_path)
    for _ in range(4):
        assert project.measure().returncode == 0
    settings = 'aliases = { "my.encoder/short" = "my.encoder/brief" }' if how == "aliases" else ""
    project.table(settings, scenarios=("brief",))
    if how == "retire":
        said = project.history("retire", "my.encoder/short", "--reason", "brief takes its place")
        assert said.returncode == 0, said.stderr
    done = project.measure(scenarios=("brief",))
    assert done.returncode == 0, done.stdout
    assert ("No history yet" in done.stdout) == (how == "retire")
    slow = project.measure(scenarios=("brief",), jit_ms=6.0)
    assert slow.returncode == (1 if how == "aliases" else 0), "with an alias the series is whole"


def test_the_storage_of_pytest_benchmark_works_as_before(tmp_path: Path) -> None:
    project = project_in(tmp_path)
    assert project.measure("--benchmark-autosave").returncode == 0
    done = project.measure("--benchmark-autosave", "--benchmark-compare")
    assert done.returncode == 0
    assert "Comparing against benchmarks from:" in done.stderr + done.stdout
    assert len(list((tmp_path / ".benchmarks").rglob("*.json"))) == 2


def test_other_variants_of_an_option_are_no_reason_to_miss_the_projects_own(tmp_path: Path) -> None:
    project = project_in(tmp_path)
    assert project.measure().returncode == 0
    done = project.measure("--jitgate-variants", "eager", "-k", "eager")
    assert "VANISHED" not in done.stdout
    assert project.measure().returncode == 0


def test_what_is_read_only_is_compared_and_not_stored(tmp_path: Path) -> None:
    project = project_in(tmp_path)
    for _ in range(3):
        assert project.measure().returncode == 0
    done = project.measure("--jitgate-history-read-only")
    assert "history: 2 of 2 variants compared" in done.stdout
    assert project.history("list").stdout.count("3 runs") == 7
    off = project.measure("--jitgate-history", "off")
    assert off.returncode == 1, "the gate needs a history"
    assert "it is switched off" in off.stdout


def test_another_table_of_the_same_root_is_another_project(tmp_path: Path) -> None:
    project = project_in(tmp_path)
    assert project.measure().returncode == 0
    text = (tmp_path / "pyproject.toml").read_text()
    (tmp_path / "other.toml").write_text(text.replace('"short"', '"brief"').replace("'short'", "'brief'"))
    done = project.measure("--jitgate-config", "other.toml", scenarios=("brief",))
    assert (done.returncode, "VANISHED" in done.stdout) == (0, False), done.stdout
    assert project.measure().returncode == 0
