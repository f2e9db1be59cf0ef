"""Processes that a model has started and left are part of what runs next to it."""

from __future__ import annotations

import subprocess
import sys
import time

import psutil
from jitgate.model.take_turn import TakeTurn
from jitgate.model.turn import Turn
from jitgate.worker.turn_watch import TurnWatch

BURNS = "while True: pass"


def test_a_child_that_computes_while_its_worker_waits_is_seen() -> None:
    watch = TurnWatch()
    with subprocess.Popen([sys.executable, "-c", BURNS]) as child:
        try:
            while sum(psutil.Process(child.pid).cpu_times()[:2]) < 0.05:
                time.sleep(0.01)
            # As long as it takes: on a busy machine a short look may find it waiting for a processor.
            slow = TurnWatch(sleep=lambda seconds: time.sleep(8 * seconds))
            around = slow.around(TakeTurn("s", 0, 1), lambda: Turn((1,), ())).surroundings
            assert around.waiting_cpu_s > 0
        finally:
            child.kill()
    again = watch.around(TakeTurn("s", 0, 1), lambda: Turn((1,), ())).surroundings
    assert again.waiting_cpu_s < around.waiting_cpu_s
    assert watch.around(TakeTurn("s", 1, 1), lambda: Turn((1,), ())).surroundings.waiting_s == 0, "once before turns"
