"""How full a device is: a card through NVML, and this host for real."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import psutil
import pytest
from jitgate.device import nvml
from jitgate.device.device_memory import DeviceMemory, HostRoom, NvmlMemory, memory_of, strangers
from jitgate.device.reading import Missing, known

from tests.jitgate.device.cards import GIB, NVMLError

MIB = 1 << 20


class Nvml:
    """One card of 4 GiB, half of it used by processes 7 and 8."""

    NVMLError = NVMLError

    def __init__(self, *refuses: str) -> None:
        self._refuses = refuses

    def __getattr__(self, name: str) -> Any:
        answers = {
            "nvmlInit": lambda: None,
            "nvmlDeviceGetHandleByUUID": lambda uuid: uuid if uuid == "GPU-aa11" else _refuse(),
            "nvmlDeviceGetMemoryInfo": lambda card: SimpleNamespace(total=4 * GIB, used=2 * GIB, free=2 * GIB),
            "nvmlDeviceGetComputeRunningProcesses": lambda card: [SimpleNamespace(pid=7), SimpleNamespace(pid=8)],
        }
        return (lambda *_: _refuse()) if name in self._refuses else answers[name]


def _refuse() -> Any:
    raise NVMLError("Not Supported")


def test_nvml_tells_a_card_as_a_whole() -> None:
    card = NvmlMemory("GPU-aa11", Nvml())
    found = card.read()
    assert isinstance(found, DeviceMemory)
    assert (found.total_bytes, found.used_bytes, found.free_bytes) == (4 * GIB, 2 * GIB, 2 * GIB)
    assert isinstance(found.shared_bytes, Missing)
    assert known(card.holders()) == frozenset({7, 8})


def test_what_nvml_does_not_tell_is_missing() -> None:
    stranger = NvmlMemory("GPU-other", Nvml())
    assert stranger.read() == stranger.holders() == Missing("Not Supported")
    blind = NvmlMemory("GPU-aa11", Nvml("nvmlDeviceGetMemoryInfo"))
    assert known(blind.holders()) == frozenset({7, 8}), "the other questions are still answered"
    assert blind.read() == Missing("Not Supported")


def test_the_host_has_what_the_system_says_or_less_where_a_container_ends_sooner() -> None:
    total = psutil.virtual_memory().total
    found = HostRoom(lambda: None).read()
    assert isinstance(found, DeviceMemory)
    assert found.total_bytes == total
    assert 0 < found.free_bytes <= total
    assert found.used_bytes + found.free_bytes == total
    tight = HostRoom(lambda: 5 * MIB).read()
    assert isinstance(tight, DeviceMemory)
    assert tight.free_bytes == 5 * MIB
    assert isinstance(HostRoom().holders(), Missing)


def test_a_device_without_a_card_is_the_host(monkeypatch: pytest.MonkeyPatch) -> None:
    assert isinstance(memory_of(""), HostRoom)
    monkeypatch.setattr(nvml, "load_nvml", Nvml)
    assert isinstance(memory_of("GPU-aa11").read(), DeviceMemory)


def test_without_a_library_or_a_driver_the_memory_of_a_card_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    silent = NvmlMemory("GPU-aa11", Nvml("nvmlInit"))
    assert silent.read() == silent.holders() == Missing("NVML does not start: Not Supported")
    monkeypatch.setattr(nvml, "load_nvml", lambda: None)
    assert memory_of("GPU-aa11").read() == Missing("nvidia-ml-py is not installed")


@pytest.mark.parametrize(
    ("seen", "strange"),
    [({11}, False), ({11, 12}, False), ({11, 99}, True), (set(), False), ({7001, 7002}, False), ({1, 2, 3}, True)],
)
def test_strangers_are_told_by_id_or_where_ids_are_the_hosts_by_number(seen: set[int], strange: bool) -> None:
    assert strangers(seen, [11, 12]) == strange
    assert not strangers(Missing("hidden"), [11, 12])
