"""Ctrl-C and SIGTERM: what was measured is kept, and no process is left."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Iterator

import psutil
import pytest

from tests.jitgate.plugin.conftest import Project


@pytest.fixture
def audible() -> Iterator[None]:
    """What is started here hears SIGINT: tests that run in the background of a shell ignore it, and so would it."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("audible")
@pytest.mark.skipif(sys.platform == "win32", reason="Windows can't send SIGINT to another process's group alone")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.slow
def test_an_interrupt_keeps_the_rounds_and_leaves_no_worker(project: Project, number: signal.Signals) -> None:
    project.configure(["eager", "plain"], project.gate("plain", "min_speedup = 1.0"))
    settings = project.path / "pyproject.toml"
    settings.write_text(settings.read_text().replace("alpha = 0.01", "alpha = 0.000001"))
    command = project.command("-k", "short", "--jitgate-budget", "600", "-s")
    process = subprocess.Popen(
        command, cwd=project.path, env=project.environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    assert process.stdout is not None
    said = ""
    for line in process.stdout:
        said += line
        if ": round " in line:
            break
    workers = psutil.Process(process.pid).children(recursive=True)
    assert len(workers) == 3, said
    time.sleep(0.5)
    process.send_signal(number)
    try:
        said += process.communicate(timeout=60)[0]
    finally:
        process.kill()  # a run that did not hear it must not take the processor from all other tests
    assert process.returncode == pytest.ExitCode.INTERRUPTED, said
    _, alive = psutil.wait_procs(workers, timeout=15)
    assert alive == []
    rows = (project.path / ".jitgate" / "rounds" / "my.encoder" / "short" / "plain.csv").read_text().splitlines()
    assert len(rows) > 1
    assert "my.encoder short on cpu:" in said
