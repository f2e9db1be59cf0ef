"""A signal while a session saves ends it at once: one line, exit code 2, and no worker is left."""

from __future__ import annotations

import signal
import subprocess
import sys

import pytest
from jitgate.plugin.second_interrupt import SAID, SecondInterrupt

STOPPED = """
import signal
from jitgate.plugin.second_interrupt import SecondInterrupt

signal.signal(signal.SIGINT, signal.default_int_handler)
found = SecondInterrupt()
found.end = lambda: print("ended", flush=True)
found.arm()
signal.raise_signal(signal.{name})
print("went on")
"""


@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM"])
def test_it_stops_at_once_with_one_line(name: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", STOPPED.format(name=name)], capture_output=True, text=True, timeout=120
    )
    assert done.returncode == pytest.ExitCode.INTERRUPTED
    assert done.stdout.split() == ["ended"]
    assert done.stderr.strip() == SAID


def test_handlers_are_given_back() -> None:
    before = signal.getsignal(signal.SIGTERM)
    found = SecondInterrupt()
    found.arm()
    assert found.armed
    assert signal.getsignal(signal.SIGTERM) != before
    found.disarm()
    assert not found.armed
    assert signal.getsignal(signal.SIGTERM) == before
