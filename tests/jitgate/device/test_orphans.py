"""A process that a model detaches from itself stays below the worker."""

from __future__ import annotations

import os
import subprocess
import sys

import psutil
import pytest
from jitgate.device.orphans import MARK, adopt_orphans, end_marked

DETACHING = """
import os, psutil, sys, time
from jitgate.device.orphans import adopt_orphans
adopted = adopt_orphans() if sys.argv[1] == "adopt" else None
read, write = os.pipe()
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        time.sleep(60)
    os.write(write, b"x")
    os._exit(0)
os.read(read, 1)
os.wait()
below = psutil.Process().children(recursive=True)
for child in below:
    child.kill()
print(adopted, len(below))
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only Linux adopts orphans")
def test_a_process_that_forked_twice_is_still_found_below() -> None:
    done = subprocess.run([sys.executable, "-c", DETACHING, "adopt"], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["True", "1"]


def test_where_there_is_no_such_call_nothing_happens(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "win32")
    assert not adopt_orphans()


def test_every_process_of_a_mark_is_ended_and_no_other() -> None:
    def sleeper(mark: str) -> subprocess.Popen[bytes]:
        code = "import time; print(1, flush=True); time.sleep(60)"
        environment = {**os.environ, MARK: mark}
        return subprocess.Popen([sys.executable, "-c", code], env=environment, stdout=subprocess.PIPE)

    with sleeper("one") as one, sleeper("other") as other:
        for each in (one, other):
            assert each.stdout is not None
            each.stdout.readline()
        end_marked("one")
        assert not psutil.pid_exists(one.pid), "ended, and waited for"
        assert other.poll() is None
        other.kill()
