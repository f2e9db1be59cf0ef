"""The workflows: pinned, limited in time, with no more rights than they need, and one job at a time on a card.

`tox run -e lint` checks them against GitHub's schema and with a security linter; these tests check what this project
promises beyond that.
"""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest
from jitgate.report.pull_request.github import MEMBER
from jitgate.report.pull_request.sticky import ARTEFACT

from tests.repository.workflows import PINNED, ROOT, TRIGGERS, WRITES, Workflow, load


@pytest.fixture(params=sorted(TRIGGERS))
def workflow(request: pytest.FixtureRequest) -> Workflow:
    """Each workflow in turn."""
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
