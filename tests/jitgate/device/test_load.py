"""The host as it is now."""

from types import SimpleNamespace

import psutil
import pytest
from jitgate.device.load import load
from jitgate.device.reading import Missing


def test_the_real_host_is_read() -> None:
    seen = load(look_s=0.05)
    assert isinstance(seen.busy_percent, Missing) or -1 <= seen.busy_percent <= 100
    assert 0 < seen.memory_available_bytes <= seen.memory_total_bytes


def test_waiting_for_a_disk_is_not_busy_and_steal_is_told_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    times = SimpleNamespace(user=20.0, system=5.0, idle=60.0, iowait=10.0, steal=5.0)
    monkeypatch.setattr(psutil, "cpu_times_percent", lambda interval: times)
    seen = load()
    assert (seen.busy_percent, seen.steal_percent) == (30.0, 5.0)


def test_a_system_without_steal_and_battery_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    times = SimpleNamespace(user=1.0, system=1.0, idle=98.0)
    monkeypatch.setattr(psutil, "cpu_times_percent", lambda interval: times)
    monkeypatch.setattr(psutil, "sensors_battery", lambda: None)
    seen = load()
    assert seen.steal_percent == Missing("only Linux reports stolen time")
    assert seen.on_battery == Missing("there is no battery")
    assert seen.busy_percent == 2.0


@pytest.mark.parametrize(("plugged", "expected"), [(True, False), (False, True)])
def test_a_laptop_that_is_not_plugged_in_is_seen(
    monkeypatch: pytest.MonkeyPatch, plugged: bool, expected: bool
) -> None:
    monkeypatch.setattr(psutil, "sensors_battery", lambda: SimpleNamespace(power_plugged=plugged))
    assert load(look_s=0.01).on_battery is expected


def test_a_battery_that_does_not_tell_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(psutil, "sensors_battery", lambda: SimpleNamespace(power_plugged=None))
    assert isinstance(load(look_s=0.01).on_battery, Missing)
