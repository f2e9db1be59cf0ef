"""Which variant is recommended, and what its cold cost comes to."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import pytest
from jitgate.config.policy import Gate
from jitgate.gates.recommendation import Recommendation, recommend
from jitgate.model.cold_start import ColdStart
from jitgate.model.failure import Failure, FailureKind
from jitgate.model.measurement import Measurement
from jitgate.model.memory_peaks import MemoryPeaks
from jitgate.model.one_time_cost import once_s
from jitgate.model.samples import Samples
from jitgate.model.variant import BASELINE
from jitgate.report.recommendation import recommendation_data, recommendation_line

from tests.jitgate.measurements import MIB, made_of
from tests.jitgate.results import policy_of, results_of


def recommended(measurement: Measurement, *gates: Gate) -> Recommendation | None:
    policy = policy_of(*gates, measurements=[measurement], memory_limit_bytes=None if gates else 4 << 30)
    return recommend(results_of(policy, measurement, ask=False), measurement)


WARM = (0.010,) * 8


def costing(samples: Samples, *, build_s: float | None, load_s: float, first_s: float) -> Samples:
    """An samples whose process was exported in `build_s`, loaded in `load_s`, and had one slow call."""
    warm_s = (first_s, *WARM)
    size = None if build_s is None else 1
    return replace(
        samples,
        cold_start=ColdStart(build_s, load_s, first_s, artefact_bytes=size, warm_s=warm_s),
        warm_s=warm_s,
    )


def measured(ratio: float, **more: Any) -> Measurement:
    """Eager, 10 ms a call, and a `jit` that costs 60 s to export, 1 s to load, 1 s in its first call."""
    found = made_of(ratio, **more)
    all_samples = {
        **found.all_samples,
        BASELINE: costing(found.all_samples[BASELINE], build_s=None, load_s=0.0, first_s=0.110),
        "jit": costing(found.all_samples["jit"], build_s=60.0, load_s=1.0, first_s=1.010),
    }
    return replace(found, all_samples=all_samples)


def test_a_decidedly_faster_variant_is_recommended_with_its_cost_and_when_that_is_paid() -> None:
    found = recommended(measured(2.0))
    assert found is not None
    assert (found.variant, found.peak_bytes) == ("jit", 100 * MIB)
    assert found.speedup is not None
    assert found.speedup.interval.low > 1.5
    # 60 s of export, 1 s of load and 1 s of a first call, less eager's 0.1 s; each call saves about 5 ms.
    assert found.first.extra_s == pytest.approx(61.9)
    assert found.later.extra_s == pytest.approx(1.9)
    assert found.first.payback is not None
    assert found.first.payback.calls == pytest.approx(12_380, rel=0.02)
    assert found.first.payback.soonest < found.first.payback.calls < found.first.payback.latest


@pytest.mark.parametrize(
    ("measurement", "why"),
    [
        (measured(1.0), "more rounds"),
        (measured(0.7), "at most"),
        (measured(2.0, rel_l2=0.5), "The output is not the baseline's"),
        (measured(2.0, failure=Failure(FailureKind.UNAVAILABLE, "needs a flux capacitor")), "needs a flux capacitor"),
        (measured(2.0, excluded=100), "were excluded"),
        (measured(2.0, peak_bytes=5 << 30), "5.00 GiB of memory are more than 4.00 GiB"),
        (measured(2.0, peak_bytes=None), "its memory is not known"),
    ],
)
def test_otherwise_it_is_eager_and_the_reason_is_said(measurement: Measurement, why: str) -> None:
    found = recommended(measurement)
    assert found is not None
    assert (found.variant, found.speedup) == (BASELINE, None)
    assert why in found.rejections["jit"].sentence


def test_of_two_the_faster_one_that_fits() -> None:
    one, two = measured(1.5), measured(2.0)
    both = replace(one, all_samples={**one.all_samples, "aot": replace(two.all_samples["jit"], name="aot")})
    found = recommended(both)
    assert found is not None
    assert found.variant == "aot"
    assert found.rejections["jit"].words == "less fast than aot"
    large = replace(both.all_samples["aot"], memory=MemoryPeaks(1 << 40))
    tight = Gate("here", variant="aot", limits={"max_memory": 1 << 30})
    found = recommended(replace(both, all_samples={**both.all_samples, "aot": large}), tight)
    assert found is not None
    assert found.variant == "jit"


def test_where_eager_does_not_fit_either_nothing_is_recommended() -> None:
    found = recommended(measured(2.0), Gate("here", limits={"max_memory": 1}))
    assert found is not None
    assert {name: reason.words for name, reason in found.rejections.items()} == {
        "eager": "too large",
        "jit": "too large",
    }
    assert "nothing recommended" in recommendation_line(found)
    assert recommendation_data(found)["variant"] is None


def test_without_a_baseline_or_a_round_nothing_is_recommended() -> None:
    dead = Failure(FailureKind.DIED, "worker eager was killed")
    assert recommended(measured(2.0, baseline_failure=dead)) is None
    assert recommended(measured(2.0, rounds=0)) is None


def test_a_cost_with_an_unknown_part_is_unknown() -> None:
    samples = measured(2.0).all_samples["jit"]
    assert once_s(samples, cached=False) == pytest.approx(62.0)
    assert once_s(samples, cached=True) == pytest.approx(2.0)
    assert once_s(replace(samples, warm_s=(2.0, 1.0)), cached=True) is None
    assert once_s(replace(samples, cold_start=ColdStart()), cached=True) is None
    found = recommended(made_of(2.0))
    assert found is not None
    assert (found.variant, found.first.payback) == ("jit", None)


def test_the_longer_of_two_warm_ups_counts() -> None:
    samples = measured(2.0).all_samples["jit"]
    longer = replace(samples, warm_s=(5.010, *WARM))
    assert once_s(longer, cached=True) == pytest.approx(6.0)


def test_what_costs_nothing_more_is_paid_at_once() -> None:
    found = measured(2.0)
    cheap = costing(found.all_samples["jit"], build_s=0.0, load_s=0.0, first_s=0.010)
    best = recommended(replace(found, all_samples={**found.all_samples, "jit": cheap}))
    assert best is not None
    assert best.first.payback is not None
    assert best.first.payback.calls == 0
    assert not math.isinf(best.first.payback.latest)
