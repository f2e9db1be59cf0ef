"""The limit on a process's memory: what is set and lifted, what counts, and that it is tried before it is believed."""

from __future__ import annotations

import gc
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from jitgate.device.process_limit import DataLimit, holds, process_limit, why_no_limit
from jitgate.device.reading import Missing

MIB = 1 << 20
UNLIMITED = -1


def resource_with(soft: int = UNLIMITED, hard: int = UNLIMITED) -> Any:
    """A stand-in for the module `resource`; `set` collects what was set."""
    limits = {"data": (soft, hard)}
    calls: list[tuple[str, tuple[int, int]]] = []

    def setrlimit(which: str, pair: tuple[int, int]) -> None:
        limits[which] = pair
        calls.append((which, pair))

    return SimpleNamespace(
        RLIMIT_DATA="data",
        RLIM_INFINITY=UNLIMITED,
        getrlimit=limits.__getitem__,
        setrlimit=setrlimit,
        calls=calls,
    )


def test_the_soft_limit_is_set_and_lifted_and_the_hard_one_stays() -> None:
    resource = resource_with(hard=900 * MIB)
    limit = DataLimit(resource)
    limit.set(500 * MIB)
    limit.set(700 * MIB)
    limit.lift()
    assert resource.calls == [
        ("data", (500 * MIB, 900 * MIB)),
        ("data", (700 * MIB, 900 * MIB)),
        ("data", (UNLIMITED, 900 * MIB)),
    ]


def test_a_stricter_limit_of_the_user_stays() -> None:
    resource = resource_with(soft=300 * MIB, hard=900 * MIB)
    limit = DataLimit(resource)
    limit.set(500 * MIB)
    limit.lift()
    assert resource.calls == [("data", (300 * MIB, 900 * MIB))] * 2


def test_what_counts_is_the_kernels_own_figure(tmp_path: Path) -> None:
    (tmp_path / "status").write_text("VmPeak:\t  9000 kB\nVmData:\t    2048 kB\nVmStk:\t     132 kB\n")
    assert DataLimit(resource_with(), tmp_path).counted_bytes() == 2 * MIB


class Pretending:
    """Takes every limit; refuses what it is told to refuse."""

    how = "a pretence"

    def __init__(self, *answers: bool, fails: bool = False) -> None:
        self._answers = list(answers)
        self._fails = fails
        self.lifted = 0

    def counted_bytes(self) -> int:
        return 100 * MIB

    def set(self, limit_bytes: int) -> None:
        if self._fails:
            raise PermissionError("no")

    def lift(self) -> None:
        self.lifted += 1

    def refuses(self, size_bytes: int) -> bool:
        return self._answers.pop(0)


@pytest.mark.parametrize(
    ("limit", "expected"),
    [
        (Pretending(True, False), True),
        (Pretending(False, False), False),  # accepted and not enforced
        (Pretending(True, True), False),  # something else refuses, with or without it
        (Pretending(False, fails=True), False),  # it can't even be set
    ],
)
def test_a_limit_is_believed_once_it_was_seen_to_hold(limit: Pretending, expected: bool) -> None:
    assert holds(limit) is expected
    assert limit.lifted == 1


def test_where_there_is_none_the_reason_is_said(tmp_path: Path) -> None:
    if sys.platform == "win32":
        assert why_no_limit() is None
        return
    assert "does not enforce a limit on a process's memory" in str(why_no_limit(tmp_path / "nowhere"))
    assert isinstance(process_limit(tmp_path / "nowhere"), Missing)


@pytest.mark.skipif(sys.platform != "linux", reason="RLIMIT_DATA counts maps on Linux only")
def test_the_real_limit_refuses_what_is_above_it_and_nothing_else() -> None:
    import resource

    before = resource.getrlimit(resource.RLIMIT_DATA)
    limit = process_limit()
    assert not isinstance(limit, Missing)
    assert holds(limit)
    gc.collect()  # what another test has left must not make room later
    limit.set(limit.counted_bytes() + 64 * MIB)
    try:
        small = np.ones(16 * MIB // 8)
        with pytest.raises(MemoryError):
            np.ones(1024 * MIB // 8)
    finally:
        limit.lift()
    assert small.sum() == len(small)
    assert np.ones(128 * MIB // 8).sum() == 128 * MIB // 8
    assert resource.getrlimit(resource.RLIMIT_DATA) == before
