"""The NVML seam: every query stands alone."""

import os
import re
from pathlib import Path

import pynvml
import pytest
from jitgate.device import nvml
from jitgate.device.card import CardProcess, CardSurvey
from jitgate.device.reading import Missing, known

from tests.jitgate.device.cards import GIB, FakeNvml, NVMLError


def test_a_card_that_knows_everything_is_read_in_full() -> None:
    module = FakeNvml()
    found = nvml.survey_cards(module).cards
    card = found[1]
    assert (card.name, card.uuid, card.driver, card.driver_cuda) == ("NVIDIA H200", "GPU-bb22", "580.65.06", "13.0")
    memory = (card.memory_total_bytes, card.memory_used_bytes, card.memory_free_bytes)
    assert memory == (4 * GIB, 1 * GIB, 3 * GIB)
    assert (card.sm_clock_mhz, card.sm_clock_max_mhz) == (1001, 2001)
    assert (card.memory_clock_mhz, card.memory_clock_max_mhz) == (1002, 2002)
    assert (card.applications_clocks, card.power_w, card.power_limit_w) == ("1980/3201", 75.25, 700)
    assert (card.compute_capability, card.temperature_c, card.utilisation_percent) == ("9.0", 41, 7)
    assert (card.persistence, card.ecc) == (True, True)
    assert module.open == 0, "NVML is left as it was found"


def test_what_one_card_does_not_know_is_missing_alone() -> None:
    found = nvml.survey_cards(FakeNvml()).cards
    laptop = found[0]
    assert laptop.power_limit_w == laptop.ecc == laptop.applications_clocks == Missing("Not Supported")
    assert known(laptop.driver_model) == "WDDM"
    assert known(laptop.memory_total_bytes) == 4 * GIB
    assert isinstance(laptop.mig, Missing), "an nvidia-ml-py without the query is a missing reading, not a crash"


def test_processes_are_others_than_this_one_and_may_hide_their_memory() -> None:
    found = nvml.survey_cards(FakeNvml()).cards
    processes = known(found[0].processes)
    assert processes is not None
    assert {process.pid: process.memory_bytes for process in processes} == {os.getppid(): 1 << 20, 2**31 - 2: None}
    assert processes[1] == CardProcess(2**31 - 2, None, None), "a process that is gone or hidden has no name"


class NoCards(FakeNvml):
    """A driver without a card."""

    def nvmlDeviceGetCount(self) -> int:  # noqa: N802 - NVML's name
        return 0


class LostCard(FakeNvml):
    """A driver that has lost its card."""

    def nvmlDeviceGetHandleByIndex(self, index: int) -> int:  # noqa: N802 - NVML's name
        raise NVMLError("GPU is lost")


@pytest.mark.parametrize(
    ("module", "why"),
    [
        (FakeNvml(starts=False), "NVML does not start: Driver Not Loaded"),
        (NoCards(), "NVML lists no card"),
        (LostCard(), "NVML does not list the cards: GPU is lost"),
    ],
)
def test_no_card_has_a_reason(module: FakeNvml, why: str) -> None:
    assert nvml.survey_cards(module) == CardSurvey((), why)
    assert module.open == 0


def test_without_the_library_there_is_a_reason_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(nvml, "load_nvml", lambda: None)
    assert nvml.survey_cards().why_none.startswith("nvidia-ml-py is not installed")


def test_this_machine_shows_its_cards_or_says_why_there_are_none() -> None:
    found = nvml.survey_cards()
    assert bool(found.cards) != bool(found.why_none)


def test_one_card_is_asked_by_its_uuid() -> None:
    card = nvml.NvmlCard("GPU-aa11", FakeNvml())
    assert card.missing is None
    assert card.ask(lambda nvml, handle: nvml.nvmlDeviceGetName(handle)) == "NVIDIA GeForce RTX 2050"
    assert card.ask(lambda nvml, handle: nvml.nvmlDeviceGetEccMode(handle)) == Missing("Not Supported")
    assert isinstance(card.ask(lambda nvml, handle: nvml.nvmlDeviceGetMigMode(handle)), Missing)


def test_the_real_module_has_every_question() -> None:
    files = Path(nvml.__file__).parent.glob("*.py")
    asked = {name for file in files for name in re.findall(r"\b(nvml[A-Z]\w+|NVML_\w+)", file.read_text("utf-8"))}
    asked -= {"NVML_VALUE_NOT_AVAILABLE", "nvmlDriverModel_t"}  # of the manual alone
    assert len(asked) > 25
    assert {name for name in asked if not hasattr(pynvml, name)} == set()
    assert nvml.DRIVER_MODELS.keys() == {pynvml.NVML_DRIVER_WDDM, pynvml.NVML_DRIVER_WDM, pynvml.NVML_DRIVER_MCDM}
