"""NVIDIA cards, read through NVML (nvidia-ml-py, imported as `pynvml`).

Source: NVML API Reference Guide, "Device Queries". Every query stands alone: a card that does not know one of them
(laptops have no power limit, GeForce no ECC) still answers the others. NVML comes with the driver: on Windows as
nvml.dll, under WSL as Windows' own, so that no query needs a context on the card.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any, TypeVar

from jitgate.device.card import CardFacts, CardProcess, CardSurvey
from jitgate.device.reading import Missing, Reading, attempt, each

T = TypeVar("T")

DRIVER_MODELS = {0: "WDDM", 1: "TCC", 2: "MCDM"}
"""nvmlDriverModel_t; NVML's own word for TCC is WDM."""


def load_nvml() -> Any:
    """The module `pynvml`; None where nvidia-ml-py is not installed."""
    try:
        import pynvml
    except ImportError:
        return None
    return pynvml


class NvmlCard:
    """One card, by its UUID; what NVML or the card does not report is missing, with the reason.

    module: `pynvml`, or a stand-in with the same functions (tests).
    """

    def __init__(self, uuid: str, module: Any = None) -> None:
        self._nvml = module or load_nvml()
        self._handle: Reading[Any] = self._opened(uuid)

    @property
    def missing(self) -> str | None:
        """Why the card can't be asked at all; None where it answers."""
        return self._handle.why if isinstance(self._handle, Missing) else None

    def ask(self, question: Callable[[Any, Any], T | None]) -> Reading[T]:
        """`question(module, handle)`. An nvidia-ml-py older than the question is a missing reading, not a crash."""
        if isinstance(self._handle, Missing):
            return self._handle
        return attempt(lambda: question(self._nvml, self._handle), self._nvml.NVMLError, AttributeError)

    def compute_processes(self) -> Reading[frozenset[int]]:
        """Ids of the processes that compute on the card; in a container they may be its host's ids."""
        return self.ask(
            lambda nvml, card: frozenset(int(each.pid) for each in nvml.nvmlDeviceGetComputeRunningProcesses(card))
        )

    def _opened(self, uuid: str) -> Reading[Any]:
        if self._nvml is None:
            return Missing("nvidia-ml-py is not installed")
        started = attempt(lambda: self._nvml.nvmlInit() or True, self._nvml.NVMLError, why="NVML does not start")
        if isinstance(started, Missing):
            return started
        return attempt(lambda: self._nvml.nvmlDeviceGetHandleByUUID(uuid), self._nvml.NVMLError, AttributeError)


def survey_cards(module: Any = None) -> CardSurvey:
    """Every card of the machine, in NVML's order, or why there is none.

    module: `pynvml`, or a stand-in with the same functions (tests).
    """
    nvml = module or load_nvml()
    if nvml is None:
        return CardSurvey((), "nvidia-ml-py is not installed; python -m pip install nvidia-ml-py")
    try:
        nvml.nvmlInit()
    except nvml.NVMLError as error:
        return CardSurvey((), f"NVML does not start: {error}")
    try:
        handles = [nvml.nvmlDeviceGetHandleByIndex(index) for index in range(nvml.nvmlDeviceGetCount())]
        cards = tuple(_facts(nvml, handle) for handle in handles)
    except nvml.NVMLError as error:
        return CardSurvey((), f"NVML does not list the cards: {error}")
    finally:
        nvml.nvmlShutdown()
    return CardSurvey(cards, "" if cards else "NVML lists no card")


def _facts(nvml: Any, card: Any) -> CardFacts:
    """Raises NVMLError where the card has neither name nor UUID: it is then lost (Xid 79), not merely old."""

    def ask(question: Callable[[], T | None]) -> Reading[T]:
        return attempt(question, nvml.NVMLError, AttributeError)

    memory = ask(lambda: nvml.nvmlDeviceGetMemoryInfo(card))
    return CardFacts(
        name=nvml.nvmlDeviceGetName(card),
        uuid=nvml.nvmlDeviceGetUUID(card),
        driver=ask(nvml.nvmlSystemGetDriverVersion),
        driver_cuda=ask(lambda: _cuda_version(nvml.nvmlSystemGetCudaDriverVersion())),
        memory_total_bytes=each(memory, lambda info: int(info.total)),
        memory_used_bytes=each(memory, lambda info: int(info.used)),
        memory_free_bytes=each(memory, lambda info: int(info.free)),
        compute_capability=ask(lambda: "{}.{}".format(*nvml.nvmlDeviceGetCudaComputeCapability(card))),
        sm_clock_mhz=ask(lambda: int(nvml.nvmlDeviceGetClockInfo(card, nvml.NVML_CLOCK_SM))),
        sm_clock_max_mhz=ask(lambda: int(nvml.nvmlDeviceGetMaxClockInfo(card, nvml.NVML_CLOCK_SM))),
        memory_clock_mhz=ask(lambda: int(nvml.nvmlDeviceGetClockInfo(card, nvml.NVML_CLOCK_MEM))),
        memory_clock_max_mhz=ask(lambda: int(nvml.nvmlDeviceGetMaxClockInfo(card, nvml.NVML_CLOCK_MEM))),
        applications_clocks=ask(lambda: _applications_clocks(nvml, card)),
        power_w=ask(lambda: nvml.nvmlDeviceGetPowerUsage(card) / 1000),
        power_limit_w=ask(lambda: round(nvml.nvmlDeviceGetPowerManagementLimit(card) / 1000)),
        temperature_c=ask(lambda: int(nvml.nvmlDeviceGetTemperature(card, nvml.NVML_TEMPERATURE_GPU))),
        utilisation_percent=ask(lambda: int(nvml.nvmlDeviceGetUtilizationRates(card).gpu)),
        persistence=ask(lambda: bool(nvml.nvmlDeviceGetPersistenceMode(card))),
        ecc=ask(lambda: bool(nvml.nvmlDeviceGetEccMode(card)[0])),
        mig=ask(lambda: bool(nvml.nvmlDeviceGetMigMode(card)[0])),
        driver_model=ask(lambda: DRIVER_MODELS.get(int(nvml.nvmlDeviceGetDriverModel(card)[0]))),
        processes=ask(lambda: _processes(nvml, card)),
    )


def _applications_clocks(nvml: Any, card: Any) -> str:
    kinds = (nvml.NVML_CLOCK_SM, nvml.NVML_CLOCK_MEM)
    return "/".join(str(int(nvml.nvmlDeviceGetApplicationsClock(card, kind))) for kind in kinds)


def _processes(nvml: Any, card: Any) -> tuple[CardProcess, ...]:
    listed = [*nvml.nvmlDeviceGetComputeRunningProcesses(card), *nvml.nvmlDeviceGetGraphicsRunningProcesses(card)]
    found = {
        int(process.pid): CardProcess(int(process.pid), _process_name(process.pid), process.usedGpuMemory)
        for process in listed
        if process.pid != os.getpid()
    }
    return tuple(found.values())


def _process_name(pid: int) -> str | None:
    """The name of a process, where this one may see it."""
    import psutil

    try:
        return str(psutil.Process(pid).name())
    except psutil.Error:
        return None


def _cuda_version(number: int) -> str:
    return f"{number // 1000}.{number % 1000 // 10}"
