"""Windows: a process limits itself through a job object of its own. Written without a Windows machine; not tried yet.

Source: Microsoft's reference of JOBOBJECT_EXTENDED_LIMIT_INFORMATION ("the limit for the virtual memory that can be
committed by a process"), SetInformationJobObject, AssignProcessToJobObject. Since Windows 8 jobs nest, so a process
that is in a job already (of a terminal, a service, a container) can be put into another.
"""

from __future__ import annotations

import ctypes
import sys
from typing import Protocol

import psutil

from jitgate.device.reading import Reading, attempt

EXTENDED_LIMITS = 9
"""JobObjectExtendedLimitInformation."""

PROCESS_MEMORY = 0x100
"""JOB_OBJECT_LIMIT_PROCESS_MEMORY."""

RESERVE_AND_COMMIT, READ_WRITE, RELEASE = 0x3000, 0x04, 0x8000
"""MEM_COMMIT | MEM_RESERVE, PAGE_READWRITE, MEM_RELEASE."""


class BasicLimits(ctypes.Structure):
    """JOBOBJECT_BASIC_LIMIT_INFORMATION, in types that have one size everywhere."""

    _fields_ = (
        ("per_process_user_time", ctypes.c_int64),
        ("per_job_user_time", ctypes.c_int64),
        ("limit_flags", ctypes.c_uint32),
        ("minimum_working_set", ctypes.c_size_t),
        ("maximum_working_set", ctypes.c_size_t),
        ("active_processes", ctypes.c_uint32),
        ("affinity", ctypes.c_size_t),
        ("priority_class", ctypes.c_uint32),
        ("scheduling_class", ctypes.c_uint32),
    )


class ExtendedLimits(ctypes.Structure):
    """JOBOBJECT_EXTENDED_LIMIT_INFORMATION."""

    _fields_ = (
        ("basic", BasicLimits),
        ("io", ctypes.c_uint64 * 6),
        ("process_memory", ctypes.c_size_t),
        ("job_memory", ctypes.c_size_t),
        ("peak_process_memory", ctypes.c_size_t),
        ("peak_job_memory", ctypes.c_size_t),
    )


class Jobs(Protocol):
    """What Windows does for the job of this process; OSError where it refuses."""

    def limit(self, limit_bytes: int | None) -> None:
        """Limit what every process of the job may commit; None lifts the limit."""
        ...

    def commits(self, size_bytes: int) -> bool:
        """Whether so many bytes can be committed; they are given back at once."""
        ...

    def committed_bytes(self) -> int:
        """Private bytes that this process has committed."""
        ...


class JobLimit:
    """Committed private memory, touched or not."""

    how = "a job object"

    def __init__(self, jobs: Jobs) -> None:
        self._jobs = jobs

    def counted_bytes(self) -> int:
        return self._jobs.committed_bytes()

    def set(self, limit_bytes: int) -> None:
        self._jobs.limit(limit_bytes)

    def lift(self) -> None:
        self._jobs.limit(None)

    def refuses(self, size_bytes: int) -> bool:
        return not self._jobs.commits(size_bytes)


def limits_of(limit_bytes: int | None) -> ExtendedLimits:
    """The structure that sets this limit and no other."""
    limits = ExtendedLimits()
    if limit_bytes is not None:
        limits.basic.limit_flags = PROCESS_MEMORY
        limits.process_memory = limit_bytes
    return limits


if sys.platform == "win32":

    class _OwnJob:
        """A job that holds this process. Its handle is kept, and closed by the system when the process ends."""

        def __init__(self) -> None:
            kernel32 = ctypes.WinDLL("kernel32", use_last_error=True)
            # Handles and addresses are as wide as pointers; ctypes takes everything for an int by default.
            kernel32.CreateJobObjectW.restype = ctypes.c_void_p
            kernel32.CreateJobObjectW.argtypes = [ctypes.c_void_p, ctypes.c_wchar_p]
            kernel32.GetCurrentProcess.restype = ctypes.c_void_p
            kernel32.AssignProcessToJobObject.argtypes = [ctypes.c_void_p, ctypes.c_void_p]
            kernel32.SetInformationJobObject.argtypes = [
                ctypes.c_void_p,
                ctypes.c_int,
                ctypes.c_void_p,
                ctypes.c_uint32,
            ]
            kernel32.VirtualAlloc.restype = ctypes.c_void_p
            kernel32.VirtualAlloc.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_uint32, ctypes.c_uint32]
            kernel32.VirtualFree.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_uint32]
            self._kernel32 = kernel32
            self._job = kernel32.CreateJobObjectW(None, None)
            if not self._job or not kernel32.AssignProcessToJobObject(self._job, kernel32.GetCurrentProcess()):
                raise ctypes.WinError(ctypes.get_last_error())

        def limit(self, limit_bytes: int | None) -> None:
            limits = limits_of(limit_bytes)
            size = ctypes.sizeof(limits)
            if not self._kernel32.SetInformationJobObject(self._job, EXTENDED_LIMITS, ctypes.byref(limits), size):
                raise ctypes.WinError(ctypes.get_last_error())

        def commits(self, size_bytes: int) -> bool:
            address = self._kernel32.VirtualAlloc(None, size_bytes, RESERVE_AND_COMMIT, READ_WRITE)
            if not address:
                return False
            self._kernel32.VirtualFree(address, 0, RELEASE)
            return True

        def committed_bytes(self) -> int:
            return int(psutil.Process().memory_info().private)

    def _own_job() -> Jobs:
        return _OwnJob()

else:

    def _own_job() -> Jobs:
        raise OSError("only Windows has job objects")


def job_limit() -> Reading[JobLimit]:
    """Put this process into a job of its own; Missing where the system does not allow that."""
    return attempt(lambda: JobLimit(_own_job()), OSError, why="this process can't be put into a job of its own")
