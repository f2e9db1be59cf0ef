"""Energy, power, utilisation: a card made of numbers, and RAPL's files."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from jitgate.device import nvml
from jitgate.device.power import CardMeter, Power, ProcessorMeter, meter_of
from jitgate.device.reading import Missing, known
from jitgate.measure.power import power_of
from jitgate.model.power_reading import PowerReading
from jitgate.model.turn import Turn

from tests.jitgate.device.cards import NVMLError


@dataclass
class Card:
    """An NVML whose card has used `energy_mj` by now and draws 25 W at 80 %."""

    NVMLError = NVMLError
    energy_mj: int = 1_000_000
    refuses: tuple[str, ...] = ()

    def __getattr__(self, name: str) -> Any:
        answers = {
            "nvmlInit": lambda: None,
            "nvmlDeviceGetHandleByUUID": lambda uuid: uuid if uuid == "GPU-aa11" else _refuse(),
            "nvmlDeviceGetTotalEnergyConsumption": lambda card: self.energy_mj,
            "nvmlDeviceGetPowerUsage": lambda card: 25_000,
            "nvmlDeviceGetUtilizationRates": lambda card: SimpleNamespace(gpu=80, memory=1),
        }
        return (lambda *_: _refuse()) if name in self.refuses else answers[name]


def _refuse() -> Any:
    raise NVMLError("Not Supported")


def drawn(card: Card, *, window_s: float = 0.0) -> Power:
    meter = CardMeter("GPU-aa11", card, window_s=window_s, sample_s=0.002)
    meter.begin()
    time.sleep(0.05)
    card.energy_mj += 5_000
    return meter.end(calls=10)


def test_a_card_tells_joules_a_call_watts_and_utilisation() -> None:
    assert drawn(Card()) == Power(energy_j=0.5, power_w=25.0, utilisation_percent=80.0)


def test_samples_of_the_time_before_do_not_count() -> None:
    found = drawn(Card(), window_s=60.0)
    assert found.energy_j == 0.5
    assert found.power_w == Missing("the card reported no power after the first 60 s")


def test_what_a_laptop_does_not_tell_is_missing_alone() -> None:
    found = drawn(Card(refuses=("nvmlDeviceGetTotalEnergyConsumption", "nvmlDeviceGetPowerUsage")))
    assert found.energy_j == Missing("the card has no energy counter (Not Supported)")
    assert isinstance(found.power_w, Missing)
    assert found.utilisation_percent == 80.0


def test_without_nvml_there_is_one_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    assert CardMeter("GPU-other", Card()).missing == "the card can't be asked: Not Supported"
    assert CardMeter("GPU-aa11", Card()).missing is None
    monkeypatch.setattr(nvml, "load_nvml", lambda: None)
    assert "nvidia-ml-py is not installed" in str(meter_of("GPU-aa11").missing)


@pytest.fixture
def packages(tmp_path: Path) -> Path:
    for number, energy in enumerate((500, 999_000)):
        folder = tmp_path / f"intel-rapl:{number}"
        folder.mkdir()
        (folder / "energy_uj").write_text(f"{energy}\n")
        (folder / "max_energy_range_uj").write_text("999999\n")
    (tmp_path / "intel-rapl:0:0").mkdir()  # a core's counter, which its package's holds already
    return tmp_path


def test_a_processors_packages_are_summed_and_a_counter_may_begin_anew(packages: Path) -> None:
    clock = iter([0.0, 0.0, 2.0])
    meter = ProcessorMeter(packages, lambda: next(clock))
    assert meter.missing is None
    meter.begin()
    (packages / "intel-rapl:0" / "energy_uj").write_text("300500\n")
    (packages / "intel-rapl:1" / "energy_uj").write_text("99000\n")
    found = meter.end(calls=2)
    wrapped = 300_000 + 100_000
    assert known(found.energy_j) == pytest.approx(wrapped / 1e6 / 2)
    assert known(found.power_w) == pytest.approx(wrapped / 1e6 / 2.0)
    assert isinstance(found.utilisation_percent, Missing)


def test_counters_that_only_root_may_read_are_missing_and_so_are_none(packages: Path, tmp_path: Path) -> None:
    (packages / "intel-rapl:1" / "energy_uj").unlink()
    assert "can't be read" in str(ProcessorMeter(packages).missing)
    meter = ProcessorMeter(tmp_path / "nowhere")
    assert meter.missing == "the system shows no energy counters of its processor"
    meter.begin()
    assert isinstance(meter.end(calls=1).energy_j, Missing)


def test_this_machine_answers_or_says_why_not() -> None:
    meter = meter_of("")
    meter.begin()
    sum(range(10_000))
    found = known(meter.end(calls=1).energy_j)
    if meter.missing is not None:
        assert found is None
    else:
        assert found is not None
        assert found >= 0


class Counted:
    """A meter whose device draws a joule a call."""

    work_s = 2.0
    missing = None

    def begin(self) -> None: ...

    def end(self, calls: int) -> Power:
        return Power(1.0, 25.0, Missing("Not Supported"))


def test_a_worker_works_as_long_as_the_meter_needs() -> None:
    asked: list[int] = []

    def work(count: int) -> Turn:
        asked.append(count)
        return Turn((1,) * count, ())

    found = power_of(Counted(), work, 0.011)
    assert asked == [182]
    assert found == PowerReading(1.0, 25.0, None, 182, "utilisation_percent: Not Supported")
    assert found.as_json() == {
        "energy_j": 1.0,
        "power_w": 25.0,
        "calls": 182,
        "missing": "utilisation_percent: Not Supported",
    }
    failed = power_of(Counted(), lambda count: None, 10.0)
    assert failed == PowerReading(missing="the worker failed while it was metered")
