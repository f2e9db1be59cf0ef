"""Warnings of a machine: each alone, with its remedy, and none without a reason."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from jitgate.device.card import CardFacts, CardProcess
from jitgate.device.device import Device, card_of
from jitgate.device.reading import Missing
from jitgate.report.warnings import warnings

from tests.jitgate.device.cards import LAPTOP, SERVER
from tests.jitgate.machines import GIB, quiet

CPU = Device("cpu")
GONE = Missing("hidden")


def on_card(card: CardFacts, **facts: Any) -> list[str]:
    changed = replace(card, **facts)
    found = warnings(quiet(changed), Device("cuda", 0, card_of(card)))
    return [f"{warning.name}!" if warning.blocking else warning.name for warning in found]


def test_a_quiet_machine_gives_no_reason() -> None:
    assert warnings(quiet(), CPU) == []
    assert on_card(SERVER) == []


@pytest.mark.parametrize(
    ("facts", "name", "blocking"),
    [
        ({"load": {"busy_percent": 12.0}}, "busy", False),
        ({"load": {"busy_percent": 60.0, "load_1m": 8.0}}, "busy", True),
        ({"load": {"load_1m": 4.0}}, "load", False),
        ({"load": {"steal_percent": 3.0}}, "steal", False),
        ({"load": {"steal_percent": 20.0}}, "steal", True),
        ({"load": {"memory_available_bytes": 1 * GIB}}, "low_memory", False),
        ({"limits": {"memory_bytes": 1 * GIB}}, "low_memory", False),
        ({"load": {"on_battery": True}}, "battery", False),
        ({"processor": {"governor": "powersave"}}, "governor", False),
        ({"processor": {"governor": "performance/schedutil"}}, "governor", False),
        ({"processor": {"turbo": True}}, "turbo", False),
        ({"processor": {"usable": 1}}, "one_processor", False),
        ({"limits": {"cpu_cores": 1.5}}, "quota", False),
        ({"missing_compiler": "inductor needs a C++ compiler; install one"}, "no_compiler", False),
        ({"runtime": {"torch": GONE}}, "no_torch", True),
    ],
)
def test_each_reason_of_the_host_is_one_warning(facts: dict[str, Any], name: str, blocking: bool) -> None:
    (warning,) = warnings(quiet(**facts), CPU)
    assert (warning.name, warning.blocking) == (name, blocking)
    assert ": " in warning.sentence
    assert warning.remedy
    assert "\n" not in warning.sentence


@pytest.mark.parametrize(
    ("facts", "names"),
    [
        ({"utilisation_percent": 20}, ["card_busy"]),
        ({"utilisation_percent": 80}, ["card_busy!"]),
        ({"processes": (CardProcess(7, "python", None),)}, ["card_shared"]),
        ({"memory_used_bytes": 1 * GIB}, ["card_foreign"]),
        ({"memory_used_bytes": 1 * GIB, "processes": (CardProcess(7, None, GIB),)}, ["card_shared"]),
        ({"memory_free_bytes": GIB // 2}, ["card_full!"]),
        ({"temperature_c": 85}, ["card_hot"]),
        ({"persistence": False}, ["no_persistence"]),
        ({"mig": True}, ["mig"]),
        ({"driver_cuda": "11.8"}, ["old_driver!"]),
    ],
)
def test_each_reason_of_the_card_is_one_warning(facts: dict[str, Any], names: list[str]) -> None:
    assert on_card(SERVER, **facts) == names


def test_the_founding_laptop_has_one_warning_for_its_driver() -> None:
    assert on_card(LAPTOP) == ["wddm"]


def test_nothing_is_said_about_what_is_not_known() -> None:
    hidden = {"load_1m": GONE, "busy_percent": GONE, "steal_percent": GONE}
    machine = quiet(load=hidden, processor={"governor": GONE, "turbo": GONE}, limits={"cpu_cores": GONE})
    assert warnings(machine, CPU) == []
    bare = CardFacts("NVIDIA H200", "GPU-bb22", memory_total_bytes=141 * GIB)
    assert warnings(quiet(bare), Device("cuda", 0, card_of(bare))) == []


def test_a_card_that_runs_do_not_use_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    assert warnings(quiet(SERVER), CPU) == [], "the CPU was chosen"
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    assert [warning.name for warning in warnings(quiet(SERVER), CPU)] == ["card_hidden"]
    without = quiet(SERVER, runtime={"torch_cuda": GONE})
    assert [warning.name for warning in warnings(without, CPU)] == ["torch_without_cuda"]


def test_settings_that_only_a_card_suffers_from() -> None:
    runtime = {"blocking_launches": True, "system": "Linux 5.15-microsoft-standard-WSL2 x86_64"}
    device = Device("cuda", 0, card_of(SERVER))
    assert [warning.name for warning in warnings(quiet(SERVER, runtime=runtime), device)] == [
        "blocking_launches",
        "wsl",
    ]
    assert warnings(quiet(runtime=runtime), CPU) == []


def test_blocking_warnings_come_first() -> None:
    machine = quiet(processor={"turbo": True}, load={"steal_percent": 50.0})
    assert [warning.name for warning in warnings(machine, CPU)] == ["steal", "turbo"]
