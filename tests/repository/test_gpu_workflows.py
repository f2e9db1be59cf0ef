"""The workflows on a card: one job at a time, approved, long enough, and with a history that only main writes."""

from __future__ import annotations

import itertools
import re
import shlex
import subprocess
import sys

import pytest
from jitgate.config.table import read_policy
from jitgate.engines.staged import is_staged
from jitgate.measure.rounds import OVERTIME
from jitgate_cosyvoice.registry import offered

from tests.jitgate.results import KINDS
from tests.repository.workflows import ROOT, STORE, Workflow, load


@pytest.fixture(params=["merge-gate", "nightly-gpu"])
def gpu_workflow(request: pytest.FixtureRequest) -> Workflow:
    """Each workflow with a job on the card."""
    return load(request.param)


def test_one_job_at_a_time_on_the_card(gpu_workflow: Workflow) -> None:
    on_card = [job for job in gpu_workflow.jobs.values() if job["runs-on"] == ["self-hosted", "gpu"]]

    assert on_card
    for job in on_card:
        queue = job.get("concurrency", gpu_workflow.tree["concurrency"])
        assert queue == {"group": "gpu-card", "cancel-in-progress": False, "queue": "max"}


def test_a_stranger_does_not_reach_the_card_without_approval() -> None:
    gate = load("merge-gate").jobs["gpu"]

    assert gate["environment"]["name"] == "gpu-gate"
    assert gate["if"] == (
        "${{ github.event_name != 'pull_request' || "
        "github.event.pull_request.head.repo.full_name == github.repository }}"
    )


def test_a_missing_card_is_not_a_green_run(gpu_workflow: Workflow) -> None:
    measured = [step["run"] for step in gpu_workflow.jobs["gpu"]["steps"] if "tox run -e perf" in step.get("run", "")]

    assert len(measured) == 1
    assert "--jitgate-device cuda" in measured[0]


def options_of(workflow: Workflow) -> list[str]:
    """The options of pytest with which the job on the card measures."""
    (measured,) = [step["run"] for step in workflow.jobs["gpu"]["steps"] if "tox run -e perf" in step.get("run", "")]
    (options,) = re.findall(r"options=\((.+)\)$", measured, re.MULTILINE)
    return shlex.split(options)


def value(options: list[str], name: str) -> str:
    return options[options.index(name) + 1]


def selection_of(options: list[str]) -> list[str]:
    """The options that select tests."""
    pairs = itertools.pairwise(options)
    return [word for pair in pairs if pair[0] in ("-m", "-k", "--jitgate-select") for word in pair]


def test_on_the_card_nightly_tests_run_and_reported_gates_and_the_suites_own_tests_do_not(
    gpu_workflow: Workflow,
) -> None:
    selection = [*selection_of(options_of(gpu_workflow)), "--jitgate-device", "cpu"]
    command = [sys.executable, "-m", "pytest", "--collect-only", "-q", "-p", "no:cacheprovider", *selection]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)

    assert done.returncode == 0, done.stdout + done.stderr
    found = [line for line in done.stdout.splitlines() if "::" in line]
    assert all(line.startswith("perf/jitgate/benchmarks/") for line in found)
    assert [line for line in found if "test_reported.py" in line or "small" in line.partition("[")[2]] == []
    assert any("[cosyvoice2.flow_encoder/first_chunk_sft/inductor]" in line for line in found)
    assert any("[cosyvoice2.flow_encoder/5s/inductor]" in line for line in found), "nightly"
    assert any("[cosyvoice2.pipeline/15s/" in line for line in found) == (gpu_workflow.name == "nightly-gpu")


def test_the_night_is_long_enough_for_its_gates() -> None:
    night = load("nightly-gpu")
    policy = read_policy(ROOT / "pyproject.toml", KINDS, offered())
    cells = policy.cells({name: () if "small" in name else spec.scenarios for name, spec in policy.workloads.items()})
    open_ones = {
        (cell.workload, cell.scenario)
        for cell in cells
        if any(policy.gate(kind.key, cell, "cuda") for kind in KINDS if kind.timed) or is_staged(cell.variant)
    }
    longest_s = len(open_ones) * OVERTIME * float(value(options_of(night), "--jitgate-budget"))

    assert len(open_ones) > 6
    assert longest_s <= 2 / 3 * 60 * night.jobs["gpu"]["timeout-minutes"], "a third is for building and starting"


def test_the_night_runs_the_tests_that_need_a_card_one_at_a_time_after_the_measurement() -> None:
    commands = [step["run"] for step in load("nightly-gpu").steps() if "tox run" in step.get("run", "")]

    assert "tox run -e perf" in commands[0]
    assert commands[1].startswith("tox run -e tests -- -m card -n 0 ")


def test_results_are_kept_also_when_a_gate_is_red(gpu_workflow: Workflow) -> None:
    uploads = [
        step for step in gpu_workflow.uses("actions/upload-artifact") if "pull-request" not in step["with"]["name"]
    ]

    assert len(uploads) == len(gpu_workflow.jobs)
    assert all(step["if"] == "${{ always() }}" for step in uploads)
    assert not any("continue-on-error" in thing for job in gpu_workflow.jobs.values() for thing in [job, *job["steps"]])


def test_history_is_restored_before_and_saved_after_the_measurement(gpu_workflow: Workflow) -> None:
    for job in gpu_workflow.jobs.values():
        steps = job["steps"]
        order = [
            next(place for place, step in enumerate(steps) if is_it(step))
            for is_it in (
                lambda step: "cache/restore@" in step.get("uses", "") and step["with"]["path"] == STORE,
                lambda step: "tox run" in step.get("run", ""),
                lambda step: "cache/save@" in step.get("uses", "") and step["with"]["path"] == STORE,
            )
        ]
        assert order == sorted(order)
        # A restored key is never written again, so that each run's history must have a key of its own.
        assert "github.run_id" in steps[order[2]]["with"]["key"]


def test_a_pull_request_leaves_no_trace_in_the_history() -> None:
    for measured in (step["run"] for step in load("merge-gate").steps() if "tox run" in step.get("run", "")):
        assert "[[ $GITHUB_EVENT_NAME == pull_request ]]" in measured or "--jitgate-base" in measured
        assert "--jitgate-history-read-only" in measured


def test_a_change_is_measured_next_to_its_base_in_one_job() -> None:
    gate = load("merge-gate").jobs["cpu"]
    (checkout,) = [step for step in gate["steps"] if step.get("uses", "").startswith("actions/checkout@")]
    (measured,) = [step for step in gate["steps"] if "--jitgate-base" in step.get("run", "")]
    assert checkout["with"]["fetch-depth"] == 0
    assert "base.sha" in measured["env"]["BASE"]
    assert '--jitgate-base "$BASE"' in measured["run"]


def test_a_pull_request_saves_no_history() -> None:
    saves = load("merge-gate").uses("actions/cache/save")

    assert saves
    assert all("github.event_name == 'push'" in step["if"] for step in saves)
