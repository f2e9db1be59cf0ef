"""The workflows: pinned, limited in time, with no more rights than they need, and one job at a time on a card.

`tox run -e lint` checks them against GitHub's schema and with a security linter; these tests check what this project
promises beyond that.
"""

from __future__ import annotations

import itertools
import re
import shlex
import subprocess
import sys
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml
from jitgate.config.table import read_policy
from jitgate.engines.staged import is_staged
from jitgate.measure.rounds import OVERTIME
from jitgate.report.pull_request.github import MEMBER
from jitgate.report.pull_request.sticky import ARTEFACT
from jitgate_cosyvoice.registry import offered

from tests.jitgate.results import KINDS

ROOT = Path(__file__).parents[2]
STORE = ".jitgate/history.db"

TRIGGERS = {
    "tests": {"push", "pull_request", "merge_group", "workflow_dispatch"},
    "merge-gate": {"push", "pull_request", "merge_group"},
    "nightly-gpu": {"schedule", "workflow_dispatch"},
    "audit": {"schedule", "workflow_dispatch"},
    "comment": {"workflow_run"},
}
WRITES = "comment"
"""The one workflow that writes; it runs the default branch's code alone."""

PINNED = re.compile(r"uses: (?P<action>[\w.-]+/[\w./-]+)@(?P<commit>[0-9a-f]{40}) # (?P<version>v\d+\.\d+\.\d+)$")


@dataclass(frozen=True)
class Workflow:
    """One workflow file, as text and parsed."""

    name: str
    text: str
    tree: dict[Any, Any]

    @property
    def triggers(self) -> set[str]:
        """The events that start it. YAML 1.1 reads the key `on` as true."""
        return set(self.tree[True])

    @property
    def jobs(self) -> dict[str, dict[str, Any]]:
        """Its jobs by id."""
        return dict(self.tree["jobs"])

    def steps(self) -> list[dict[str, Any]]:
        """The steps of all jobs."""
        return [step for job in self.jobs.values() for step in job["steps"]]

    def uses(self, action: str) -> list[dict[str, Any]]:
        """The steps that use `action`, whatever its version."""
        return [step for step in self.steps() if step.get("uses", "").startswith(f"{action}@")]


def load(name: str) -> Workflow:
    """The workflow of that file name."""
    text = (ROOT / ".github" / "workflows" / f"{name}.yml").read_text(encoding="utf-8")
    return Workflow(name, text, yaml.safe_load(text))


@pytest.fixture(params=sorted(TRIGGERS))
def workflow(request: pytest.FixtureRequest) -> Workflow:
    """Each workflow in turn."""
    return load(request.param)


@pytest.fixture(params=["merge-gate", "nightly-gpu"])
def gpu_workflow(request: pytest.FixtureRequest) -> Workflow:
    """Each workflow with a job on the card."""
    return load(request.param)


def test_each_workflow_file_is_covered_here() -> None:
    found = {path.stem for path in (ROOT / ".github" / "workflows").iterdir()}

    assert found == set(TRIGGERS)


def test_starts_on_what_it_decides_about(workflow: Workflow) -> None:
    assert workflow.triggers == TRIGGERS[workflow.name]


def test_never_gives_a_fork_the_rights_of_this_repository(workflow: Workflow) -> None:
    allowed = {"workflow_run"} if workflow.name == WRITES else set()
    assert workflow.triggers & {"pull_request_target", "workflow_run", "issue_comment"} == allowed
    # A pull request of a fork gets no secret, and no workflow that one can start asks for any.
    assert "secrets." not in workflow.text or "pull_request" not in workflow.triggers


def test_the_workflow_with_a_token_runs_and_installs_nothing_of_a_pull_request() -> None:
    comment = load(WRITES)
    (job,) = comment.jobs.values()

    assert comment.tree["permissions"] == {}
    assert job["permissions"] == {"actions": "read", "contents": "read", "pull-requests": "write"}
    assert [step["run"] for step in job["steps"] if "run" in step] == ["python -m jitgate.report.pull_request.sticky"]
    assert not comment.uses("actions/download-artifact")
    assert not comment.uses("actions/cache")
    assert comment.tree[True]["workflow_run"]["workflows"] == [load("merge-gate").tree["name"]]


