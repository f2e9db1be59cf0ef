"""Everything about this machine that a result may depend on."""

from __future__ import annotations

from dataclasses import dataclass

from jitgate.device.card import CardSurvey
from jitgate.device.container import Limits, limits
from jitgate.device.load import Load, load
from jitgate.device.nvml import survey_cards
from jitgate.device.processor import Processor, processor
from jitgate.device.runtime import Runtime, runtime


@dataclass(frozen=True)
class Machine:
    """All readings; `missing_compiler` says what AOTInductor lacks, None where it lacks nothing."""

    survey: CardSurvey
    processor: Processor
    load: Load
    limits: Limits
    runtime: Runtime
    missing_compiler: str | None


def machine(missing_compiler: str | None) -> Machine:
    """Read this machine; takes the quarter of a second that the load needs, and what NVML takes."""
    seen = load()  # first: asking the driver is some load itself
    return Machine(survey_cards(), processor(), seen, limits(), runtime(), missing_compiler)
