"""What one worker made the device draw while it worked alone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class PowerReading:
    """energy_j: joules a call. power_w: watts. utilisation_percent: of the time in which the card ran any kernel.

    calls: how many were made for it. missing: why one of the figures is not known.
    """

    energy_j: float | None = None
    power_w: float | None = None
    utilisation_percent: float | None = None
    calls: int | None = None
    missing: str | None = None

    def as_json(self) -> dict[str, Any]:
        """What is known."""
        return {name: value for name, value in vars(self).items() if value is not None}
