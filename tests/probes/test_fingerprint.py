"""What makes absolute times comparable."""

from dataclasses import replace
from pathlib import Path

import torch

from perf.probes.device import Card, Device
from perf.probes.fingerprint import cpu_model, fingerprint, usable_cpus


def test_the_same_machine_has_the_same_fingerprint() -> None:
    assert fingerprint(Device("cpu")) == fingerprint(Device("cpu"))
    assert fingerprint(Device("cpu")).slug == fingerprint(Device("cpu")).slug


def test_every_fact_tells_two_machines_apart() -> None:
    card = Card("NVIDIA H200", 141 << 30, "580.65")
    one = fingerprint(Device("cuda", 0, card))
    others = [
        replace(one, device="NVIDIA H100"),
        replace(one, device_memory_bytes=80 << 30),
        replace(one, driver_major="570"),
        replace(one, cpu="another"),
        replace(one, cpu_count=one.cpu_count + 1),
        replace(one, torch="0.0"),
        replace(one, python="3.99"),
        replace(one, system="Plan9-x86_64"),
    ]
    assert len({one.slug, *(other.slug for other in others)}) == len(others) + 1


def test_a_driver_update_within_a_major_version_keeps_the_history() -> None:
    cards = [Card("NVIDIA H200", 141 << 30, driver) for driver in ("580.65.06", "580.82")]
    assert len({fingerprint(Device("cuda", 0, card)).slug for card in cards}) == 1


def test_the_torch_version_is_that_of_the_workers() -> None:
    assert torch.__version__.startswith(fingerprint(Device("cpu")).torch.split("+")[0])


def test_the_slug_is_a_plain_folder_name() -> None:
    slug = fingerprint(Device("cuda", 0, Card("NVIDIA / GeForce\\ RTX (2050)", 4 << 30, "552.22"))).slug
    assert set(slug) <= set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-")


def test_the_processor_is_named_by_cpuinfo_where_there_is_one(tmp_path: Path) -> None:
    listing = tmp_path / "cpuinfo"
    listing.write_text("processor : 0\nmodel name\t:  Some   CPU @ 2 GHz\n")
    assert cpu_model(listing) == "Some CPU @ 2 GHz"
    assert cpu_model(tmp_path / "missing")


def test_there_is_at_least_one_processor() -> None:
    assert usable_cpus() >= 1
