"""Windows' job object on a stand-in: the layout of its structure, and what is asked of it."""

from __future__ import annotations

import ctypes
import sys

import pytest
from jitgate.device.job_object import PROCESS_MEMORY, ExtendedLimits, JobLimit, job_limit, limits_of
from jitgate.device.process_limit import holds
from jitgate.device.reading import Missing

MIB = 1 << 20


class FakeJobs:
    """A Windows that commits until the limit; this process has committed 100 MiB."""

    def __init__(self) -> None:
        self.limits: list[int | None] = []

    def limit(self, limit_bytes: int | None) -> None:
        self.limits.append(limit_bytes)

    def commits(self, size_bytes: int) -> bool:
        limit = self.limits[-1] if self.limits else None
        return limit is None or self.committed_bytes() + size_bytes <= limit

    def committed_bytes(self) -> int:
        return 100 * MIB


def test_a_job_limits_what_is_committed_and_is_lifted_again() -> None:
    jobs = FakeJobs()
    limit = JobLimit(jobs)
    assert holds(limit)
    assert jobs.limits == [101 * MIB, None]
    limit.set(150 * MIB)
    assert limit.refuses(51 * MIB)
    assert not limit.refuses(50 * MIB)


@pytest.mark.skipif(ctypes.sizeof(ctypes.c_void_p) != 8, reason="the numbers are those of 64 bits")
def test_the_structure_is_laid_out_as_windows_reads_it() -> None:
    # winnt.h on x64: JOBOBJECT_EXTENDED_LIMIT_INFORMATION is 144 bytes.
    assert ctypes.sizeof(ExtendedLimits) == 144
    assert ExtendedLimits.process_memory.offset == 112
    assert ExtendedLimits.basic.offset == 0


def test_only_this_one_limit_is_set() -> None:
    limits = limits_of(5 * MIB)
    assert (limits.basic.limit_flags, limits.process_memory) == (PROCESS_MEMORY, 5 * MIB)
    assert bytes(limits_of(None)) == bytes(ctypes.sizeof(ExtendedLimits))


@pytest.mark.skipif(sys.platform == "win32", reason="there a job is made")
def test_elsewhere_there_are_none() -> None:
    assert isinstance(job_limit(), Missing)
