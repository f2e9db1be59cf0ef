"""How busy the host is now, and what memory it has left; all of it through psutil."""

from __future__ import annotations

from dataclasses import dataclass
from operator import not_

import psutil

from jitgate.device.reading import Missing, Reading, attempt, each

LOOK_S = 0.25
"""Kernels count processor time in hundredths of a second: 25 counts a processor tell 10 % from 20 %."""


@dataclass(frozen=True)
class Load:
    """Momentary. Percentages are of all processors, over `LOOK_S` in which this process slept.

    steal_percent: time that the hypervisor gave to others; only Linux reports it. on_battery: not plugged in.
    """

    load_1m: Reading[float]
    busy_percent: Reading[float]
    steal_percent: Reading[float]
    memory_total_bytes: int
    memory_available_bytes: int
    on_battery: Reading[bool]


def load(look_s: float = LOOK_S) -> Load:
    """Look at the host for `look_s` seconds."""
    average = attempt(lambda: psutil.getloadavg()[0], OSError, AttributeError, why="the system keeps no load average")
    times = attempt(lambda: psutil.cpu_times_percent(interval=look_s), OSError, why="processor times can't be read")
    memory = psutil.virtual_memory()
    return Load(
        load_1m=average,
        busy_percent=each(times, lambda seen: 100.0 - seen.idle - getattr(seen, "iowait", 0.0)),
        steal_percent=(
            times if isinstance(times, Missing) else getattr(times, "steal", Missing("only Linux reports stolen time"))
        ),
        memory_total_bytes=int(memory.total),
        memory_available_bytes=int(memory.available),
        on_battery=_on_battery(),
    )


def _on_battery() -> Reading[bool]:
    battery = attempt(psutil.sensors_battery, OSError, NotImplementedError, why="there is no battery")
    plugged = each(battery, lambda seen: seen.power_plugged)
    return Missing("the battery does not report whether it is plugged in") if plugged is None else each(plugged, not_)
