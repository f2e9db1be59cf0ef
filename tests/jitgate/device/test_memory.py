"""The memory seam: this process's own memory, and CUDA's allocator on a stand-in."""

import sys
from pathlib import Path

import numpy as np
import pytest
from jitgate.device.memory import CudaMemory, HostMemory
from jitgate.model.memory_peaks import MemoryKind
from jitgate.worker.memory import Footprint

MIB = 1024 * 1024


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only Linux lets a process reset its peak")
def test_peak_follows_an_allocation_and_can_be_reset() -> None:
    reader = HostMemory()
    assert reader.reset_peak()
    before = reader.read()
    block = np.ones(64 * MIB // 8)
    held = reader.read()
    del block
    freed = reader.read()
    assert before.peak_bytes is not None
    assert held.peak_bytes is not None
    assert freed.peak_bytes is not None
    assert held.peak_bytes - before.level_bytes > 60 * MIB
    # The kernel counts pages per thread and adds them up now and then: a MiB either way is its rounding.
    assert freed.peak_bytes >= held.peak_bytes - MIB, "a peak does not go down by itself"
    assert reader.reset_peak()
    after = reader.read()
    assert after.peak_bytes is not None
    assert after.peak_bytes < held.peak_bytes - 40 * MIB


def test_without_proc_the_level_still_comes_and_a_reset_is_said_to_have_failed(tmp_path: Path) -> None:
    reader = HostMemory(proc=tmp_path / "nowhere")
    assert reader.read().level_bytes > MIB
    assert not reader.reset_peak()


class FakeCuda:
    """An allocator that holds 3 GiB reserved, 5 at most, 4 allocated at most."""

    def __init__(self) -> None:
        self.reset = 0

    def memory_reserved(self, device: object) -> int:
        return 3 << 30

    def max_memory_reserved(self, device: object) -> int:
        return 5 << 30

    def memory_allocated(self, device: object) -> int:
        return 2 << 30

    def max_memory_allocated(self, device: object) -> int:
        return 4 << 30

    def reset_peak_memory_stats(self, device: object) -> None:
        self.reset += 1


def test_cuda_reports_what_the_allocator_has_reserved() -> None:
    cuda = FakeCuda()
    reader = CudaMemory(cuda, "cuda:0")
    usage = reader.read()
    assert (usage.level_bytes, usage.peak_bytes, reader.peak_allocated_bytes()) == (3 << 30, 5 << 30, 4 << 30)
    assert reader.reset_peak()
    assert cuda.reset == 1


def test_on_cuda_activations_are_what_tensors_held_since_a_caching_allocator_gives_nothing_back() -> None:
    footprint = Footprint()
    footprint.reader = CudaMemory(FakeCuda(), "cuda:0")
    footprint.loaded()
    found = footprint.peaks()
    assert (found.kind, found.activation_bytes, found.peak_allocated_bytes) == (
        MemoryKind.RESERVED,
        2 << 30,
        4 << 30,
    )
    assert found.steady_peak_bytes == found.reserved_peak_bytes == 5 << 30
    assert found.host_peak_bytes is None or found.host_peak_bytes > MIB
