"""Threads of a variant's own that work on after a call, and those that don't."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
import torch
from jitgate.worker.late_work import LEAST_NS, LateWork

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the clock of a thread is Linux's")


def work(times: int = 1) -> None:
    for _ in range(50 * times):
        torch.randn(64, 64) @ torch.randn(64, 64)


def late(call: Callable[[], object]) -> int:
    threads = LateWork()
    call()
    return threads.after(threads.clocks())


def test_work_that_is_left_to_a_thread_is_seen() -> None:
    with ThreadPoolExecutor(1) as pool:
        assert late(lambda: pool.submit(work)) >= LEAST_NS


def test_a_thread_for_each_call_is_seen() -> None:
    assert late(lambda: threading.Thread(target=lambda: work(20)).start()) >= LEAST_NS


def test_work_that_is_done_and_threads_that_wait_are_nothing() -> None:
    with ThreadPoolExecutor(2) as pool:
        assert late(lambda: list(pool.map(lambda _: work(), range(4)))) == 0
    event = threading.Event()
    waits = threading.Thread(target=event.wait)
    assert late(waits.start) == 0
    event.set()
    waits.join()


def test_pools_of_native_threads_are_none() -> None:
    torch.set_num_threads(2)
    large = torch.randn(512, 512)
    threads = LateWork()
    large @ large
    assert threads.clocks() == {}


def test_threads_from_before_are_not_the_variants() -> None:
    with ThreadPoolExecutor(1) as pool:
        pool.submit(time.sleep, 0).result()
        assert late(lambda: pool.submit(work)) == 0
