"""The cap of a worker: where it is aimed, when it holds, and that a real allocation fails under it."""

from __future__ import annotations

import sys
from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from jitgate.device.memory import HostMemory, Usage
from jitgate.device.process_limit import process_limit
from jitgate.device.reading import Missing
from jitgate.model.errors import UsageError
from jitgate.model.memory_peaks import CapFacts
from jitgate.model.size import mib
from jitgate.worker.card_memory_cap import CudaCap, UncappedCuda
from jitgate.worker.memory_cap import GRAIN, LEAST_BYTES, Cap, HostCap
from jitgate.worker.memory_caps import cap_for
from jitgate.worker.out_of_memory import out_of_memory

MIB = 1 << 20
GIB = 1 << 30


class FakeLimit:
    """A system that limits what it was told, and refuses as it should."""

    how = "a limit"

    def __init__(self, counted: int = 500 * MIB) -> None:
        self.counted = counted
        self.limit: int | None = None

    def counted_bytes(self) -> int:
        return self.counted

    def set(self, limit_bytes: int) -> None:
        self.limit = limit_bytes

    def lift(self) -> None:
        self.limit = None

    def refuses(self, size_bytes: int) -> bool:
        return self.limit is not None and self.counted + size_bytes > self.limit


class FakeMemory:
    """A process with so much resident."""

    def __init__(self, resident: int = 200 * MIB) -> None:
        self.resident = resident
        self.peak = 0

    def read(self) -> Usage:
        return Usage(self.resident, self.peak)

    def reset_peak(self) -> bool:
        return False


def asleep() -> None:
    """Stands for a pool without threads."""


def test_before_the_model_nothing_is_held() -> None:
    limit = FakeLimit()
    with HostCap(300 * MIB, limit, FakeMemory(), asleep).held():
        assert limit.limit is None


@given(
    ceiling=st.integers(LEAST_BYTES, 64 * GIB),
    before=st.integers(0, 8 * GIB),
    resident=st.integers(0, 80 * GIB),
    counted=st.integers(0, 80 * GIB),
    stacks=st.integers(0, GIB),
)
def test_what_the_ceiling_leaves_may_still_be_handed_out(
    ceiling: int, before: int, resident: int, counted: int, stacks: int
) -> None:
    limit, memory = FakeLimit(counted), FakeMemory()

    def start_threads() -> None:
        limit.counted = counted + stacks

    cap = HostCap(ceiling, limit, memory, start_threads)
    cap.aim(before)
    memory.resident = resident
    with cap.held():
        assert limit.limit is not None
        assert limit.limit - counted - stacks == max(0, ceiling - max(0, resident - before))
    assert limit.limit is None


def test_the_cap_is_lifted_whatever_a_request_raises_and_for_what_is_not_the_models() -> None:
    limit = FakeLimit()
    cap = HostCap(300 * MIB, limit, FakeMemory(), asleep)
    cap.aim(100 * MIB)
    seen = []

    def request() -> None:
        with cap.held():
            seen.append(limit.limit)
            with cap.lifted():
                seen.append(limit.limit)
            seen.append(limit.limit)
            raise MemoryError

    with pytest.raises(MemoryError):
        request()
    assert seen == [700 * MIB, None, 700 * MIB]
    assert limit.limit is None


def test_the_level_is_what_counts_against_the_ceiling() -> None:
    limit = FakeLimit(counted=900 * MIB)
    cap = HostCap(300 * MIB, limit, FakeMemory(resident=250 * MIB), asleep)
    cap.aim(200 * MIB)
    limit.counted += 40 * MIB
    assert cap.state()["level_bytes"] == 90 * MIB
    assert cap.facts() == CapFacts(300 * MIB, "a limit", refused_early=0)
    assert not cap.refused_early(301 * MIB)
    assert cap.facts().refused_early == 0
    assert cap.refused_early(300 * MIB)
    assert cap.facts().refused_early == 1


def test_a_limit_that_holds_nobody_is_bad_input() -> None:
    class Loose(FakeLimit):
        def refuses(self, size_bytes: int) -> bool:
            return False

    with pytest.raises(UsageError, match="did not hold"):
        HostCap(300 * MIB, Loose(), FakeMemory(), asleep).begin()
    HostCap(300 * MIB, FakeLimit(), FakeMemory(), asleep).begin()


def test_with_room_the_same_level_counts_as_before_the_model() -> None:
    limit = FakeLimit()
    cap = HostCap(64 * MIB, limit, FakeMemory(resident=250 * MIB), asleep)
    assert cap.uncapped() is None, "nothing has begun that could be done again"
    cap.aim(200 * MIB)
    room = cap.uncapped()
    assert room is not None
    with room.held():
        assert limit.limit is not None
        assert limit.limit > 500 * MIB + 64 * MIB
    assert HostCap(1 << 60, limit, FakeMemory(), asleep).uncapped() is None


