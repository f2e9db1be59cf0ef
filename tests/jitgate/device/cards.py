"""Cards made of numbers, and an NVML to ask for them."""

from __future__ import annotations

import os
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

from jitgate.device.card import CardFacts
from jitgate.device.reading import Missing

GIB = 1 << 30

LAPTOP = CardFacts(
    name="NVIDIA GeForce RTX 2050",
    uuid="GPU-aa11",
    driver="552.22",
    driver_cuda="12.4",
    memory_total_bytes=4 * GIB,
    memory_used_bytes=379 << 20,
    memory_free_bytes=4 * GIB - (379 << 20),
    compute_capability="8.6",
    sm_clock_mhz=210,
    sm_clock_max_mhz=2100,
    memory_clock_mhz=405,
    memory_clock_max_mhz=7001,
    applications_clocks=Missing("Not Supported"),
    power_w=3.5,
    power_limit_w=Missing("Not Supported"),
    temperature_c=45,
    utilisation_percent=0,
    persistence=Missing("Not Supported"),
    ecc=Missing("Not Supported"),
    mig=Missing("Not Supported"),
    driver_model="WDDM",
    processes=(),
)
"""As the device analysis found it: a desktop's card under Windows."""

SERVER = replace(
    LAPTOP,
    name="NVIDIA H200",
    uuid="GPU-bb22",
    driver="580.65.06",
    driver_cuda="13.0",
    memory_total_bytes=141 * GIB,
    memory_used_bytes=0,
    memory_free_bytes=141 * GIB,
    compute_capability="9.0",
    applications_clocks="1980/3201",
    power_limit_w=700,
    persistence=True,
    ecc=True,
    mig=False,
    driver_model=Missing("Not Supported"),
)
"""An idle server card that gives no reason for a warning."""


class NVMLError(Exception):
    """The base of NVML's errors."""


class FakeNvml:
    """NVML with one laptop card and one server card; the laptop's does not know what a laptop's does not know."""

    NVMLError = NVMLError
    NVML_CLOCK_SM, NVML_CLOCK_MEM, NVML_TEMPERATURE_GPU = 1, 2, 0

    def __init__(self, *, starts: bool = True) -> None:
        self._starts = starts
        self.open = 0

    def nvmlInit(self) -> None:  # noqa: N802 - NVML's names, here and below
        if not self._starts:
            raise NVMLError("Driver Not Loaded")
        self.open += 1

    def nvmlShutdown(self) -> None:  # noqa: N802
        self.open -= 1

    def __getattr__(self, name: str) -> Any:
        answers = {
            "nvmlDeviceGetCount": lambda: 2,
            "nvmlDeviceGetHandleByIndex": lambda index: index,
            "nvmlDeviceGetHandleByUUID": ["GPU-aa11", "GPU-bb22"].index,
            "nvmlSystemGetDriverVersion": lambda: "580.65.06",
            "nvmlSystemGetCudaDriverVersion": lambda: 13000,
            "nvmlDeviceGetName": lambda card: ["NVIDIA GeForce RTX 2050", "NVIDIA H200"][card],
            "nvmlDeviceGetUUID": lambda card: ["GPU-aa11", "GPU-bb22"][card],
            "nvmlDeviceGetMemoryInfo": lambda card: SimpleNamespace(total=4 * GIB, used=1 * GIB, free=3 * GIB),
            "nvmlDeviceGetCudaComputeCapability": lambda card: [(8, 6), (9, 0)][card],
            "nvmlDeviceGetClockInfo": lambda card, kind: 1000 + kind,
            "nvmlDeviceGetMaxClockInfo": lambda card, kind: 2000 + kind,
            "nvmlDeviceGetApplicationsClock": lambda card, kind: server(card, [0, 1980, 3201][kind]),
            "nvmlDeviceGetPowerUsage": lambda card: 75_250,
            "nvmlDeviceGetPowerManagementLimit": lambda card: server(card, 700_000),
            "nvmlDeviceGetTemperature": lambda card, sensor: 40 + card,
            "nvmlDeviceGetUtilizationRates": lambda card: SimpleNamespace(gpu=7, memory=1),
            "nvmlDeviceGetPersistenceMode": lambda card: server(card, 1),
            "nvmlDeviceGetEccMode": lambda card: server(card, [1, 1]),
            "nvmlDeviceGetDriverModel": lambda card: [[0, 0], None][card] or refuse(),
            "nvmlDeviceGetComputeRunningProcesses": lambda card: [
                SimpleNamespace(pid=os.getpid(), usedGpuMemory=5),
                SimpleNamespace(pid=os.getppid(), usedGpuMemory=1 << 20),
            ],
            "nvmlDeviceGetGraphicsRunningProcesses": lambda card: [SimpleNamespace(pid=2**31 - 2, usedGpuMemory=None)],
        }
        if name not in answers:  # an nvidia-ml-py too old for nvmlDeviceGetMigMode
            raise AttributeError(name)
        return answers[name]


def refuse() -> Any:
    raise NVMLError("Not Supported")


def server(card: int, value: Any) -> Any:
    return value if card == 1 else refuse()
