"""Which workers may be resident at once."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jitgate.device.device_memory import DeviceMemory
from jitgate.device.reading import Missing, known
from jitgate.model.answers import ExportContent, ModelFacts
from jitgate.model.memory_peaks import MemoryKind, MemoryPeaks
from jitgate.model.variant import VariantSpec
from jitgate.pool.memory_estimator import EXPORTED, EXTRA_BYTES, IN_PROCESS, MemoryEstimator, MemoryRecords
from jitgate.pool.residency import MOST, SLACK, Residency, Room, plan, room

GIB = 1 << 30
FREE = DeviceMemory(24 * GIB, 4 * GIB, 20 * GIB)
CONTENT = ExportContent(None, "w", "s", "r", {"short": ("k",), "long": ("k",)}, {"k": "1,8"})
FACTS = ModelFacts(1.0, 0, GIB, {}, CONTENT)
EAGER = VariantSpec("eager", "jitgate.engines.eager:eager")
JIT = VariantSpec("jit", "my:jit", exported=True)


def test_on_a_cpu_the_host_decides_and_on_a_card_the_tighter_of_card_and_limit() -> None:
    sizes = {
        (device, ceiling): known(room(device, FREE, ceiling))
        for device in ("cpu", "cuda:0")
        for ceiling in (None, 4 * GIB, 80 * GIB)
    }
    assert {case: found.size_bytes // GIB for case, found in sizes.items() if found} == {
        ("cpu", None): 20,
        ("cpu", 4 * GIB): 20,
        ("cpu", 80 * GIB): 20,
        ("cuda:0", None): 20,
        ("cuda:0", 4 * GIB): 4,
        ("cuda:0", 80 * GIB): 20,
    }
    unread = Missing("Not Supported")
    assert room("cpu", unread, 4 * GIB) == unread
    assert known(room("cuda:0", unread, 4 * GIB)) == Room(4 * GIB, "the memory limit, which stands for a whole card")
    assert room("cuda:0", unread, None) == unread


@given(st.lists(st.integers(1, 8 * GIB), min_size=2, max_size=6), st.integers(1, 32 * GIB))
def test_together_is_what_fits_with_some_slack(needs: list[int], size: int) -> None:
    named = {str(number): need for number, need in enumerate(needs)}
    found = plan(Residency.AUTO, named, Room(size, "memory"))
    assert found.exclusive == (sum(needs) > (1 - SLACK) * size)
    assert (found.note is None) == (not found.exclusive)


@given(
    st.lists(st.integers(1, 4 * GIB), min_size=1, max_size=40),
    st.integers(1, 2 * GIB),
    st.integers(1, 64 * GIB),
)
def test_batches_hold_every_variant_once_with_references_and_fit(needs: list[int], reference: int, size: int) -> None:
    named = {"eager": reference, **{str(number): need for number, need in enumerate(needs)}, "eager#control": reference}
    reference_variants = {"eager", "eager#control"}
    found = plan(Residency.AUTO, named, Room(size, "memory"), reference_variants)
    room_for_one = 2 * reference + max(needs) <= (1 - SLACK) * size
    if sum(named.values()) <= (1 - SLACK) * size:
        assert found == plan(Residency.AUTO, named, Room(size, "memory"))
        assert not found.batches
    elif not room_for_one:
        assert found.exclusive
        assert not found.batches
    else:
        assert not found.exclusive
        assert sorted(name for batch in found.batches for name in batch if name not in reference_variants) == sorted(
            set(named) - reference_variants
        )
        for batch in found.batches:
            assert reference_variants <= set(batch)
            assert 3 <= len(batch) <= MOST
            assert sum(named[name] for name in batch) <= (1 - SLACK) * size


def test_batches_are_what_a_host_without_room_chooses_by_itself_only() -> None:
    five = {"eager": GIB, "a": GIB, "b": GIB, "c": GIB, "eager#control": GIB}
    host, reference_variants = Room(4 * GIB, "the host"), {"eager", "eager#control"}
    found = plan(Residency.AUTO, five, host, reference_variants)
    assert found.batches == (
        ("eager", "eager#control", "a"),
        ("eager", "eager#control", "b"),
        ("eager", "eager#control", "c"),
    )
    assert str(found.note).startswith("Measured in 3 batches that fit memory, each with its own baseline and control: ")
    assert str(found.note).endswith("Batches: a; b; c.")
    assert plan(Residency.AUTO, five, host).exclusive, "a card's workers do not come in batches"
    assert plan(Residency.EXCLUSIVE, five, host, reference_variants).exclusive
    forced = plan(Residency.CONCURRENT, five, host, reference_variants)
    assert not forced.exclusive
    assert not forced.batches


def test_what_was_asked_for_is_done_and_what_speaks_against_it_is_said() -> None:
    two = {"eager": 3 * GIB, "jit": 3 * GIB}
    small, large = Room(4 * GIB, "the ceiling"), Room(40 * GIB, "the ceiling")
    assert plan(Residency.EXCLUSIVE, two, large).exclusive
    assert "as --jitgate-residency exclusive asks" in str(plan(Residency.EXCLUSIVE, two, large).note)
    forced = plan(Residency.CONCURRENT, two, small)
    assert not forced.exclusive
    assert "2 workers would need about 6.00 GiB, and there are 4.00 GiB (the ceiling)" in str(forced.note)
    assert plan(Residency.CONCURRENT, two, large).note is None


def test_where_nothing_is_known_workers_stay_together_and_it_is_said() -> None:
    unread = Missing("nvidia-ml-py is not installed")
    found = plan(Residency.AUTO, {"eager": 1, "jit": 1}, unread)
    assert not found.exclusive
    assert "nvidia-ml-py is not installed" in str(found.note)
    assert plan(Residency.EXCLUSIVE, {"eager": 1, "jit": 1}, unread).exclusive
    assert not plan(Residency.EXCLUSIVE, {"eager": 1}, unread).exclusive, "there is nobody else"


@pytest.fixture
def estimator(tmp_path: Path) -> MemoryEstimator:
    return MemoryEstimator(MemoryRecords(tmp_path / "memory_records"), FACTS, "cuda:0", 400)


def test_the_first_time_weights_times_a_factor_are_taken(estimator: MemoryEstimator) -> None:
    assert estimator.need_bytes(EAGER, ["short"]) == 400 + EXTRA_BYTES + IN_PROCESS * GIB
    assert estimator.need_bytes(JIT, ["short"]) == 400 + EXTRA_BYTES + EXPORTED * GIB


@pytest.mark.parametrize(("spec", "weights", "took"), [(EAGER, 144, 257), (JIT, 144, 494), (EAGER, 2540, 2680)])
def test_the_guess_is_not_below_what_was_seen(tmp_path: Path, spec: VariantSpec, weights: int, took: int) -> None:
    """MiB: the flow encoder as it is and from inductor, and the whole pipeline."""
    estimator = MemoryEstimator(MemoryRecords(tmp_path), replace(FACTS, weight_bytes=weights << 20), "cpu", 0)
    guess = estimator.need_bytes(spec, ["short"])
    assert took << 20 <= guess <= 1.5 * (took << 20)


def test_later_what_was_measured_of_the_largest_scenario(estimator: MemoryEstimator) -> None:
    estimator.learn(JIT, "short", MemoryPeaks(5, kind=MemoryKind.DEVICE))
    estimator.learn(JIT, "long", MemoryPeaks(7, kind=MemoryKind.RESIDENT, level_before_bytes=100))
    assert estimator.need_bytes(JIT, ["short"]) == 5
    assert estimator.need_bytes(JIT, ["short", "long"]) == 107
    assert estimator.need_bytes(EAGER, ["short"]) > GIB


@pytest.mark.parametrize(
    "memory", [MemoryPeaks(None), MemoryPeaks(5, kind=MemoryKind.DEVICE, unreliable="not exclusive")]
)
def test_what_was_not_measured_for_sure_is_not_remembered(estimator: MemoryEstimator, memory: MemoryPeaks) -> None:
    estimator.learn(JIT, "short", memory)
    assert estimator.need_bytes(JIT, ["short"]) > GIB


@pytest.mark.parametrize(
    "change", [{"weights": "other"}, {"source": "other"}, {"runtime": "other"}, {"spread": {"k": "9"}}]
)
def test_other_content_is_another_footprint(tmp_path: Path, estimator: MemoryEstimator, change: dict[str, Any]) -> None:
    estimator.learn(JIT, "short", MemoryPeaks(5, kind=MemoryKind.DEVICE))
    other = MemoryEstimator(
        MemoryRecords(tmp_path / "memory_records"), replace(FACTS, content=replace(CONTENT, **change)), "cuda:0", 400
    )
    assert other.need_bytes(JIT, ["short"]) > GIB
    elsewhere = MemoryEstimator(MemoryRecords(tmp_path / "memory_records"), FACTS, "cpu", 400)
    assert elsewhere.need_bytes(JIT, ["short"]) > GIB


@pytest.mark.parametrize("text", ["", "{", "[]", '{"need_bytes": "5"}', '{"need_bytes": -1}', '{"need_bytes": true}'])
def test_a_damaged_figure_counts_as_none(tmp_path: Path, text: str) -> None:
    (tmp_path / "key.json").write_text(text)
    assert MemoryRecords(tmp_path).find("key") is None


def test_a_folder_that_can_not_be_written_keeps_none(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    memory_records = MemoryRecords(tmp_path / "file")
    memory_records.keep("key", 5)
    assert memory_records.find("key") is None
