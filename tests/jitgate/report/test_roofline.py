"""New lengths and the roofline to the limit, from figures made by hand."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
from jitgate.model.figures import FlopCount, UnseenShape, UnseenShapes
from jitgate.report.roofline import RooflineEfficiency, roofline, unseen_shape
from jitgate.statistics import Interval, PeakRates, RooflineBound

from tests.jitgate.measurements import made_of

WORK = FlopCount(flops=4e9, parameter_bytes=100e6, activation_bytes=20e6)


def test_the_distance_is_that_of_the_larger_bound_in_the_variants_own_precision() -> None:
    found = replace(
        made_of(1.0), flop_count=WORK, peak_rates={"fp32": PeakRates(1e12, 40e9), "bf16": PeakRates(4e12, 40e9)}
    )
    full = roofline(found, "jit", 0.01)
    assert full is not None
    assert full.bound is RooflineBound.ARITHMETIC
    assert full.limit_s == pytest.approx(4e-3)
    assert full.share.estimate == pytest.approx(0.4, rel=0.02)
    half = replace(found, all_samples={**found.all_samples, "jit": replace(found.all_samples["jit"], precision="bf16")})
    narrow = roofline(half, "jit", 0.01)
    assert narrow is not None
    assert narrow.bound is RooflineBound.BANDWIDTH
    assert narrow.limit_s == pytest.approx(60e6 / 40e9)


@pytest.mark.parametrize(
    "lacking", [{"flop_count": None}, {"peak_rates": {}}, {"flop_count": replace(WORK, flops=0.0)}]
)
def test_without_one_of_its_figures_there_is_no_distance(lacking: dict[str, object]) -> None:
    found = replace(made_of(1.0), flop_count=WORK, peak_rates={"fp32": PeakRates(1e12, 1e9)})
    assert roofline(found, "jit", 0.01) is not None
    assert roofline(replace(found, **lacking), "jit", 0.01) is None  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("estimate", "low", "high", "bound", "said"),
    [
        (5.281, 5.18, 5.37, RooflineBound.ARITHMETIC, "above the measured arithmetic peak (5.28x)"),
        (1.2, 1.1, 1.3, RooflineBound.BANDWIDTH, "above the measured bandwidth peak (1.20x)"),
        (1.02, 0.97, 1.08, RooflineBound.ARITHMETIC, None),  # may be the peak itself
        (0.4, 0.3, 0.5, RooflineBound.ARITHMETIC, None),
        (5.28, 0.0, 6.0, RooflineBound.ARITHMETIC, "above the measured arithmetic peak (5.28x)"),  # too few calls
        (5.28, 0.9, math.inf, RooflineBound.ARITHMETIC, "above the measured arithmetic peak (5.28x)"),
        (0.85, 0.0, math.inf, RooflineBound.ARITHMETIC, None),
    ],
)
def test_a_share_above_one_is_no_distance(
    estimate: float, low: float, high: float, bound: RooflineBound, said: str | None
) -> None:
    assert RooflineEfficiency(Interval(estimate, low, high, 0.01), 1e-3, bound).above == said


def test_bytes_follow_the_precision() -> None:
    assert WORK.moved_bytes("fp32") == WORK.moved_bytes("tf32") == 120e6
    assert WORK.moved_bytes("fp16") == WORK.moved_bytes("bf16") == 60e6
    assert WORK.moved_bytes("autocast-fp16") == 110e6, "weights stay float32 and are read as such"


def test_a_new_length_is_compared_with_known_calls_of_the_same_length() -> None:
    known_s = [0.1 + 0.01 * number for number in range(12)]
    seen = UnseenShapes(tuple(UnseenShape(2.0 * each, (each, each, 9.0)) for each in known_s))
    found = made_of(1.0)
    found = replace(
        found, all_samples={**found.all_samples, "jit": replace(found.all_samples["jit"], unseen_shapes=seen)}
    )
    ratio = unseen_shape(found, "jit", 0.01)
    assert ratio is not None
    assert ratio.estimate == pytest.approx(2.0)
    assert ratio.low > 1.9
    assert unseen_shape(found, "eager", 0.01) is None


def test_what_a_worker_answers_becomes_lengths_that_can_be_compared() -> None:
    found = UnseenShapes.timed([(0.2, [0.1, 0.1]), (0.0, [0.1]), (0.2, [])], "ValueError: five")
    assert found == UnseenShapes((UnseenShape(0.2, (0.1, 0.1)),), "ValueError: five")
    assert UnseenShapes.timed([], untried="1 MiB was free") == UnseenShapes(untried="1 MiB was free")
    assert UnseenShapes.timed([]) == UnseenShapes()
