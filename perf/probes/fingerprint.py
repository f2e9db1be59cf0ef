"""What must be equal before two absolute times may be compared. No momentary clock rates: they differ on every run."""

from __future__ import annotations

import hashlib
import importlib.metadata
import os
import platform
import re
from dataclasses import asdict, dataclass
from pathlib import Path

from perf.probes.device import Device


@dataclass(frozen=True)
class Fingerprint:
    """Facts of machine and runtime; `slug` keys the storage."""

    device: str
    device_memory_bytes: int | None
    driver_major: str | None
    cpu: str
    cpu_count: int
    torch: str
    python: str
    system: str

    @property
    def slug(self) -> str:
        """A folder name: readable device and system, then eight hex digits over all facts."""
        digest = hashlib.sha256(repr(sorted(asdict(self).items())).encode()).hexdigest()[:8]
        return f"{_plain(self.device)}-{_plain(self.system)}-{digest}"

    def facts(self) -> dict[str, object]:
        """The facts as JSON stores them."""
        return asdict(self)


def fingerprint(device: Device) -> Fingerprint:
    """The fingerprint of this process's machine for `device`."""
    card = device.card
    cpu = cpu_model()
    return Fingerprint(
        device=card.name if card else (cpu if device.kind == "cpu" else device.name),
        device_memory_bytes=card.memory_bytes if card else None,
        driver_major=card.driver.split(".")[0] if card else None,
        cpu=cpu,
        cpu_count=usable_cpus(),
        torch=torch_version(),
        python=".".join(platform.python_version_tuple()[:2]),
        system=f"{platform.system()}-{platform.machine()}",
    )


def cpu_model(cpuinfo: Path = Path("/proc/cpuinfo")) -> str:
    """The processor's own name; Linux keeps it in cpuinfo, elsewhere `platform` has a description."""
    if cpuinfo.exists():
        match = re.search(r"^model name\s*:\s*(.+)$", cpuinfo.read_text(errors="replace"), re.MULTILINE)
        if match:
            return " ".join(match[1].split())
    return platform.processor() or platform.machine() or "unknown CPU"


def usable_cpus() -> int:
    """Logical processors that this process may run on (an affinity mask or container may give fewer than there are)."""
    if hasattr(os, "sched_getaffinity"):  # Linux; Windows and macOS have no such call
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def torch_version() -> str:
    """Version of the installed torch, without importing it; "none" where there is none."""
    try:
        return importlib.metadata.version("torch")
    except importlib.metadata.PackageNotFoundError:
        return "none"


def _plain(text: str) -> str:
    return re.sub(r"[^A-Za-z0-9]+", "-", text).strip("-")[:48]