def test_what_is_handed_on_has_the_name_that_is_looked_for() -> None:
    uploads = [step["with"] for step in load("merge-gate").uses("actions/upload-artifact")]
    handed = [each for each in uploads if "pull-request" in each["name"]]

    # What makes a job red without a file of its own would contradict the files of the others.
    sessions = [step for step in load("merge-gate").steps() if "tox run -e perf" in step.get("run", "")]
    assert len({each["path"] for each in handed}) >= 2
    assert len(handed) == len({each["name"] for each in handed}) == len(sessions)
    for each in handed:
        assert ARTEFACT.fullmatch(each["name"].replace("${{ github.run_attempt }}", "12"))
        assert Path(each["path"]).name == MEMBER


def test_says_first_what_it_decides_and_what_to_set_up(workflow: Workflow) -> None:
    head = workflow.text.split("\nname:")[0]

    assert all(line.startswith("#") for line in head.splitlines())
    assert head.startswith("# Decides whether ")
    assert "# To set up:" in head


def test_the_token_may_only_read(workflow: Workflow) -> None:
    if workflow.name == WRITES:
        return  # test_the_workflow_with_a_token_runs_and_installs_nothing_of_a_pull_request
    assert workflow.tree["permissions"] == {"contents": "read"}
    assert not any("permissions" in job for job in workflow.jobs.values())


def test_every_job_is_limited_in_time(workflow: Workflow) -> None:
    assert all(0 < job["timeout-minutes"] <= 240 for job in workflow.jobs.values())


def test_every_action_is_pinned_by_commit_and_names_its_version(workflow: Workflow) -> None:
    lines = [line.strip().removeprefix("- ") for line in workflow.text.splitlines() if re.match(r"\s*-? ?uses:", line)]

    assert len(lines) == sum("uses" in step for step in workflow.steps())
    assert [line for line in lines if not PINNED.match(line)] == []


def test_an_action_has_one_pin_in_all_workflows() -> None:
    pins: dict[str, set[str]] = {}
    for name in TRIGGERS:
        for pin in re.finditer(PINNED.pattern, load(name).text, re.MULTILINE):
            repository = "/".join(pin["action"].split("/")[:2])
            pins.setdefault(repository, set()).add(f"{pin['commit']} {pin['version']}")

    assert set(pins) == {"actions/checkout", "actions/setup-python", "actions/cache", "actions/upload-artifact"}
    assert {action: pin for action, pin in pins.items() if len(pin) > 1} == {}


def test_a_checkout_leaves_no_credentials_behind(workflow: Workflow) -> None:
    checkouts = workflow.uses("actions/checkout")

    assert len(checkouts) == len(workflow.jobs)
    assert all(step["with"]["persist-credentials"] is False for step in checkouts)
    assert not any("ref" in step["with"] for step in checkouts)


def test_no_script_contains_text_from_a_pull_request(workflow: Workflow) -> None:
    assert [step["run"] for step in workflow.steps() if "${{" in step.get("run", "")] == []


def test_all_that_is_installed_has_a_digest_or_a_pin(workflow: Workflow) -> None:
    installs = re.findall(r"pip install ([^&\n]+)", workflow.text)

    assert bool(installs) == (workflow.name != WRITES)
    assert {install.strip() for install in installs} <= {"--require-hashes -r .github/tox.txt"}


def test_each_line_of_the_lock_has_a_version_and_a_digest() -> None:
    lines = (ROOT / ".github" / "tox.txt").read_text(encoding="utf-8").splitlines()
    locked = [line for line in lines if not line.startswith("#")]

    assert all(re.fullmatch(r"[\w.-]+==[\w.]+ --hash=sha256:[0-9a-f]{64}", line) for line in locked)
    assert {"tox", "virtualenv", "colorama"} <= {line.partition("==")[0] for line in locked}


def test_no_package_index_is_named(workflow: Workflow) -> None:
    assert "://" not in workflow.text


def test_the_suite_runs_on_every_supported_python_on_linux_and_windows() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    matrix = load("tests").jobs["tests"]["strategy"]["matrix"]

    assert {system.split("-")[0] for system in matrix["os"]} == {"ubuntu", "windows"}
    assert matrix["python"] == ["3.11", "3.12", "3.13"]
    assert project["requires-python"] == f">={matrix['python'][0]}"


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
