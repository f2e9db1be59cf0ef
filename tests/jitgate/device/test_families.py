"""Children of a worker are the worker's: in processor time, and on a card."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator

import pytest
from jitgate.device.device_memory import strangers
from jitgate.device.families import families
from jitgate.device.health import read_totals

PARENT = """
import subprocess, sys, time
child = subprocess.Popen([sys.executable, "-c", sys.argv[1]], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
child.stdout.readline()
print(child.pid, flush=True)
sys.stdin.readline()
child.communicate()
print("ended", flush=True)
sys.stdin.readline()
"""
CHILD = """
import sys, time
while time.process_time() < 0.4:
    pass
print("burnt", flush=True)
sys.stdin.read()
"""


@pytest.fixture
def parent() -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-c", PARENT, CHILD]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as started:
        yield started
        started.kill()


def line(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


def go_on(process: subprocess.Popen[str]) -> None:
    assert process.stdin is not None
    process.stdin.write("\n")
    process.stdin.flush()


def test_what_a_child_uses_counts_while_it_lives_and_after(parent: subprocess.Popen[str]) -> None:
    child = int(line(parent))
    assert families([parent.pid]) == {parent.pid: [child]}
    assert read_totals([os.getpid(), parent.pid]).ours_s[parent.pid] >= 0.35
    go_on(parent)
    assert line(parent) == "ended"
    assert families([os.getpid(), parent.pid])[parent.pid] == []
    if sys.platform != "win32":
        assert read_totals([parent.pid]).ours_s[parent.pid] >= 0.35, "its parent has waited for it"


def test_a_child_of_ours_on_a_card_is_no_stranger(parent: subprocess.Popen[str]) -> None:
    child = int(line(parent))
    assert not strangers({parent.pid, child}, [parent.pid])
    assert strangers({parent.pid, child, os.getpid()}, [parent.pid])
    assert strangers({parent.pid, child}, []), "nothing of it is ours"


def test_what_this_process_starts_besides_is_not_the_workers(parent: subprocess.Popen[str]) -> None:
    line(parent)
    assert families([os.getpid()]) == {os.getpid(): []}
