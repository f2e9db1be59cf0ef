"""The facts of a machine, as lines and as JSON."""

from __future__ import annotations

import json

from jitgate.device.device import Device, card_of
from jitgate.device.fingerprint import fingerprint
from jitgate.device.reading import Missing
from jitgate.report.machine import as_json, as_text, conclusion
from jitgate.report.warnings import MachineWarning, warnings

from tests.jitgate.device.cards import LAPTOP, SERVER
from tests.jitgate.machines import quiet

CPU = Device("cpu")


def test_a_missing_reading_is_said_in_text_and_null_in_json() -> None:
    machine = quiet(processor={"turbo": Missing("nobody tells")})
    mark = fingerprint(CPU)
    lines = as_text(machine, CPU, mark, [])
    assert "  turbo              not available here: nobody tells" in lines
    found = json.loads(json.dumps(as_json(machine, CPU, mark, [])))
    assert found["processor"]["turbo"] is None
    assert found["missing"]["processor.turbo"] == "nobody tells"
    assert found["processor"]["governor"] == "performance"


def test_without_a_card_it_says_what_can_and_can_not_be_measured() -> None:
    machine = quiet()
    mark = fingerprint(CPU)
    text = "\n".join(as_text(machine, CPU, mark, []))
    assert text.startswith("card: none answers (NVML does not start: NVML Shared Library Not Found)")
    assert "can be measured here:\n  speed-ups, durations, accuracy" in text
    assert "can't be measured here:\n  anything of a card" in text
    found = as_json(machine, CPU, mark, [])
    assert found["cards"] == []
    assert len(found["measurable"]["cannot"]) == 2
    assert found["missing"]["cards"].startswith("NVML does not start")


def test_a_card_is_shown_with_every_fact() -> None:
    machine = quiet(SERVER, LAPTOP)
    device = Device("cuda", 0, card_of(SERVER))
    mark = fingerprint(device)
    text = "\n".join(as_text(machine, device, mark, warnings(machine, device)))
    for said in ("card 0", "NVIDIA H200", "power limit           700 W", "ECC                   on", "card 1", "WDDM"):
        assert said in text
    assert "not available here: Not Supported" in text
    assert f"fingerprint of cuda:0: {mark.slug}" in text
    assert "can't be measured here" not in text
    found = as_json(machine, device, mark, [])
    assert [card["name"] for card in found["cards"]] == ["NVIDIA H200", "NVIDIA GeForce RTX 2050"]
    assert found["missing"]["cards.1.ecc"] == "Not Supported"
    assert found["fingerprint"]["slug"] == mark.slug


def test_doubts_are_shown_and_counted() -> None:
    mild = MachineWarning("turbo", "turbo is on", "turn it off")
    bad = MachineWarning("busy", "it is busy", "wait", blocking=True)
    lines = as_text(quiet(), CPU, fingerprint(CPU), [bad, mild])
    assert "  it is busy: wait [blocking results]" in lines
    assert "  turbo is on: turn it off" in lines
    assert lines[-1] == "results here are worth nothing now: 1 of the warnings must be settled first"
    assert conclusion([mild]) == "results here are worth something, with 1 warning"
    assert conclusion([]) == "results here are worth something"


def test_what_lacks_a_compiler_is_left_out_of_what_can_be_measured() -> None:
    machine = quiet(missing_compiler="inductor needs a C++ compiler; install one")
    can = as_json(machine, CPU, fingerprint(CPU), [])["measurable"]["can"]
    assert "but for inductor" in can[0]