class FakeCuda:
    """A 24 GiB card of which others use 1 GiB; this process's context takes 450 MiB once `start` was called."""

    def __init__(self, *, nvml: bool = True) -> None:
        self.used = GIB
        self.reserved = 0
        self.fraction: float | None = None
        self._nvml = nvml

    def start(self) -> None:
        self.reserved = 2 * MIB
        self.used += 450 * MIB + self.reserved

    def device_memory_used(self, device: str) -> int:
        if not self._nvml:
            raise ModuleNotFoundError("nvidia-ml-py does not seem to be installed")
        return self.used

    def memory_reserved(self, device: str) -> int:
        return self.reserved

    def get_device_properties(self, device: str) -> Any:
        return type("Properties", (), {"total_memory": 24 * GIB})

    def set_per_process_memory_fraction(self, fraction: float, device: str) -> None:
        self.fraction = fraction

    def empty_cache(self) -> None:
        self.reserved = 0

    def mem_get_info(self, device: str) -> tuple[int, int]:
        return 24 * GIB - self.used, 24 * GIB

    def memory_stats(self, device: str) -> dict[str, int]:
        return {"allocated_bytes.all.current": MIB, "num_alloc_retries": 1, "something.else": 5}


def test_a_card_leaves_the_allocator_what_the_context_does_not_take() -> None:
    cuda = FakeCuda()
    cap = CudaCap(4 * GIB, cuda, "cuda:0")
    cuda.start()
    cap.begin()
    assert cuda.fraction == pytest.approx((4 * GIB - 450 * MIB) / (24 * GIB))
    assert cap.facts().context_bytes == 450 * MIB
    assert not cap.refused_early(1), "a card's own allocator refuses at the user's too"
    assert cap.uncapped() is cap
    assert cuda.fraction == 1.0
    cuda.reserved = 3 * GIB
    assert cap.state() == {
        "level_bytes": 3 * GIB + 450 * MIB,
        "allocated_bytes": MIB,
        "retries_after_emptying_the_cache": 1,
    }


def test_a_ceiling_larger_than_the_card_leaves_the_card() -> None:
    cuda = FakeCuda()
    cap = CudaCap(80 * GIB, cuda, "cuda:0")
    cap.begin()
    assert cuda.fraction == 1.0


def test_a_ceiling_below_the_context_is_bad_input() -> None:
    cuda = FakeCuda()
    cap = CudaCap(460 * MIB, cuda, "cuda:0")
    cuda.start()
    with pytest.raises(UsageError, match=r"takes 450 MiB \(its context\) of the memory limit of 460 MiB"):
        cap.begin()


def test_without_nvml_a_card_can_not_be_capped_and_that_is_said() -> None:
    with pytest.raises(UsageError, match=r"pip install nvidia-ml-py"):
        CudaCap(4 * GIB, FakeCuda(nvml=False), "cuda:0")
    assert UncappedCuda(FakeCuda(nvml=False), "cuda:0").state()["free_bytes"] == 23 * GIB


def test_without_a_ceiling_nothing_is_capped() -> None:
    cap = cap_for("cpu", None)
    assert type(cap) is Cap
    cap.begin()
    cap.aim(0)
    with cap.held():
        assert torch.ones(64 * MIB // 4).numel() == 64 * MIB // 4
    assert (cap.how, cap.facts()) == (None, None)


@pytest.mark.skipif(isinstance(process_limit(), Missing), reason="nothing limits a process here")
def test_what_does_not_fit_fails_with_its_numbers_and_the_rest_goes_on() -> None:
    cap = cap_for("cpu", 100 * MIB)
    cap.begin()
    cap.aim(HostMemory().read().level_bytes)
    with cap.held():
        held = torch.ones(60 * MIB // 4)
    with pytest.raises(Exception) as caught, cap.held():  # noqa: PT011 - which one is asked below
        torch.ones(400 * MIB // 4)
    found = out_of_memory(caught.value, "", cap)
    assert found is not None
    assert (found.requested_bytes, found.cap_bytes) == (400 * MIB, 100 * MIB)
    # This process ran other tests before, and may give their memory back meanwhile.
    assert found.missing_bytes == pytest.approx(360 * MIB, abs=60 * MIB)
    assert found.state["level_bytes"] == pytest.approx(60 * MIB, abs=60 * MIB)
    with cap.held():
        assert torch.ones(10 * MIB // 4).sum() == 10 * MIB // 4
    assert torch.ones(200 * MIB // 4).sum() == 200 * MIB // 4, "outside a request nothing is held"
    assert held.sum() == held.numel()


@pytest.mark.skipif(sys.platform != "linux", reason="counts stacks only where the system does")
def test_threads_that_start_under_the_cap_do_not_eat_the_ceiling() -> None:
    cap = cap_for("cpu", LEAST_BYTES)
    cap.aim(HostMemory().read().level_bytes)
    before = torch.get_num_threads()
    with cap.held(), cap.lifted():
        torch.set_num_threads(8)
    try:
        with cap.held():
            assert torch.ones(8 * GRAIN).add_(1).sum() == 2 * 8 * GRAIN
    finally:
        torch.set_num_threads(before)


@pytest.mark.parametrize(
    ("size", "expected"),
    [(300 * MIB, "300 MiB"), (4 * GIB, "4096 MiB"), (2.5 * MIB, "2.5 MiB"), (1, "0.1 MiB"), (0, "0 MiB")],
)
def test_sizes_of_one_sentence_have_one_unit(size: float, expected: str) -> None:
    assert mib(size) == expected
