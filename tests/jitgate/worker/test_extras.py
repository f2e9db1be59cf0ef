"""What a worker is asked beside its turns: the real stage on a tiny model, in this process."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from jitgate.device.device_memory import DeviceMemory
from jitgate.model.figures import FlopCount, UnseenShapes
from jitgate.model.memory_peaks import EmptiedCache
from jitgate.model.requests import (
    BecomeSteady,
    ChooseUnseenShapes,
    CountFlops,
    EmptyCache,
    LoadVariant,
    MakeFirstCall,
    OpenModel,
    ReadMemory,
    ResetPeak,
    TimeUnseenShapes,
)
from jitgate.model.variant import BASELINE, VariantSpec
from jitgate.worker import extras, peak_rates
from jitgate.worker.content import shapes, signature
from jitgate.worker.extras import COUNTED_CALLS, MOST_SHAPES, emptied, unlike
from jitgate.worker.flop_count import count_flops
from jitgate.worker.peak_rates import measure_peak_rates
from jitgate.worker.service import WorkerService


@pytest.fixture
def stage() -> Iterator[WorkerService]:
    made = WorkerService()
    made._device = "cpu"
    made.answer(OpenModel("tests.jitgate.pool.models:tiny", "a test"))
    made.answer(LoadVariant(VariantSpec(BASELINE, "jitgate.engines.eager:eager")))
    yield made
    torch.set_num_threads(1)


def test_a_worker_becomes_steady_and_its_first_call_is_the_first_of_the_series(
    stage: WorkerService, tmp_path: Path
) -> None:
    first_s = stage.answer(MakeFirstCall("short", tmp_path)).first_call_s
    series = stage.answer(BecomeSteady("short", first_s))
    assert series[0] == first_s
    assert 6 <= len(series) <= extras.STEADY_CALLS
    assert min(series) > 0


def test_a_worker_warms_up_no_longer_than_it_may(stage: WorkerService, tmp_path: Path) -> None:
    first_s = stage.answer(MakeFirstCall("short", tmp_path)).first_call_s
    assert stage.answer(BecomeSteady("short", first_s, first_s / 2)) == (first_s,)


def test_new_lengths_come_from_other_scenarios_and_are_new_only_once(stage: WorkerService, tmp_path: Path) -> None:
    stage.answer(MakeFirstCall("short", tmp_path))
    assert stage.answer(ChooseUnseenShapes("short", ("varied",), tmp_path)) == 0
    assert stage.answer(ChooseUnseenShapes("short", (), tmp_path)) == 4
    answer = stage.answer(TimeUnseenShapes("short", tmp_path))
    assert answer.problem is None
    assert [len(each.known_s) for each in answer.lengths] == [COUNTED_CALLS] * 4
    assert stage.answer(ChooseUnseenShapes("short", (), tmp_path)) == 0


def test_what_was_asked_beside_one_scenario_is_not_the_memory_of_the_next(stage: WorkerService, tmp_path: Path) -> None:
    """Seen in a run: eager's second scenario stood at 629 MiB, which was the copy that measures the bandwidth."""
    stage.answer(MakeFirstCall("short", tmp_path))
    if not stage.answer(ResetPeak()).reset:
        pytest.skip("this system keeps one peak for the whole life of a process")
    torch.ones(200 << 18).sum()  # 200 MiB
    assert (stage.footprint.peak_bytes() or 0) > 150 << 20
    stage.answer(MakeFirstCall("varied", tmp_path))
    assert (stage.answer(ReadMemory()).load_peak_bytes or 0) < 100 << 20


def test_a_scenario_of_many_sizes_has_its_own_and_its_first_is_not_new(stage: WorkerService, tmp_path: Path) -> None:
    stage.answer(MakeFirstCall("varied", tmp_path))
    assert len(stage.answer(TimeUnseenShapes("varied")).lengths) == 3


def test_a_scenario_of_one_size_has_no_new_ones(stage: WorkerService, tmp_path: Path) -> None:
    stage.answer(MakeFirstCall("short", tmp_path))
    assert stage.answer(TimeUnseenShapes("short")) == UnseenShapes()


class FullHost:
    """One MiB is left, which no process with torch in it is smaller than."""

    def read(self) -> DeviceMemory:
        return DeviceMemory(8 << 30, (8 << 30) - (1 << 20), 1 << 20)


