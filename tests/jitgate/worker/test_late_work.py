"""Threads of a variant's own that work on after a call, and those that don't."""

from __future__ import annotations

import statistics
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
import torch
from jitgate.worker.late_work import LEAST_NS, LateWork

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the clock of a thread is Linux's")


WORK_NS = 500 * LEAST_NS


def work() -> None:
    """Work that lets other threads have the interpreter, as a model's does."""
    began = time.thread_time_ns()
    while time.thread_time_ns() - began < WORK_NS:
        torch.randn(128, 128) @ torch.randn(128, 128)


def late(call: Callable[[threading.Event], object]) -> float:
    """The median of nine calls, as it is judged: a busy machine may give a thread nothing for a while.

    call: gets an event that is set once the call has returned and the clocks have been read.
    """
    found = []
    for _ in range(9):
        threads, returned = LateWork(), threading.Event()
        call(returned)
        before = threads.clocks()
        returned.set()
        found.append(threads.after(before))
    return statistics.median(found)


def then_work(returned: threading.Event) -> None:
    returned.wait()
    work()


def test_work_that_is_left_to_a_thread_is_seen() -> None:
    with ThreadPoolExecutor(1) as pool:
        own = LateWork()
        found = []
        for _ in range(9):
            returned = threading.Event()
            left = pool.submit(then_work, returned)
            before = own.clocks()
            returned.set()
            found.append(own.after(before))
            left.result()
    assert statistics.median(found) >= LEAST_NS


def test_a_thread_for_each_call_is_seen() -> None:
    assert late(lambda returned: threading.Thread(target=then_work, args=(returned,)).start()) >= LEAST_NS


def test_work_that_is_done_and_threads_that_wait_are_nothing() -> None:
    with ThreadPoolExecutor(2) as pool:
        assert late(lambda _: list(pool.map(lambda _: work(), range(4)))) == 0
    event = threading.Event()
    waits = [threading.Thread(target=event.wait) for _ in range(9)]
    assert late(lambda _: waits.pop().start()) == 0
    event.set()


def test_pools_of_native_threads_are_none() -> None:
    torch.set_num_threads(2)
    large = torch.randn(512, 512)
    threads = LateWork()
    large @ large
    assert threads.clocks() == {}


def test_threads_from_before_are_not_the_variants() -> None:
    with ThreadPoolExecutor(1) as pool:
        pool.submit(time.sleep, 0).result()
        assert late(lambda _: pool.submit(work)) == 0
