"""What makes absolute times comparable."""

import json
from dataclasses import fields, replace

import psutil
import pytest
from jitgate.device import fingerprint as module
from jitgate.device.container import Limits
from jitgate.device.device import Card, Device, card_of
from jitgate.device.fingerprint import Fingerprint, fingerprint
from jitgate.device.processor import Processor
from jitgate.device.reading import Missing

from tests.jitgate.device.cards import SERVER

CARD = card_of(SERVER)

CHANGES: dict[str, object] = {
    "device": "NVIDIA H100",
    "device_memory_bytes": 80 << 30,
    "driver_major": "570",
    "cuda": "11.8",
    "torch": "0.0",
    "power_limit_w": 350,
    "clock_policy": "applications clocks 1200/2619 MHz",
    "cpu": "another",
    "cpu_count": 1000,
    "cpu_quota": 0.5,
    "threads": "OMP_NUM_THREADS=77",
    "python": "3.99",
    "system": "Plan9-x86_64",
}


def test_the_same_machine_has_the_same_fingerprint() -> None:
    assert fingerprint(Device("cpu")) == fingerprint(Device("cpu"))
    assert fingerprint(Device("cpu")).slug == fingerprint(Device("cpu")).slug


def test_every_fact_tells_two_machines_apart() -> None:
    one = fingerprint(Device("cuda", 0, CARD))
    assert set(CHANGES) == {fact.name for fact in fields(Fingerprint)}, "a new fact needs a line here"
    others = [replace(one, **{name: value}) for name, value in CHANGES.items()]  # type: ignore[arg-type]
    assert len({one.slug, *(other.slug for other in others)}) == len(others) + 1


def test_the_facts_come_back_from_json_as_they_went_in() -> None:
    # pytest-benchmark compares what it has stored with what it gets: a tuple would come back as a list, and differ.
    for device in (Device("cpu"), Device("cuda", 0, CARD)):
        facts = fingerprint(device).facts()
        assert json.loads(json.dumps(facts)) == facts


def test_no_momentary_reading_is_part_of_it(monkeypatch: pytest.MonkeyPatch) -> None:
    def seen(clock_mhz: int) -> Processor:
        return Processor("Some CPU", 4, 8, "performance", True, clock_mhz)

    prints = []
    for clock_mhz in (1200, 3400):
        monkeypatch.setattr(module, "processor", lambda clock_mhz=clock_mhz: seen(clock_mhz))
        prints.append(fingerprint(Device("cpu")))
    assert prints[0] == prints[1]
    assert prints[0].clock_policy == "performance, turbo"
    assert not any("mhz" in fact.name or "node" in fact.name for fact in fields(Fingerprint))


def test_a_card_is_known_by_its_settings_and_by_its_hosts(monkeypatch: pytest.MonkeyPatch) -> None:
    host = Processor("Some CPU", 4, 8, "powersave", Missing("hidden"), 2000)
    monkeypatch.setattr(module, "processor", lambda: host)
    found = fingerprint(Device("cuda", 0, CARD))
    assert (found.device, found.device_memory_bytes, found.driver_major) == ("NVIDIA H200", 141 << 30, "580")
    assert (found.power_limit_w, found.clock_policy) == (700, "applications clocks 1980/3201 MHz; powersave")
    bare = fingerprint(Device("cuda", 0, Card("NVIDIA GeForce RTX 2050", 4 << 30, "552.22")))
    assert (bare.power_limit_w, bare.clock_policy) == (None, "powersave")


def test_a_driver_update_within_a_major_version_keeps_the_history() -> None:
    cards = [Card("NVIDIA H200", 141 << 30, driver) for driver in ("580.65.06", "580.82")]
    assert len({fingerprint(Device("cuda", 0, card)).slug for card in cards}) == 1


def test_what_a_kernel_keeps_back_of_the_memory_makes_no_other_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    real = psutil.virtual_memory()
    slugs = set()
    for total in (25_276_510_208, 25_250_000_000):
        monkeypatch.setattr(psutil, "virtual_memory", lambda total=total: real._replace(total=total))
        slugs.add(fingerprint(Device("cpu")).slug)
    assert len(slugs) == 1


def test_a_container_with_less_is_another_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    slugs = set()
    for cores in (None, 1.5):
        monkeypatch.setattr(module, "limits", lambda cores=cores: Limits(cores, None))
        slugs.add(fingerprint(Device("cpu")).slug)
    assert len(slugs) == 2


def test_the_slug_is_a_plain_folder_name() -> None:
    slug = fingerprint(Device("cuda", 0, Card("NVIDIA / GeForce\\ RTX (2050)", 4 << 30, "552.22"))).slug
    assert set(slug) <= set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-")
