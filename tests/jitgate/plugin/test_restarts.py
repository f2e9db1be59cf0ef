"""`--jitgate-processes auto` in real processes: what is near its limit is measured in several sets of them."""

from __future__ import annotations

import json

import pytest

from tests.jitgate.plugin.conftest import Project

OPTIONS = ("-k", "test_jit and short", "--jitgate-budget", "40", "--jitgate-noisy-rounds", "include")


@pytest.mark.slow
def test_a_copy_that_is_gated_at_its_own_speed_is_started_again_and_the_run_says_why(project: Project) -> None:
    project.configure(["eager", "plain"], project.gate("plain", "min_speedup = 1.0"))
    done = project.pytest("--benchmark-json", "out.json", *OPTIONS)
    said = done.stdout + done.stderr
    assert "my.encoder: started again, since plain is near a limit" in said, said
    (entry,) = (
        each["extra_info"]["jitgate"]
        for each in json.loads((project.path / "out.json").read_text())["benchmarks"]
        if "plain" in each["name"]
    )
    assert [note for note in entry["notes"] if "sets of processes: plain was too near" in note]


@pytest.mark.slow
def test_a_given_number_of_sets_is_kept_to(project: Project) -> None:
    project.configure(["eager", "plain"], project.gate("plain", "min_speedup = 1.0"))
    done = project.pytest("--jitgate-processes", "1", *OPTIONS)
    assert "started again" not in done.stdout + done.stderr
    assert "It rests on" not in done.stdout


def test_a_number_of_sets_is_whole_and_above_0_or_auto(project: Project) -> None:
    project.configure(["eager"])
    done = project.pytest("--jitgate-processes", "many", "--collect-only")
    assert done.returncode == 4
    assert "--jitgate-processes: 'many' is not a whole number from 1, nor auto" in done.stderr
    assert "Traceback" not in done.stderr
