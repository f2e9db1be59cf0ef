"""A model signals the processes that it has started, and leaves pytest and the other workers alone. Runs in workers."""

from __future__ import annotations

import contextlib
import functools
import os
import signal
from collections.abc import Callable
from typing import Any

import psutil


def guard_host(host_pid: int) -> None:
    """From here on `os.kill` and `os.killpg` raise RuntimeError where they mean the host, or another worker of it.

    Native code can still signal it: then pytest ends as by Ctrl-C, and keeps what it has.
    """
    for name, meant in (("kill", {host_pid}), ("killpg", _groups(host_pid))):
        plain = getattr(os, name, None)
        if plain is not None:
            setattr(os, name, _refusing(plain, meant, host_pid))


def _groups(host_pid: int) -> set[int]:
    try:
        return {os.getpgid(host_pid)}
    except (AttributeError, OSError):  # Windows, or it has just ended
        return set()


def _refusing(plain: Callable[[int, int], None], meant: set[int], host_pid: int) -> Callable[[int, int], None]:
    @functools.wraps(plain)
    def checked(number: int, signum: int) -> None:
        # 0 and below mean groups: that of this process is pytest's own, and -1 is everybody.
        if signum and (number in meant or -number in meant or number in (0, -1)):
            raise RuntimeError(f"it sends {_name(signum)} to process {number}, which is the one that runs pytest")
        if signum and number != os.getpid() and _parent(number) == host_pid:
            raise RuntimeError(f"it sends {_name(signum)} to process {number}, which is another worker")
        plain(number, signum)

    return checked


def _parent(number: int) -> int | None:
    with contextlib.suppress(psutil.Error, ValueError):
        return psutil.Process(number).ppid()
    return None


def _name(signum: Any) -> str:
    try:
        return signal.Signals(signum).name
    except ValueError:
        return f"signal {signum}"
