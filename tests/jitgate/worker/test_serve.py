"""One request, one answer: what a worker says of a request that ran out of memory under its cap."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from jitgate.device.memory import Usage
from jitgate.worker.memory import Footprint
from jitgate.worker.memory_cap import HostCap, capped
from jitgate.worker.serve import _answer

from tests.jitgate.worker.test_memory_cap import FakeLimit, FakeMemory, asleep

MIB = 1 << 20


class Spiky:
    """A worker under 300 MiB whose call is refused the first time, and has its peak at `peak` the second time."""

    def __init__(self, peak: int) -> None:
        self.footprint = Footprint()
        self.footprint.reader = self.memory = FakeMemory(resident=200 * MIB)
        self.footprint.cap = HostCap(300 * MIB, FakeLimit(), self.memory, asleep)
        self.footprint.mark()
        self._peak = peak
        self.asked = 0

    @property
    def cap(self) -> Any:
        return self.footprint.cap

    @capped
    def turn(self, count: int) -> dict[str, int]:
        self.asked += 1
        if self.asked == 1:
            raise MemoryError("Unable to allocate 120. MiB for an array")
        self.memory.peak = self._peak
        return {"calls": count}


@pytest.fixture
def log(tmp_path: Path) -> str:
    path = tmp_path / "worker.log"
    path.write_text("")
    return str(path)


def test_what_did_not_fit_is_told_with_what_it_would_have_taken(log: str, capfd: pytest.CaptureFixture[str]) -> None:
    service: Any = Spiky(peak=650 * MIB)
    kind, fields, details = _answer(service, "turn", {"count": 3}, log)
    assert kind == "memory"
    assert (fields["requested_bytes"], fields["cap_bytes"], fields["needed_bytes"]) == (120 * MIB, 300 * MIB, 450 * MIB)
    assert "MemoryError" in details
    assert "an allocation of 120 MiB failed at level" in capfd.readouterr().err, "said before it is tried again"


def test_what_was_refused_although_it_fits_counts(log: str) -> None:
    service: Any = Spiky(peak=480 * MIB)
    assert _answer(service, "turn", {"count": 3}, log) == ["ok", {"calls": 3}]
    assert service.cap.facts()["refused_early"] == 1
    assert service.footprint.reader.read() == Usage(200 * MIB, 480 * MIB)


def test_an_error_of_another_kind_is_not_tried_again(log: str) -> None:
    service: Any = Spiky(peak=0)
    service.turn = lambda: 1 / 0
    assert _answer(service, "turn", {}, log)[:2] == ["raised", "ZeroDivisionError: division by zero"]
