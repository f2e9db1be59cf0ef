"""Who else used the processor."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Collection
from dataclasses import replace
from pathlib import Path

import pytest
from jitgate.device.health import HostLoad, ProcessorTotals, read_totals, throttled_s
from jitgate.device.processor import usable_cores

CORES = len(usable_cores())
QUIET = ProcessorTotals(0.0, 100.0, 5.0, 0.0, {1: 50.0})


def later(
    wall_s: float, *, ours: float, foreign: float, stolen: float = 0.0, throttled: float = 0.0
) -> ProcessorTotals:
    """`QUIET` after `wall_s`, in which each took so many cores."""
    busy = (ours + foreign + stolen) * wall_s
    return ProcessorTotals(wall_s, 100.0 + busy, 5.0 + stolen * wall_s, throttled * wall_s, {1: 50.0 + ours * wall_s})


def cause(end: ProcessorTotals, begin: ProcessorTotals = QUIET) -> str | None:
    readings = iter([begin, end])
    load = HostLoad(lambda: [1], lambda pids: next(readings))
    load.mark()
    return load.cause()


def test_our_own_work_is_no_disturbance() -> None:
    assert cause(later(1.0, ours=CORES, foreign=0.0)) is None
    assert cause(later(1.0, ours=CORES - 0.1, foreign=0.1)) is None


def test_others_on_our_cores_are() -> None:
    assert cause(later(1.0, ours=CORES - 0.5, foreign=0.5)) == "other processes were running"
    assert cause(later(1.0, ours=CORES - 0.5, foreign=0.1, stolen=0.4)) == "the hypervisor gave the processor to others"


def test_others_beside_us_are_not() -> None:
    assert cause(later(1.0, ours=CORES - 1.0, foreign=0.3)) is None


def test_a_few_ticks_say_nothing() -> None:
    assert cause(later(0.05, ours=CORES - 0.6, foreign=0.6)) is None


def test_a_quota_that_holds_us_back_is_seen() -> None:
    assert "quota" in str(cause(later(1.0, ours=CORES - 1.0, foreign=0.0, throttled=0.2)))


def test_what_the_platform_does_not_tell_is_not_guessed() -> None:
    untold = replace(QUIET, stolen_s=None, throttled_s=None)
    end = replace(later(1.0, ours=CORES, foreign=0.0, stolen=0.0), stolen_s=None, throttled_s=None)
    assert cause(end, untold) is None


def test_a_worker_that_died_is_not_taken_for_a_stranger_who_gave_time_back() -> None:
    assert cause(replace(later(1.0, ours=0.0, foreign=0.0), ours_s={})) is None


def test_before_the_first_mark_nothing_is_known() -> None:
    assert HostLoad(list).cause() is None


def test_real_processes_are_seen() -> None:
    burning = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(CORES + 1)]
    try:
        load = HostLoad(list)
        load.mark()
        time.sleep(1.5)
        assert load.cause() is not None
        ours = HostLoad(lambda: {process.pid for process in burning})
        assert set(read_pids(ours)) >= {process.pid for process in burning}
    finally:
        for process in burning:
            process.kill()
            process.wait()


def read_pids(load: HostLoad) -> Collection[int]:
    load.mark()
    assert load._begin is not None
    return load._begin.ours_s


def test_totals_grow() -> None:
    begin = read_totals([])
    end = time.monotonic() + 0.2
    while time.monotonic() < end:
        pass
    assert read_totals([]).busy_s > begin.busy_s


@pytest.mark.parametrize(
    ("text", "expected"), [("usage_usec 5\nthrottled_usec 2500000\n", 2.5), ("usage_usec 5\n", None), (None, None)]
)
def test_throttling_is_read_from_the_control_group(tmp_path: Path, text: str | None, expected: float | None) -> None:
    if text is not None:
        (tmp_path / "cpu.stat").write_text(text)
    assert throttled_s(tmp_path) == expected
