"""Machines made of facts, for tests of what is said about them."""

from __future__ import annotations

from typing import Any

from jitgate.device.card import CardFacts, CardSurvey
from jitgate.device.container import Limits
from jitgate.device.load import Load
from jitgate.device.machine import Machine
from jitgate.device.processor import Processor
from jitgate.device.reading import Missing
from jitgate.device.runtime import Runtime

GIB = 1 << 30


def quiet(
    *cards: CardFacts,
    processor: dict[str, Any] | None = None,
    load: dict[str, Any] | None = None,
    limits: dict[str, Any] | None = None,
    runtime: dict[str, Any] | None = None,
    missing_compiler: str | None = None,
) -> Machine:
    """A machine that gives no reason for a warning but what is said here; its torch has CUDA where it has cards."""
    calm = {
        "load_1m": 0.1,
        "busy_percent": 1.0,
        "steal_percent": 0.0,
        "memory_total_bytes": 32 * GIB,
        "memory_available_bytes": 30 * GIB,
        "on_battery": Missing("there is no battery"),
    }
    usual = {
        "python": "3.11.7",
        "system": "Linux 6.1 x86_64",
        "torch": "2.13.0",
        "torch_cuda": "12.6" if cards else Missing("a build without CUDA"),
        "threads": Missing("not set"),
        "blocking_launches": False,
    }
    still = {"cores": 4, "usable": 8, "governor": "performance", "turbo": False, "clock_mhz": 3000}
    return Machine(
        CardSurvey(cards, "" if cards else "NVML does not start: NVML Shared Library Not Found"),
        Processor(**{"model": "Some CPU", **still, **(processor or {})}),
        Load(**{**calm, **(load or {})}),
        Limits(**{"cpu_cores": None, "memory_bytes": None, **(limits or {})}),
        Runtime(**{**usual, **(runtime or {})}),
        missing_compiler,
    )
