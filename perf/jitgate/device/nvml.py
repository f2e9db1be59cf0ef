"""Cards as NVML tells of them, through nvidia-ml-py where that is installed.

Source: NVML API Reference Guide, "Device Queries". Every query stands alone: a card that does not know one of them
(laptops have no power limit, GeForce no ECC) still answers the others.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any, TypeVar

from jitgate.device.card import CardFacts, CardProcess
from jitgate.device.reading import Missing, Reading, attempt, each

T = TypeVar("T")

DRIVER_MODELS = {0: "WDDM", 1: "TCC", 2: "MCDM"}
"""nvmlDriverModel_t; NVML's own word for TCC is WDM."""

HIDDEN_MEMORY = 2**63
"""A process's memory above this is NVML_VALUE_NOT_AVAILABLE, all bits set."""


def cards(module: Any = None) -> Reading[tuple[CardFacts, ...]]:
    """Every card of the machine, in NVML's order; Missing without nvidia-ml-py or without a driver.

    module: `pynvml`, or a stand-in with the same functions (tests).
    """
    nvml = module or pynvml_or_none()
    if nvml is None:
        return Missing("nvidia-ml-py is not installed")
    try:
        nvml.nvmlInit()
    except nvml.NVMLError as error:
        return Missing(f"NVML does not start ({error})")
    try:
        handles = [nvml.nvmlDeviceGetHandleByIndex(index) for index in range(nvml.nvmlDeviceGetCount())]
        return tuple(_Asker(nvml, handle).facts() for handle in handles)
    except nvml.NVMLError as error:
        return Missing(f"NVML does not list the cards ({error})")
    finally:
        nvml.nvmlShutdown()


def pynvml_or_none() -> Any:
    """`pynvml`; None where nvidia-ml-py is not installed."""
    try:
        import pynvml
    except ImportError:
        return None
    return pynvml


class _Asker:
    """Puts one question after the other to one card."""

    def __init__(self, nvml: Any, handle: Any) -> None:
        self._nvml = nvml
        self._handle = handle

    def facts(self) -> CardFacts:
        """Raises NVMLError where the card has neither name nor UUID: it is then lost (Xid 79), not merely old."""
        nvml, handle = self._nvml, self._handle
        memory = self._ask(lambda: nvml.nvmlDeviceGetMemoryInfo(handle))
        return CardFacts(
            name=_text(nvml.nvmlDeviceGetName(handle)),
            uuid=_text(nvml.nvmlDeviceGetUUID(handle)),
            source="NVML",
            driver=self._ask(lambda: _text(nvml.nvmlSystemGetDriverVersion())),
            driver_cuda=self._ask(lambda: _cuda_version(nvml.nvmlSystemGetCudaDriverVersion())),
            memory_total_bytes=each(memory, lambda info: int(info.total)),
            memory_used_bytes=each(memory, lambda info: int(info.used)),
            memory_free_bytes=each(memory, lambda info: int(info.free)),
            compute_capability=self._ask(lambda: "{}.{}".format(*nvml.nvmlDeviceGetCudaComputeCapability(handle))),
            sm_clock_mhz=self._ask(lambda: int(nvml.nvmlDeviceGetClockInfo(handle, nvml.NVML_CLOCK_SM))),
            sm_clock_max_mhz=self._ask(lambda: int(nvml.nvmlDeviceGetMaxClockInfo(handle, nvml.NVML_CLOCK_SM))),
            memory_clock_mhz=self._ask(lambda: int(nvml.nvmlDeviceGetClockInfo(handle, nvml.NVML_CLOCK_MEM))),
            memory_clock_max_mhz=self._ask(lambda: int(nvml.nvmlDeviceGetMaxClockInfo(handle, nvml.NVML_CLOCK_MEM))),
            applications_clocks=self._ask(self._applications_clocks),
            power_w=self._ask(lambda: nvml.nvmlDeviceGetPowerUsage(handle) / 1000),
            power_limit_w=self._ask(lambda: round(nvml.nvmlDeviceGetPowerManagementLimit(handle) / 1000)),
            temperature_c=self._ask(
                lambda: int(nvml.nvmlDeviceGetTemperature(handle, nvml.NVML_TEMPERATURE_GPU)),
            ),
            utilisation_percent=self._ask(lambda: int(nvml.nvmlDeviceGetUtilizationRates(handle).gpu)),
            persistence=self._ask(lambda: bool(nvml.nvmlDeviceGetPersistenceMode(handle))),
            ecc=self._ask(lambda: bool(nvml.nvmlDeviceGetEccMode(handle)[0])),
            mig=self._ask(lambda: bool(nvml.nvmlDeviceGetMigMode(handle)[0])),
            driver_model=self._ask(lambda: DRIVER_MODELS.get(int(nvml.nvmlDeviceGetDriverModel(handle)[0]))),
            processes=self._ask(self._processes),
        )

    def _ask(self, question: Callable[[], T | None]) -> Reading[T]:
        # AttributeError: an nvidia-ml-py older than the question.
        return attempt(question, self._nvml.NVMLError, AttributeError)

    def _applications_clocks(self) -> str:
        kinds = (self._nvml.NVML_CLOCK_SM, self._nvml.NVML_CLOCK_MEM)
        return "/".join(str(int(self._nvml.nvmlDeviceGetApplicationsClock(self._handle, kind))) for kind in kinds)

    def _processes(self) -> tuple[CardProcess, ...]:
        found: dict[int, CardProcess] = {}
        for query in ("nvmlDeviceGetComputeRunningProcesses", "nvmlDeviceGetGraphicsRunningProcesses"):
            for process in getattr(self._nvml, query)(self._handle):
                if process.pid != os.getpid():
                    found[process.pid] = CardProcess(
                        int(process.pid), process_name(process.pid), _shown(process.usedGpuMemory)
                    )
        return tuple(found.values())


def process_name(pid: int) -> str | None:
    """The name of a process, where this one may see it."""
    import psutil

    try:
        name: str = psutil.Process(pid).name()
    except psutil.Error:
        return None
    return name


def _cuda_version(number: int) -> str:
    return f"{number // 1000}.{number % 1000 // 10}"


def _shown(memory: int | None) -> int | None:
    return int(memory) if memory is not None and memory < HIDDEN_MEMORY else None


def _text(value: str | bytes) -> str:
    return value.decode() if isinstance(value, bytes) else value
