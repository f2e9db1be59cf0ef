"""The clock seam: the real one on a CPU, and the order of CUDA calls on a stand-in."""

import time
from typing import Any

from jitgate.device.clock import CudaClock, WallClock, clock_for


class FakeCuda:
    """Records what is asked of `torch.cuda`; an event pair is always 2.5 ms apart."""

    def __init__(self) -> None:
        self.seen: list[str] = []

    def synchronize(self, device: object) -> None:
        self.seen.append("synchronize")

    def Event(self, *, enable_timing: bool) -> Any:  # noqa: N802 - torch's name
        assert enable_timing
        return _FakeEvent(self)


class _FakeEvent:
    def __init__(self, cuda: FakeCuda) -> None:
        self._cuda = cuda

    def record(self) -> None:
        self._cuda.seen.append("record")

    def elapsed_time(self, end: object) -> float:
        return 2.5


def test_a_call_takes_at_least_as_long_as_it_waits() -> None:
    taken = WallClock().time(lambda: time.sleep(0.02))
    assert taken.wall_ns >= 20_000_000  # sleep never returns early; how much later it does is not asserted
    assert taken.device_ns is None


def test_the_device_is_synchronised_at_both_edges_with_the_events_inside() -> None:
    cuda = FakeCuda()
    taken = CudaClock(cuda, "cuda:0").time(lambda: cuda.seen.append("call"))
    assert cuda.seen == ["synchronize", "record", "call", "record", "synchronize"]
    assert taken.device_ns == 2_500_000


def test_the_cpu_gets_a_wall_clock() -> None:
    assert isinstance(clock_for("cpu"), WallClock)
