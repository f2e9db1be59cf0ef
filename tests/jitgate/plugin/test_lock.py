"""Two runs never share a device."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator

import pytest
from jitgate.device.device import Device
from jitgate.device.lock import RunLock

from tests.jitgate.plugin.conftest import Project


@pytest.fixture
def taken(project: Project) -> Iterator[RunLock]:
    """The CPU, held by this process as by another run."""
    lock = RunLock(Device("cpu"), project.path / ".locks")
    lock.acquire(0)
    yield lock
    lock.release()


def test_a_run_gives_up_in_one_sentence(project: Project, taken: RunLock) -> None:
    project.configure(["eager", "plain"])
    done = project.pytest("-k", "short", "--jitgate-lock-timeout", "0")
    said = done.stdout + done.stderr
    assert done.returncode == pytest.ExitCode.USAGE_ERROR, said
    assert "cpu is in use by process" in said
    assert "waited 0 s: let that run end, or wait longer (--jitgate-lock-timeout" in said
    assert "Traceback" not in said
    assert "importing torch" not in said


@pytest.mark.slow
def test_a_run_waits_and_goes_on(project: Project, taken: RunLock) -> None:
    project.configure(["eager", "plain"])
    command = project.command("-k", "short and test_jit and plain", "--jitgate-budget", "1", "-rs")
    process = subprocess.Popen(
        command, cwd=project.path, env=project.environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    assert process.stdout is not None
    said = ""
    for line in process.stdout:
        said += line
        if "waiting: cpu is in use by process" in line:
            assert "importing torch" not in said, "no worker starts before the device is free"
            taken.release()
            break
    said += process.communicate(timeout=240)[0]
    assert process.returncode == 0, said
    assert "not gated" in said
    taken.acquire(0)  # and it has given the device back


def test_collecting_waits_for_nobody(project: Project, taken: RunLock) -> None:
    project.configure(["eager", "plain"])
    assert project.pytest("--collect-only", "-q", "--jitgate-lock-timeout", "0").returncode == 0


@pytest.mark.parametrize("value", ["-1", "soon", "inf"])
def test_a_wait_is_a_number_of_seconds(project: Project, value: str) -> None:
    project.configure(["eager"])
    done = project.pytest("--jitgate-lock-timeout", value)
    assert done.returncode == pytest.ExitCode.USAGE_ERROR
    assert "is not a number of seconds" in done.stderr
