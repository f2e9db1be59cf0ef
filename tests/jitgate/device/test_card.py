"""Who is asked for the cards."""

import pytest
from jitgate.device import card, nvml, smi
from jitgate.device.reading import Missing

from tests.jitgate.device.cards import LAPTOP, SERVER


def test_nvml_is_asked_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(nvml, "cards", lambda: (SERVER,))
    monkeypatch.setattr(smi, "cards", lambda: pytest.fail("nobody needs nvidia-smi here"))
    assert card.survey_cards().cards == (SERVER,)


def test_nvidia_smi_stands_in(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(nvml, "cards", lambda: Missing("nvidia-ml-py is not installed"))
    monkeypatch.setattr(smi, "cards", lambda: (LAPTOP,))
    assert card.survey_cards().cards == (LAPTOP,)


def test_no_card_has_both_reasons(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(nvml, "cards", tuple)
    monkeypatch.setattr(smi, "cards", lambda: Missing("there is no nvidia-smi on the PATH"))
    found = card.survey_cards()
    assert found.cards == ()
    assert found.why_none == "NVML lists no card; there is no nvidia-smi on the PATH"
