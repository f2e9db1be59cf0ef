"""Processor time of the calling thread, where the system tells it finely: what other work adds is none of it."""

from __future__ import annotations

import time

FINE_S = 1e-6
"""Windows counts in steps of 15.6 ms, which tell nothing of microseconds."""

thread_ns = time.thread_time_ns if time.get_clock_info("thread_time").resolution <= FINE_S else time.perf_counter_ns
"""Nanoseconds of it; of the wall where the system does not tell."""
