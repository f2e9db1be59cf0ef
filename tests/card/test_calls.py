"""How a call runs on a card: timed by events and by the wall, in TF32 or not, replayed from a graph."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import torch
from jitgate.device.clock import clock_for
from jitgate.device.device import Device
from jitgate.device.stopwatch import stopwatch_for
from jitgate.engines.cudagraph import cudagraph
from jitgate.engines.precision import Precision, switch
from jitgate.engines.self_checking import SelfCheckingRunner
from jitgate.worker.fallback_detector import settings

from tests.jitgate.engines.test_cudagraph import Waiting

pytestmark = pytest.mark.card

CYCLES = 50_000_000
"""Some 30 to 50 ms of a card's clock: long against a launch, and against the events' resolution."""

LAYERS = 8


def sleep(cycles: int = CYCLES) -> Callable[[], None]:
    """The card waits, and the call returns at once."""
    return lambda: torch.cuda._sleep(cycles)  # type: ignore[no-untyped-call]


def test_events_and_the_wall_agree_on_a_call_that_returns_before_its_work_is_done(
    card: Device, record_property: Callable[[str, object], None]
) -> None:
    clock = clock_for(card.name)
    for _ in range(5):  # an idle card's clock rises only under work
        clock.time(sleep())
    taken, empty = clock.time(sleep()), clock.time(lambda: None)
    record_property("wall_ns", taken.wall_ns)
    record_property("device_ns", taken.device_ns)
    record_property("empty_wall_ns", empty.wall_ns)
    assert taken.device_ns is not None
    assert empty.device_ns is not None
    assert 0.5 * taken.wall_ns < taken.device_ns <= 1.01 * taken.wall_ns
    assert empty.wall_ns < taken.device_ns / 10, "an unsynchronised clock would see no difference"


def test_a_stage_is_as_long_as_its_work(card: Device) -> None:
    for _ in range(5):  # an idle card's clock rises only under work
        sleep()()
    watch = stopwatch_for(card.name)
    watch.start()
    for stage, cycles in (("short", CYCLES // 10), ("long", CYCLES), ("short", CYCLES // 10)):
        watch.begin(stage)
        sleep(cycles)()
        watch.end(stage)
    torch.cuda.synchronize(card.name)
    laps = watch.read()
    assert laps.calls == {"short": 2, "long": 1}
    assert laps.spent_s["long"] == pytest.approx(5 * laps.spent_s["short"], rel=0.5)
    assert laps.first_s["short"] < laps.first_s["long"]


@pytest.fixture
def _switches() -> Iterator[None]:
    """Whatever a test sets is put back."""
    matmul, cudnn = torch.backends.cuda.matmul, torch.backends.cudnn
    before = matmul.allow_tf32, cudnn.allow_tf32
    yield
    matmul.allow_tf32, cudnn.allow_tf32 = before


def errors(device: str) -> tuple[float, float]:
    """Relative L2 errors of a matrix product and of a convolution against float64."""
    generator = torch.Generator().manual_seed(0)
    # Large enough that the libraries choose the kernels of large models.
    x = torch.randn(1024, 1024, generator=generator).to(device)
    w = torch.randn(1024, 1024, generator=generator).to(device)
    image = torch.randn(8, 256, 256, generator=generator).to(device)
    kernel = torch.randn(256, 256, 5, generator=generator).to(device)
    pairs = (
        (x @ w, x.double() @ w.double()),
        (torch.nn.functional.conv1d(image, kernel), torch.nn.functional.conv1d(image.double(), kernel.double())),
    )
    product, convolution = (float((got.double() - right).norm() / right.norm()) for got, right in pairs)
    return product, convolution


@pytest.mark.usefixtures("_switches")
def test_the_tf32_switch_changes_what_products_and_convolutions_round(
    card: Device, record_property: Callable[[str, object], None]
) -> None:
    if torch.cuda.get_device_capability(card.name) < (8, 0):
        pytest.skip("this card has no TF32 units")
    found, seen = {}, {}
    for precision in (Precision.FP32, Precision.TF32, Precision.FP32):
        switch(precision, card.name)
        found[precision], seen[precision] = errors(card.name), settings()["TF32"]
        record_property(f"rel_l2_{precision}", str(found[precision]))
    assert max(found[Precision.FP32]) < 2e-6, "float32 throughout, convolutions too"
    assert all(1e-4 < error < 1e-2 for error in found[Precision.TF32]), "ten bits of mantissa"
    assert seen == {Precision.FP32: (False, False), Precision.TF32: (True, True)}


def layers(device: str) -> torch.nn.Module:
    torch.manual_seed(0)
    return torch.nn.Sequential(*(torch.nn.Linear(64, 64) for _ in range(LAYERS))).to(device).eval()


def launches(call: Callable[[], Any]) -> tuple[Counter[str], int]:
    """What the processor asked of the driver in one call, by name; and how many kernels the card ran."""
    activities = [torch.profiler.ProfilerActivity.CPU, torch.profiler.ProfilerActivity.CUDA]
    with torch.profiler.profile(activities=activities) as profile:
        call()
        torch.cuda.synchronize()
    events = profile.events() or []
    asked = Counter(
        event.name for event in events if event.name.startswith(("cudaLaunch", "cudaGraphLaunch", "cuLaunch"))
    )
    ran = [event for event in events if str(event.device_type).endswith("CUDA")]
    return asked, sum(not event.name.startswith(("Memcpy", "Memset")) for event in ran)


def test_a_replay_is_one_launch_of_all_kernels_and_gives_eagers_answer(
    card: Device, record_property: Callable[[str, object], None]
) -> None:
    module = layers(card.name)
    x = torch.randn(4, 64, device=card.name)
    with torch.inference_mode():
        run = cudagraph(module, (x,))
        for _ in range(3):
            y = torch.randn_like(x)
            torch.testing.assert_close(run(y), module(y))
        eagerly, kernels = launches(lambda: module(y))
        replayed, replayed_kernels = launches(lambda: run(y))
    record_property("eager", f"{dict(eagerly)}, {kernels} kernels")
    record_property("replay", f"{dict(replayed)}, {replayed_kernels} kernels")
    assert replayed["cudaGraphLaunch"] == 1
    assert sum(eagerly.values()) >= LAYERS
    assert sum(replayed.values()) < LAYERS
    assert replayed_kernels >= LAYERS
    assert isinstance(run, SelfCheckingRunner)
    assert run.proof() is None


def test_a_module_that_waits_for_the_card_is_captured_as_export_writes_it(card: Device) -> None:
    class Asking(Waiting):
        """Waits for the card in earnest."""

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            if not torch.compiler.is_compiling() and x.sum().item() > 1e9:
                return x
            return x * 2

    stream = torch.cuda.current_stream(card.name)
    with torch.inference_mode():
        run = cudagraph(Asking().eval().to(card.name), ())
        x = torch.randn(4, 2, device=card.name)
        torch.testing.assert_close(run(x), x * 2)
    assert torch.cuda.current_stream(card.name) == stream, "the capture that failed has left no trace"
