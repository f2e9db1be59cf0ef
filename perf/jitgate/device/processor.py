"""The processor: its name, how much of it this process may use, and what decides its clock."""

from __future__ import annotations

import platform
import re
import sys
from dataclasses import dataclass
from pathlib import Path

import psutil

from jitgate.device.reading import Missing, Reading, attempt, known

SYSFS = Path("/sys/devices/system/cpu")

POWER_PLANS = {
    "381b4222-f694-41f0-9685-ff5bb260df2e": "balanced",
    "8c5e7fda-e8bf-4a96-9a85-a6e23a8c635c": "high performance",
    "a1841308-3541-4fab-bc81-f71556f20b4a": "power saver",
    "e9a42b02-d5df-448d-aa00-03f14749eb61": "ultimate performance",
}
"""Windows' own plans. Source: Microsoft Learn, "Power policy settings"; others are vendors' and named by their id."""


@dataclass(frozen=True)
class Processor:
    """What a CPU figure depends on. `governor` is Linux' cpufreq governor or Windows' power plan."""

    model: str
    cores: Reading[int]
    usable: int
    governor: Reading[str]
    turbo: Reading[bool]
    clock_mhz: Reading[int]

    @property
    def clock_policy(self) -> str | None:
        """Governor and turbo as the fingerprint keeps them; None where neither can be read (most virtual machines)."""
        governor, turbo = known(self.governor), known(self.turbo)
        parts = [*([governor] if governor else []), *([] if turbo is None else ["turbo" if turbo else "no turbo"])]
        return ", ".join(parts) or None


def processor(sysfs: Path = SYSFS) -> Processor:
    return Processor(
        model=cpu_model(),
        cores=attempt(lambda: psutil.cpu_count(logical=False), OSError, why="the system does not count cores"),
        usable=len(usable_cores()),
        governor=governor(sysfs),
        turbo=turbo(sysfs),
        clock_mhz=_clock(),
    )


def cpu_model(cpuinfo: Path = Path("/proc/cpuinfo")) -> str:
    """The processor's own name; psutil has none. Linux keeps it in cpuinfo, elsewhere `platform` has a description."""
    if cpuinfo.exists():
        match = re.search(r"^model name\s*:\s*(.+)$", cpuinfo.read_text(errors="replace"), re.MULTILINE)
        if match:
            return " ".join(match[1].split())
    return platform.processor() or platform.machine() or "unknown CPU"


def usable_cores() -> list[int]:
    """Numbers of the logical processors that this process may run on; an affinity mask may leave some out."""
    process = psutil.Process()
    affinity = getattr(process, "cpu_affinity", None)  # macOS has none
    return list(affinity()) if affinity is not None else list(range(psutil.cpu_count() or 1))


def governor(sysfs: Path = SYSFS) -> Reading[str]:
    """What decides the clock; several governors on several processors are all named."""
    if sys.platform == "win32":
        return _power_plan()
    found = {reading for path in sorted(sysfs.glob("cpu[0-9]*/cpufreq/scaling_governor")) if (reading := _read(path))}
    if not found:
        return Missing("the system offers no cpufreq (a virtual machine or container hides it)")
    return "/".join(sorted(found))


def turbo(sysfs: Path = SYSFS) -> Reading[bool]:
    """Whether clocks may go above the nominal one. Source: kernel documentation, intel_pstate and cpufreq."""
    no_turbo = _read(sysfs / "intel_pstate" / "no_turbo")
    if no_turbo in {"0", "1"}:
        return no_turbo == "0"
    boost = _read(sysfs / "cpufreq" / "boost")
    if boost in {"0", "1"}:
        return boost == "1"
    return Missing("neither intel_pstate nor cpufreq reports it")


def _power_plan() -> Reading[str]:
    if sys.platform != "win32":
        return Missing("only Windows has power plans")
    import winreg

    place = r"SYSTEM\CurrentControlSet\Control\Power\User\PowerSchemes"
    try:
        with winreg.OpenKey(winreg.HKEY_LOCAL_MACHINE, place) as key:
            plan = str(winreg.QueryValueEx(key, "ActivePowerScheme")[0]).lower()
    except OSError as error:
        return Missing(f"the registry does not report the power plan ({error.strerror})")
    return POWER_PLANS.get(plan, plan)


def _clock() -> Reading[int]:
    found = attempt(psutil.cpu_freq, OSError, NotImplementedError, RuntimeError)
    clock_mhz = 0 if isinstance(found, Missing) else round(found.current)
    return clock_mhz or Missing("the system does not report the clock")


def _read(path: Path) -> str | None:
    try:
        return path.read_text().strip() or None
    except OSError:
        return None
