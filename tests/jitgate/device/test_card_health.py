"""What disturbed a card, told by an NVML made of numbers; no card has been watched yet."""

from __future__ import annotations

from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import pynvml
import pytest
from jitgate.device import card_health, nvml
from jitgate.device.card_health import CardHealth
from jitgate.device.health import AllOf

from tests.jitgate.device.cards import NVMLError

WORKERS = [11, 12]


@dataclass
class Card:
    """An NVML with one card. `refuses`: questions it does not know."""

    NVMLError = NVMLError
    NVML_CLOCK_SM = 1
    clock_mhz: int = 1500
    reasons: int = 0
    held_ns: int = 0
    pids: list[int] = field(default_factory=lambda: list(WORKERS))
    refuses: tuple[str, ...] = ()

    def __getattr__(self, name: str) -> Any:
        if name in self.refuses:
            return lambda *_: refuse()
        answers = {
            "nvmlInit": lambda: None,
            "nvmlDeviceGetHandleByUUID": lambda uuid: uuid if uuid == "GPU-bb22" else refuse(),
            "nvmlDeviceGetViolationStatus": lambda card, policy: SimpleNamespace(violationTime=self.held_ns),
            "nvmlDeviceGetCurrentClocksEventReasons": lambda card: self.reasons,
            "nvmlDeviceGetComputeRunningProcesses": lambda card: [SimpleNamespace(pid=pid) for pid in self.pids],
            "nvmlDeviceGetClockInfo": lambda card, kind: self.clock_mhz,
        }
        if name not in answers:
            raise AttributeError(name)
        return answers[name]


def refuse() -> Any:
    raise NVMLError("Not Supported")


def health(card: Card) -> CardHealth:
    found = CardHealth("GPU-bb22", lambda: WORKERS, card)
    found.mark()
    return found


def test_a_quiet_card_disturbs_nothing() -> None:
    watched = health(Card())
    assert (watched.cause(), watched.missing) == (None, None)


@pytest.mark.parametrize(
    ("reasons", "said"),
    [(0x20, "too hot"), (0x40, "too hot"), (0x08, "power supply"), (0x80, "power supply"), (0x04, None), (0x01, None)],
)
def test_a_throttled_card_is_seen_and_a_card_at_its_power_cap_is_as_usual(reasons: int, said: str | None) -> None:
    cause = health(Card(reasons=reasons)).cause()
    assert cause is None if said is None else said in str(cause)


def test_heat_between_two_looks_is_seen_by_its_running_total() -> None:
    card = Card()
    watched = health(card)
    card.held_ns = 5_000_000
    assert "too hot" in str(watched.cause())
    watched.mark()
    assert watched.cause() is None, "the total has not grown since"


@pytest.mark.parametrize(
    ("pids", "strange"),
    [
        ([11, 12], False),
        ([11], False),
        ([11, 99], True),
        ([], False),
        ([7001, 7002], False),
        ([7001, 7002, 7003], True),
    ],
)
def test_a_stranger_on_the_card_is_seen_also_where_ids_are_the_hosts(pids: list[int], strange: bool) -> None:
    assert (health(Card(pids=pids)).cause() == "another process was on the card") == strange


def test_a_clock_that_falls_is_seen_and_one_that_wanders_is_not() -> None:
    card = Card()
    watched = health(card)
    causes = []
    for card.clock_mhz in (1500, 1950, 1900, 1600, 1950):
        watched.mark()
        causes.append(watched.cause())
    assert [cause is not None for cause in causes] == [False, False, False, True, False]


def test_what_a_card_does_not_tell_disturbs_nothing() -> None:
    silent = ("nvmlDeviceGetViolationStatus", "nvmlDeviceGetCurrentClocksEventReasons", "nvmlDeviceGetClockInfo")
    assert health(Card(refuses=silent)).cause() is None
    unknown = CardHealth("GPU-other", lambda: WORKERS, Card())
    unknown.mark()
    assert unknown.cause() is None
    assert unknown.missing == "the card's clocks and heat are not watched: Not Supported"


def test_without_nvidia_ml_py_that_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(nvml, "load_nvml", lambda: None)
    blind = CardHealth("GPU-bb22", lambda: WORKERS)
    blind.mark()
    assert blind.cause() is None
    assert "nvidia-ml-py is not installed" in str(blind.missing)


def test_the_first_of_several_watchers_that_saw_something_is_quoted() -> None:
    both = AllOf([health(Card()), health(Card(reasons=0x40))])
    both.mark()
    assert "too hot" in str(both.cause())


def test_every_name_asked_for_exists_in_the_real_module() -> None:
    assert hasattr(pynvml, "nvmlDeviceGetViolationStatus")
    assert hasattr(pynvml, "nvmlDeviceGetCurrentClocksEventReasons")
    assert pynvml.NVML_PERF_POLICY_THERMAL == card_health.THERMAL_POLICY