def test_no_new_length_is_tried_where_the_kernel_might_kill_for_it(
    stage: WorkerService, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(extras, "HostRoom", FullHost)
    stage.answer(MakeFirstCall("short", tmp_path))
    assert stage.answer(ChooseUnseenShapes("short", (), tmp_path)) == 4
    answer = stage.answer(TimeUnseenShapes("short", tmp_path))
    assert (answer.lengths, answer.problem) == ((), None)
    assert str(answer.untried).startswith("1 MiB of memory were free, and this worker had taken ")


def test_a_scenario_has_its_own_lengths_however_full_the_host_is(
    stage: WorkerService, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(extras, "HostRoom", FullHost)
    stage.answer(MakeFirstCall("varied", tmp_path))
    answer = stage.answer(TimeUnseenShapes("varied"))
    assert (len(answer.lengths), answer.untried) == (3, None)


def test_what_a_new_length_raises_is_said_and_those_before_it_count(stage: WorkerService, tmp_path: Path) -> None:
    def picky(x: torch.Tensor, scale: int) -> torch.Tensor:
        if x.size(0) == 5:
            raise ValueError("not five\nat all")
        return x * scale

    stage._runners = {"": picky}
    stage.answer(MakeFirstCall("varied", tmp_path))
    answer = stage.answer(TimeUnseenShapes("varied"))
    assert (len(answer.lengths), answer.problem) == (2, "ValueError: not five")


def test_unlike_calls_differ_in_size_from_what_is_known_and_from_each_other() -> None:
    calls = [(torch.zeros(rows, 4), rows > 90) for rows in [3, 3, 4, 99, *range(10, 40)]]
    places = unlike(calls, signature(calls[0]), {shapes(calls[2])})
    assert places[:3] == [0, 4, 5]
    assert len(places) == MOST_SHAPES


def test_work_is_counted_by_hand(stage: WorkerService, tmp_path: Path) -> None:
    stage.answer(MakeFirstCall("short", tmp_path))
    assert stage.answer(CountFlops("short")) == FlopCount(
        flops=2 * (2 * 8 * 64 * 64),
        parameter_bytes=4.0 * 2 * (64 * 64 + 64),
        activation_bytes=4.0 * 3 * 8 * 64,  # the input, and the result of each linear
    )


def test_work_of_unlike_calls_is_their_mean(stage: WorkerService, tmp_path: Path) -> None:
    stage.answer(MakeFirstCall("varied", tmp_path))
    assert stage.answer(CountFlops("varied")).flops == pytest.approx(2 * (2 * 3.5 * 64 * 64))  # 2 to 5 rows


def test_attention_is_counted_on_a_cpu_too_and_what_is_element_by_element_is_not() -> None:
    query, key = torch.randn(1, 2, 3, 8), torch.randn(1, 2, 5, 8)

    def attend() -> Any:
        return torch.nn.functional.scaled_dot_product_attention(query, key, key).softmax(-1) + 1

    found = count_flops([attend], torch.nn.Identity(), [(query, key)])
    assert found.flops == 2 * 2 * (3 * 5 * 8) * 2
    assert found.activation_bytes == 4 * (2 * 3 * 8 + 2 * 5 * 8 + 2 * 3 * 8)


def test_a_ceiling_is_measured_and_bounds_a_smaller_product(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(peak_rates, "LAST_SIZE", 256)
    monkeypatch.setattr(peak_rates, "REPEATS_S", 0.0)
    monkeypatch.setattr(peak_rates, "COPY_BYTES", 1 << 20)
    for precision in ("fp32", "autocast-bf16"):
        found = measure_peak_rates("cpu", precision)
        assert found.rates is not None
        assert found.rates.flops_s > 1e6
        assert found.rates.bytes_s > 1e6
    assert measure_peak_rates("cpu", "int4").missing


@pytest.mark.parametrize("slow_transposed", [False, True])
def test_the_ceiling_is_that_of_the_faster_way_to_multiply(
    monkeypatch: pytest.MonkeyPatch, slow_transposed: bool
) -> None:
    multiply, slow_s = torch.mm, 0.1

    def mm(one: torch.Tensor, other: torch.Tensor, *, out: torch.Tensor) -> torch.Tensor:
        if other.is_contiguous() != slow_transposed:
            time.sleep(slow_s)
        return multiply(one, other, out=out)

    monkeypatch.setattr(torch, "mm", mm)
    monkeypatch.setattr(peak_rates, "LAST_SIZE", 256)
    monkeypatch.setattr(peak_rates, "REPEATS_S", 0.0)
    monkeypatch.setattr(peak_rates, "COPY_BYTES", 1 << 20)
    found = measure_peak_rates("cpu", "fp32").rates
    assert found is not None
    assert found.flops_s > 2 * 256**3 / slow_s


def test_a_device_that_can_not_measure_its_ceiling_says_why() -> None:
    assert "could not be measured" in measure_peak_rates("meta:no-such", "fp32").missing


def test_a_cpu_has_no_cache_to_empty(stage: WorkerService) -> None:
    assert stage.answer(EmptyCache()) == EmptiedCache()


def test_emptying_a_cache_says_what_was_held_before_and_after() -> None:
    class FakeCuda:
        """Holds 100 bytes, 60 of them in tensors."""

        reserved = 100

        def synchronize(self, device: Any) -> None: ...

        def memory_reserved(self, device: Any) -> int:
            return self.reserved

        def memory_allocated(self, device: Any) -> int:
            return 60

        def empty_cache(self) -> None:
            self.reserved = 60

    assert emptied(FakeCuda(), "cuda:0") == EmptiedCache(100, 60, 60)


def test_formulas_get_the_result_by_the_name_that_their_release_gives_it() -> None:
    from jitgate.worker.flops import _by

    def newer(*_: object, out_val: int = 0, **__: object) -> int:
        return 2 * out_val

    def older(*_: object, out: int = 0, **__: object) -> int:
        return 3 * out

    assert [_by(formula, (), {}, 1) for formula in (newer, older)] == [2, 3]
