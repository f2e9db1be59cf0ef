"""The facts of a machine, as lines and as JSON."""

from __future__ import annotations

import json

from jitgate.cli.output import plain_lines
from jitgate.device.device import Device, card_of
from jitgate.device.fingerprint import fingerprint
from jitgate.device.reading import Missing
from jitgate.report.machine import as_json, as_tables, conclusion
from jitgate.report.warnings import MachineWarning, warnings

from tests.jitgate.device.cards import LAPTOP, SERVER
from tests.jitgate.machines import quiet

CPU = Device("cpu")


def test_a_missing_reading_is_said_in_text_and_null_in_json() -> None:
    machine = quiet(processor={"turbo": Missing("hidden")})
    mark = fingerprint(CPU)
    lines = plain_lines(as_tables(machine, CPU, mark, [])).splitlines()
    assert "  turbo     not available here: hidden" in lines
    found = json.loads(json.dumps(as_json(machine, CPU, mark, [])))
    assert found["processor"]["turbo"] is None
    assert found["missing"]["processor.turbo"] == "hidden"
    assert found["processor"]["governor"] == "performance"


def test_without_a_card_it_says_what_can_and_can_not_be_measured() -> None:
    machine = quiet()
    mark = fingerprint(CPU)
    text = plain_lines(as_tables(machine, CPU, mark, []))
    assert text.startswith("cards\n  none  NVML does not start: NVML Shared Library Not Found\n")
    assert "can be measured here\n  -  speed-ups, durations, accuracy" in text
    assert "can't be measured here\n  -  gates for cuda, a card's memory" in text
    found = as_json(machine, CPU, mark, [])
    assert found["cards"] == []
    assert len(found["measurable"]["cannot"]) == 1
    assert found["missing"]["cards"].startswith("NVML does not start")


def test_a_card_is_shown_with_every_fact() -> None:
    machine = quiet(SERVER, LAPTOP)
    device = Device("cuda", 0, card_of(SERVER))
    mark = fingerprint(device)
    text = plain_lines(as_tables(machine, device, mark, warnings(machine, device)))
    for said in ("card 0", "NVIDIA H200", "power limit          700 W", "ecc                  yes", "card 1", "WDDM"):
        assert said in text
    assert "not available here: Not Supported" in text
    assert f"fingerprint of cuda:0: {mark.slug}" in text
    assert "can't be measured here" not in text
    found = as_json(machine, device, mark, [])
    assert [card["name"] for card in found["cards"]] == ["NVIDIA H200", "NVIDIA GeForce RTX 2050"]
    assert found["missing"]["cards.1.ecc"] == "Not Supported"
    assert found["fingerprint"]["slug"] == mark.slug


def test_warnings_are_shown_and_counted() -> None:
    mild = MachineWarning("turbo", "turbo is on", "turn it off")
    bad = MachineWarning("busy", "it is busy", "wait", blocking=True)
    lines = plain_lines(as_tables(quiet(), CPU, fingerprint(CPU), [bad, mild])).splitlines()
    assert "  blocking  it is busy: wait" in lines
    assert "  warning   turbo is on: turn it off" in lines
    assert lines[-1] == "Not ready to measure: fix the 1 blocking warning above."
    assert conclusion([bad, bad]) == "Not ready to measure: fix the 2 blocking warnings above."
    assert conclusion([mild]) == "Ready to measure, with 1 warning."
    assert conclusion([]) == "Ready to measure."


def test_no_line_ends_in_blanks_and_none_is_wrapped_or_read_as_markup() -> None:
    long = MachineWarning("odd", "[bold]:smile: " + "word " * 60 + "end", "wait")
    text = plain_lines(as_tables(quiet(), CPU, fingerprint(CPU), [long]))
    assert f"  warning  {long.sentence}" in text.splitlines()
    assert [line for line in text.splitlines() if line != line.rstrip()] == []


def test_what_lacks_a_compiler_is_left_out_of_what_can_be_measured() -> None:
    machine = quiet(missing_compiler="inductor needs a C++ compiler; install one")
    can = as_json(machine, CPU, fingerprint(CPU), [])["measurable"]["can"]
    assert "except inductor" in can[0]
