"""Which errors are about memory, and what they say of it. Messages are those of torch 2.13 and numpy 2."""

from __future__ import annotations

from dataclasses import replace

import pytest
from jitgate.model.memory_peaks import CapFacts
from jitgate.model.out_of_memory import OutOfMemory
from jitgate.worker.memory_cap import Cap
from jitgate.worker.out_of_memory import out_of_memory

MIB = 1 << 20


class Capped(Cap):
    """Half of 300 MiB is taken."""

    def facts(self) -> CapFacts:
        return CapFacts(300 * MIB, "a limit")

    def state(self) -> dict[str, int]:
        return {"level_bytes": 150 * MIB}


class OutOfMemoryError(RuntimeError):
    """As torch has one."""


HOST = (
    "[enforce fail at alloc_cpu.cpp:131] err == 0. DefaultCPUAllocator: can't allocate memory: "
    "you tried to allocate 314572800 bytes. Error code 12 (Cannot allocate memory)"
)
CARD = (
    "CUDA out of memory. Tried to allocate 20.50 MiB. GPU 0 has a total capacity of 23.64 GiB of which 1 GiB is free."
)
NUMPY = "Unable to allocate 1.50 GiB for an array with shape (201326592,) and data type float64"
AOTI = "run_func_(container_handle_, ...) API call failed at model_container_runner.cpp, line 147"


@pytest.mark.parametrize(
    ("error", "requested"),
    [
        (RuntimeError(HOST), 300 * MIB),
        (RuntimeError(HOST.replace("can't allocate memory", "not enough memory")), 300 * MIB),
        (OutOfMemoryError(CARD), 20 * MIB + MIB // 2),
        (MemoryError(NUMPY), 1536 * MIB),
        (MemoryError(), None),
        (RuntimeError("std::bad_alloc"), None),
        (OSError(12, "Cannot allocate memory"), None),
        (RuntimeError("CUDA error: out of memory"), None),
    ],
)
def test_an_error_about_memory_is_known_and_says_what_was_asked_for(error: Exception, requested: int | None) -> None:
    found = out_of_memory(error, "", Capped())
    assert found is not None
    assert found.requested_bytes == requested
    assert (found.cap_bytes, found.enforced_by) == (300 * MIB, "a limit")


@pytest.mark.parametrize(
    "error", [ValueError("shapes differ"), RuntimeError("out of paper"), OSError(2, "no such file")]
)
def test_any_other_error_is_not(error: Exception) -> None:
    assert out_of_memory(error, HOST, Capped()) is None


def test_an_error_that_only_points_to_what_was_printed_is_read_with_it() -> None:
    found = out_of_memory(RuntimeError(AOTI), f"Exception in aoti_torch: {HOST}\n", Capped())
    assert found is not None
    assert found.requested_bytes == 300 * MIB
    assert out_of_memory(RuntimeError(AOTI), "Error: expected 2 inputs\n", Capped()) is None


def test_a_card_that_answers_nothing_more_leaves_what_the_error_said() -> None:
    class Lost(Capped):
        def state(self) -> dict[str, int]:
            raise RuntimeError("CUDA error: unspecified launch failure")

    found = out_of_memory(OutOfMemoryError(CARD), "", Lost())
    assert found is not None
    assert (found.requested_bytes, found.missing_bytes) == (20 * MIB + MIB // 2, None)


def test_a_library_that_can_not_be_mapped_is_short_of_memory_only_under_a_cap() -> None:
    error = OSError("package.so: failed to map segment from shared object")
    assert out_of_memory(error, "", Cap()) is None
    assert out_of_memory(error, "", Capped()) is not None


def test_missing_is_what_would_have_been_enough_for_this_allocation() -> None:
    found = OutOfMemory(200 * MIB, 300 * MIB, "a limit", {"level_bytes": 150 * MIB})
    assert found.missing_bytes == 50 * MIB
    assert found.sentence("eager", "the first call") == (
        "eager does not fit under the enforced 300 MiB: an allocation of 200 MiB failed at level 150 MiB in the first "
        "call, at least 50 MiB missing"
    )
    assert found.facts()["out_of_memory"] == {
        "requested_bytes": 200 * MIB,
        "missing_bytes": 50 * MIB,
        "needed_bytes": None,
        "level_bytes": 150 * MIB,
    }


def test_what_was_given_back_before_it_could_be_read_shows_when_it_is_done_again() -> None:
    found = OutOfMemory(10 * MIB, 300 * MIB, "a limit", {"level_bytes": 150 * MIB})
    assert found.missing_bytes is None
    found = replace(found, needed_bytes=450 * MIB)
    assert found.missing_bytes == 150 * MIB
    assert found.sentence("jit", "a call").endswith(
        "in a call, at least 150 MiB missing (without the cap it took 450 MiB)"
    )


def test_what_is_not_known_is_not_invented() -> None:
    unknown = OutOfMemory(None, 300 * MIB, "a limit", {"level_bytes": 150 * MIB})
    assert unknown.missing_bytes is None
    assert unknown.sentence("jit", "a call").endswith("in a call; how much is missing can't be told")
    real = OutOfMemory(200 * MIB, state={"level_bytes": 3000 * MIB, "free_bytes": 90 * MIB})
    assert real.missing_bytes is None
    assert real.sentence("jit", "loading") == (
        "jit ran out of memory in loading: an allocation of 200 MiB failed at level 3000 MiB, 90 MiB were free"
    )
