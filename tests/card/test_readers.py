"""What is read of a card, held against what is planted on it."""

from __future__ import annotations

import gc
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from jitgate.device.card_health import CardHealth, _clock_event_reasons, _held_ns
from jitgate.device.device import Card, Device
from jitgate.device.device_memory import DeviceMemory, NvmlMemory
from jitgate.device.lock import RunLock, lock_name
from jitgate.device.memory import CudaMemory
from jitgate.device.nvml import NvmlCard, survey_cards
from jitgate.device.power import CardMeter
from jitgate.device.reading import Missing, Reading, known
from jitgate.measure.overcommit import Overcommit

pytestmark = pytest.mark.card

MIB = 1 << 20
PLANTED = 300 * MIB
Record = Callable[[str, object], None]


@pytest.fixture
def facts(card: Device) -> Card:
    assert card.card is not None
    return card.card


@pytest.fixture(autouse=True)
def _clean(card: Device) -> None:
    """A context that is there, and an allocator that holds nothing of another test."""
    torch.zeros(1, device=card.name)
    gc.collect()
    torch.cuda.empty_cache()


def there(reading: Reading[DeviceMemory]) -> DeviceMemory:
    assert not isinstance(reading, Missing), reading
    return reading


def planted(device: Device, size: int = PLANTED) -> torch.Tensor:
    tensor = torch.empty(size, dtype=torch.uint8, device=device.name)
    torch.cuda.synchronize(device.name)
    return tensor


def test_nvml_and_torch_speak_of_the_same_card(card: Device, facts: Card, record_property: Record) -> None:
    (seen,) = [each for each in survey_cards().cards if each.uuid == facts.uuid]
    properties = torch.cuda.get_device_properties(card.name)
    assert seen.name == torch.cuda.get_device_name(card.name)
    assert seen.uuid == f"GPU-{properties.uuid}"
    assert seen.compute_capability == f"{properties.major}.{properties.minor}"
    total = known(seen.memory_total_bytes)
    assert total is not None
    assert 0.9 * total <= properties.total_memory <= total
    assert known(seen.driver)
    assert known(seen.driver_cuda)
    for name, value in vars(seen).items():
        record_property(name, str(value))


def test_the_cards_level_rises_by_what_is_planted(card: Device, facts: Card, record_property: Record) -> None:
    reader = NvmlMemory(facts.uuid)
    before = there(reader.read())
    tensor = planted(card)
    after = there(reader.read())
    del tensor
    torch.cuda.empty_cache()
    freed = there(reader.read())
    record_property("context_and_others_bytes", before.used_bytes)
    assert after.used_bytes - before.used_bytes == pytest.approx(PLANTED, abs=32 * MIB)
    assert freed.used_bytes == pytest.approx(before.used_bytes, abs=32 * MIB)
    assert before.used_bytes + before.free_bytes == pytest.approx(before.total_bytes, rel=0.1)


def test_the_allocators_peaks_are_those_of_what_is_planted(card: Device) -> None:
    memory = CudaMemory(torch.cuda, torch.device(card.name))
    assert memory.reset_peak()
    level, before = memory.allocated_bytes(), memory.read()
    tensor = planted(card)
    assert memory.allocated_bytes() - level == PLANTED
    del tensor
    assert memory.allocated_bytes() == level
    assert memory.peak_allocated_bytes() - level == PLANTED
    after = memory.read()
    assert after.peak_bytes is not None
    assert after.peak_bytes - before.level_bytes == pytest.approx(PLANTED, abs=32 * MIB)
    memory.reset_peak()
    assert memory.peak_allocated_bytes() == level


def test_memory_that_a_card_does_not_have_is_overcommitted(card: Device, facts: Card) -> None:
    reader = NvmlMemory(facts.uuid)
    before = reader.read()
    watch = Overcommit(reader, before)
    tensor = planted(card)
    assert watch.cause({"eager": PLANTED}, {"eager": 0.01}) is None
    said = watch.cause({"eager": there(before).total_bytes, "control": PLANTED}, {})
    del tensor
    assert said is not None
    assert said.startswith("memory overcommitted: 2 workers hold ")


def test_a_card_is_locked_by_its_uuid_whatever_its_number(card: Device, facts: Card, tmp_path: Path) -> None:
    assert facts.uuid.startswith("GPU-")
    assert lock_name(card) == facts.uuid
    mine, other = RunLock(card, tmp_path), RunLock(Device("cuda", card.index + 1, facts), tmp_path)
    mine.acquire(0)
    try:
        assert f"process {os.getpid()}" in str(other.holder())
        assert RunLock(Device("cpu"), tmp_path).holder() is None
    finally:
        mine.release()
    assert other.holder() is None


def test_the_cards_health_can_be_read_and_our_own_work_is_no_stranger(
    card: Device, facts: Card, record_property: Record
) -> None:
    health = CardHealth(facts.uuid, lambda: {os.getpid()})
    assert health.missing is None
    health.mark()
    x = torch.randn(4096, 4096, device=card.name)
    for _ in range(50):
        x = torch.nn.functional.normalize(x @ x)
    torch.cuda.synchronize(card.name)
    cause = health.cause()
    record_property("cause", str(cause))
    assert cause != "another process was on the card"
    asked = NvmlCard(facts.uuid)
    assert known(asked.ask(_clock_event_reasons)) is not None
    record_property("thermal_violation_ns", str(asked.ask(_held_ns)))


STRANGER = """
import sys, torch
held = torch.ones(1, device=sys.argv[1])
print("there", flush=True)
sys.stdin.read()
"""


def test_a_stranger_on_the_card_is_seen(card: Device, facts: Card, record_property: Record) -> None:
    health = CardHealth(facts.uuid, lambda: {os.getpid()})
    holders = known(NvmlMemory(facts.uuid).holders())
    record_property("holders", str(holders))
    stranger = subprocess.Popen(
        [sys.executable, "-c", STRANGER, card.name], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert stranger.stdout is not None
    try:
        assert stranger.stdout.readline() == "there\n"
        now = known(NvmlMemory(facts.uuid).holders())
        record_property("holders_with_stranger", str(now))
        health.mark()
        # Some containers list no process at all, their own neither: then nothing can be told, and nothing is.
        expected = "another process was on the card" if now else None
        assert health.cause() == expected
    finally:
        stranger.communicate()


def test_a_card_draws_power_while_it_works(card: Device, facts: Card, record_property: Record) -> None:
    meter = CardMeter(facts.uuid)
    assert meter.missing is None
    x = torch.randn(8192, 8192, device=card.name)
    calls, until = 0, time.monotonic() + meter.work_s
    meter.begin()
    while time.monotonic() < until:
        x = torch.nn.functional.normalize(x @ x)
        torch.cuda.synchronize(card.name)
        calls += 1
    drawn = meter.end(calls)
    record_property("power", str(drawn))
    for reading in (drawn.power_w, drawn.utilisation_percent):
        assert not isinstance(reading, Missing), reading
        assert reading > 0
    if not isinstance(drawn.energy_j, Missing):  # cards before Volta have no counter
        assert drawn.energy_j > 0
