"""`python -m jitgate_cosyvoice assess`: a card by its name or this machine's, and one sentence for bad input."""

from __future__ import annotations

import json

import pytest
from jitgate.device import nvml
from jitgate.device.card import CardSurvey
from jitgate_cosyvoice.__main__ import main

from tests.jitgate.device.cards import LAPTOP
from tests.jitgate.machines import quiet


def test_a_named_card_is_assessed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["assess", "RTX 2050"]) == 0
    out = capsys.readouterr().out
    assert out.startswith("CosyVoice2-0.5B on RTX 2050: 4.00 GiB, 379 MiB of it in use; 112 GB/s\n")
    assert "source: NVIDIA's announcement of December 2021" in out
    for variant in ("eager", "eager+fp16", "torchscript", "inductor", "tensorrt+fp16"):
        assert [line for line in out.splitlines() if line.startswith(f"{variant} ") and "fit" in line], variant


def test_the_present_card_is_assessed_by_what_its_driver_says(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(nvml, "survey_cards", lambda: quiet(LAPTOP).survey)
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    assert main(["assess", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["card"]["name"] == "NVIDIA GeForce RTX 2050"
    assert (found["card"]["memory_bytes"], found["card"]["in_use_bytes"]) == (4 << 30, 379 << 20)
    assert found["card"]["bandwidth_bytes_s"] == 112 * 10**9
    assert all(entry["phases"][0]["phase"] == "steady" for entry in found["variants"])


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["Voodoo 2"], "unknown card 'Voodoo 2'; known cards: RTX 2050, "),
        ([], "this machine shows no card (nothing asked); known cards: RTX 2050, "),
    ],
)
def test_bad_input_gets_one_sentence(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], arguments: list[str], said: str
) -> None:
    monkeypatch.setattr(nvml, "survey_cards", lambda: CardSurvey((), "nothing asked"))
    assert main(["assess", *arguments]) == 4
    captured = capsys.readouterr()
    assert captured.err.startswith(f"jitgate_cosyvoice assess: {said}")
    assert captured.err.count("\n") == 1
    assert captured.out == ""
