"""The NVML seam: every query stands alone."""

import os
import re
from pathlib import Path

import pytest
from jitgate.device import nvml
from jitgate.device.card import CardProcess
from jitgate.device.reading import Missing, known

from tests.jitgate.device.cards import GIB, FakeNvml


def test_a_card_that_knows_everything_is_read_in_full() -> None:
    module = FakeNvml()
    found = nvml.cards(module)
    assert not isinstance(found, Missing)
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
    found = nvml.cards(FakeNvml())
    assert not isinstance(found, Missing)
    laptop = found[0]
    assert laptop.power_limit_w == laptop.ecc == laptop.applications_clocks == Missing("Not Supported")
    assert known(laptop.driver_model) == "WDDM"
    assert known(laptop.memory_total_bytes) == 4 * GIB
    assert isinstance(laptop.mig, Missing), "an nvidia-ml-py without the query is a missing reading, not a crash"


def test_processes_are_others_than_this_one_and_may_hide_their_memory() -> None:
    found = nvml.cards(FakeNvml())
    assert not isinstance(found, Missing)
    processes = known(found[0].processes)
    assert processes is not None
    assert {process.pid: process.memory_bytes for process in processes} == {os.getppid(): 1 << 20, 2**31 - 2: None}
    assert processes[1] == CardProcess(2**31 - 2, None, None), "a process that is gone or hidden has no name"


def test_without_a_driver_there_is_a_reason() -> None:
    assert nvml.cards(FakeNvml(starts=False)) == Missing("NVML does not start (Driver Not Loaded)")


def test_the_real_module_has_every_question() -> None:
    pynvml = pytest.importorskip("pynvml", reason="nvidia-ml-py is an extra")
    asked = set(re.findall(r"\b(nvml[A-Z]\w+|NVML_\w+)", Path(nvml.__file__).read_text())) - {
        "NVML_VALUE_NOT_AVAILABLE"
    }
    asked.discard("nvmlDriverModel_t")
    assert len(asked) > 20
    assert {name for name in asked if not hasattr(pynvml, name)} == set()
    assert nvml.DRIVER_MODELS.keys() == {pynvml.NVML_DRIVER_WDDM, pynvml.NVML_DRIVER_WDM, pynvml.NVML_DRIVER_MCDM}
