"""A model can't signal the process that runs pytest by accident."""

from __future__ import annotations

import os
import signal
import subprocess
import sys

import pytest

GUARDED = """
import os, signal, subprocess, sys
from jitgate.worker.host_guard import guard_host

guard_host(os.getppid())
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
os.kill(child.pid, 0)
child.kill()
print("child", child.wait() != 0)
os.kill(os.getppid(), 0)
for number in (os.getppid(), -os.getppid(), 0):
    try:
        os.kill(number, signal.SIGTERM)
    except RuntimeError as error:
        print(error)
"""

SIBLINGS = """
import os, signal, subprocess, sys
guarded = "import os, signal, sys; from jitgate.worker.host_guard import guard_host; guard_host(os.getppid())\\n"
sibling = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
act = f"os.kill({sibling.pid}, 0); os.kill({sibling.pid}, signal.SIGSTOP)"
done = subprocess.run([sys.executable, "-c", guarded + act], capture_output=True, text=True)
print(done.stderr)
print("alive", sibling.poll() is None)
sibling.kill()
"""


@pytest.mark.skipif(sys.platform == "win32", reason="the group of a process is POSIX's")
def test_children_may_be_signalled_and_the_host_may_not() -> None:
    done = subprocess.run([sys.executable, "-c", GUARDED], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    first, *others = done.stdout.splitlines()
    assert first == "child True"
    assert len(others) == 3
    assert all("it sends SIGTERM to process" in line and "runs pytest" in line for line in others)


@pytest.mark.skipif(sys.platform == "win32", reason="SIGSTOP is POSIX's")
def test_another_worker_may_not_be_stopped() -> None:
    done = subprocess.run([sys.executable, "-c", SIBLINGS], capture_output=True, text=True, timeout=120)
    assert "it sends SIGSTOP to process" in done.stdout
    assert "which is another worker" in done.stdout
    assert "alive True" in done.stdout


def test_nothing_is_guarded_in_the_host_itself() -> None:
    assert not hasattr(os.kill, "__wrapped__")
    os.kill(os.getpid(), 0) if sys.platform != "win32" else signal.raise_signal
