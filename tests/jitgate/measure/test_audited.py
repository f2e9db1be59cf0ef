"""What speaks against a worker's figures: the device's peak, eager itself, hooks."""

from __future__ import annotations

import math
from dataclasses import replace
from types import SimpleNamespace
from typing import Any, ClassVar

import pytest
from jitgate.measure.audited import above_peak, audited, dropped_work, second_worker, unrepeated
from jitgate.measure.unproven import near_a_look_up
from jitgate.model.accuracy import Accuracy
from jitgate.model.cold_start import ColdStart
from jitgate.model.figures import FlopCount
from jitgate.model.measurement import Measurement
from jitgate.model.probe_baseline import EagerProbe
from jitgate.model.samples import Samples
from jitgate.model.timed_outputs import TimedOutputs
from jitgate.statistics import PeakRates


def measurement(call_s: float, peak: PeakRates | None) -> Measurement:
    samples = Samples("mine", ((call_s,) * 3,) * 12, (), (), ColdStart())
    made = Measurement("w", "s", "cpu", 0, {"mine": samples}, flop_count=FlopCount(1e9, 1e6, 1e6))
    return made if peak is None else replace(made, peak_rates={"fp32": peak})


PEAK = PeakRates(1e11, 1e10)
"""10 ms for the operations, 0.2 ms for the bytes."""


@pytest.mark.parametrize("call_s", [0.02, 0.01, 0.005, 0.0011])
def test_what_a_device_can_do_is_believed(call_s: float) -> None:
    assert above_peak(measurement(call_s, PEAK), "mine") == ""


def test_far_more_than_the_device_can_is_not() -> None:
    found = above_peak(measurement(1e-4, PEAK), "mine")
    assert found.startswith("it is 100 times as fast as this device's measured peak allows for the operations")
    slow_memory = PeakRates(1e15, 1e6)
    assert "for the bytes of" in above_peak(measurement(1e-3, slow_memory), "mine")


def test_int8_has_the_peak_of_the_widest_that_is_known_times_four() -> None:
    found = measurement(1e-4, PEAK)
    samples = replace(found.all_samples["mine"], precision="int8")
    assert "25 times" in above_peak(replace(found, all_samples={"mine": samples}), "mine")


UNPROVEN = TimedOutputs(unproven="the workload says so")


@pytest.mark.parametrize(
    ("outputs", "look_up_s", "said"),
    [
        (UNPROVEN, 1e-6, "its calls take 2.0 us, looking up a stored answer takes 1.0 us here"),
        (UNPROVEN, 1e-7, ""),
        (UNPROVEN, None, "nothing tells its answers from stored ones"),
        (TimedOutputs(), None, ""),
    ],
)
def test_a_call_that_may_be_a_look_up_is_not_believed(
    outputs: TimedOutputs, look_up_s: float | None, said: str
) -> None:
    samples = replace(measurement(2e-6, None).all_samples["mine"], timed_outputs=outputs)
    found = near_a_look_up(samples, look_up_s)
    assert found.startswith(said)
    assert bool(found) == bool(said)
    assert not found or found.endswith("or more work in a call")


def test_where_the_peak_is_not_known_nothing_is_said() -> None:
    assert above_peak(measurement(1e-9, None), "mine") == ""


def test_eager_that_does_not_repeat_itself_is_named_with_the_remedy() -> None:
    assert unrepeated(None) == unrepeated(EagerProbe(changes=(0,))) == ""
    random, state = "it draws random numbers", "it keeps state from call to call"
    assert "Workload(seed=...)" in unrepeated(EagerProbe(differs=random))
    assert "Workload(reset=...)" in unrepeated(EagerProbe(differs=state))


def test_a_hook_is_missed_by_an_exported_file_alone() -> None:
    probe = EagerProbe(hooks=("m.note",))
    assert dropped_work(probe, exported=False) == dropped_work(EagerProbe(), exported=True) == ""
    assert "a forward hook in every call (m.note)" in dropped_work(probe, exported=True)


def test_an_override_is_missed_by_an_exported_file_alone() -> None:
    probe = EagerProbe(overrides=("m.Net.__call__",))
    assert dropped_work(probe, exported=False) == ""
    assert dropped_work(probe, exported=True).startswith("eager runs m.Net.__call__ around forward() in every call")


def test_times_of_the_second_worker_say_nothing_of_what_eager_repeats() -> None:
    outputs, times = "the output of 1 of 8 timed calls is not eager's", "by the host's clock"
    assert second_worker(outputs, "") == f"eager does not repeat itself, as its second worker shows: {outputs}"
    assert "repeat" not in second_worker(times, times)
    assert times in second_worker(times, times)


class FakeAudit:
    """Outputs of other sizes, whose times are true or not."""

    probes: ClassVar[dict[str, EagerProbe]] = {}

    def __init__(self, untimed: str = "") -> None:
        self._untimed = untimed

    def found(self, scenario: str, name: str, *_: object, **__: object) -> TimedOutputs:
        return TimedOutputs(5, "a timed call gave Tensor[3], and eager gives Tensor[4]" if name == "mine" else "")

    def untimed(self, scenario: str, name: str) -> str:
        return self._untimed


@pytest.mark.parametrize(
    ("mismatch", "untimed", "said"),
    [
        ("", "", "a timed call gave Tensor[3], and eager gives Tensor[4]"),
        ("sizes (4,) expected, (3,) found", "", ""),
        ("sizes (4,) expected, (3,) found", "it replaced the clock", "it replaced the clock"),
    ],
)
def test_an_output_that_is_known_to_be_another_is_told_by_its_own_gate(mismatch: str, untimed: str, said: str) -> None:
    samples = {
        name: Samples(
            name, ((0.02,),), (), (), ColdStart(), accuracy=Accuracy(math.inf if mismatch else 0.0, mismatch=mismatch)
        )
        for name in ("eager", "mine")
    }
    pool: Any = SimpleNamespace(audit=FakeAudit(untimed), workload=SimpleNamespace(token_agreement=None))
    found = audited(Measurement("w", "s", "cpu", 0, samples), pool).all_samples["mine"].timed_outputs
    assert found is not None
    assert found.problem == said
