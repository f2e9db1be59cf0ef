"""One request, one answer: what a worker says of a request that ran out of memory under its cap."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from jitgate.device.memory import Usage
from jitgate.model.failure import FailureKind, RequestError
from jitgate.model.memory_peaks import CapFacts
from jitgate.model.requests import LoadVariant, Request, SetThreads
from jitgate.model.variant import VariantSpec
from jitgate.worker.memory import Footprint
from jitgate.worker.memory_cap import HostCap
from jitgate.worker.serve import answer

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

    def answer(self, request: Request[Any]) -> Any:
        if isinstance(request, SetThreads):
            raise ZeroDivisionError("division by zero")
        self.asked += 1
        if self.asked == 1:
            raise MemoryError("Unable to allocate 120. MiB for an array")
        self.memory.peak = self._peak
        return 3.0


LOAD = LoadVariant(VariantSpec("jit", "my:jit"))


@pytest.fixture
def log(tmp_path: Path) -> str:
    path = tmp_path / "worker.log"
    path.write_text("")
    return str(path)


def test_what_did_not_fit_is_told_with_what_it_would_have_taken(log: str, capfd: pytest.CaptureFixture[str]) -> None:
    service: Any = Spiky(peak=650 * MIB)
    error = answer(service, LOAD, log)
    assert isinstance(error, RequestError)
    assert error.kind is FailureKind.OUT_OF_MEMORY
    found = error.out_of_memory
    assert found is not None
    assert (found.requested_bytes, found.cap_bytes, found.needed_bytes) == (120 * MIB, 300 * MIB, 450 * MIB)
    assert "MemoryError" in error.traceback
    assert "an allocation of 120 MiB failed at level" in capfd.readouterr().err, "said before it is tried again"


def test_what_was_refused_although_it_fits_counts(log: str) -> None:
    service: Any = Spiky(peak=480 * MIB)
    assert answer(service, LOAD, log) == 3.0
    assert service.cap.facts() == CapFacts(300 * MIB, "a limit", refused_early=1)
    assert service.footprint.reader.read() == Usage(200 * MIB, 480 * MIB)


def test_an_error_of_another_kind_is_not_tried_again(log: str) -> None:
    service: Any = Spiky(peak=0)
    error = answer(service, SetThreads(1), log)
    assert isinstance(error, RequestError)
    assert error.kind is FailureKind.RAISED
    assert re.fullmatch(r"ZeroDivisionError: division by zero at \S*test_serve\.py:\d+", error.message)
    assert service.asked == 0


@pytest.mark.parametrize("ending", [SystemExit(3), KeyboardInterrupt(), GeneratorExit()])
def test_what_would_end_the_process_is_named_and_the_worker_lives(log: str, ending: BaseException) -> None:
    class Ends(Spiky):
        def answer(self, request: Request[Any]) -> Any:
            raise ending

    service: Any = Ends(peak=0)
    error = answer(service, LOAD, log)
    assert isinstance(error, RequestError)
    assert error.kind is FailureKind.RAISED
    assert error.message.startswith(type(ending).__name__)
    assert error.message.endswith("raise an error that says why instead")
