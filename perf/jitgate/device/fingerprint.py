"""What must be equal before two absolute times may be compared. Without clock rates: they differ on every run."""

from __future__ import annotations

import hashlib
import platform
import re
from dataclasses import asdict, dataclass, replace

import psutil

from jitgate.device.container import limits
from jitgate.device.device import Card, Device
from jitgate.device.processor import Processor, processor
from jitgate.device.reading import known
from jitgate.device.runtime import thread_settings, torch_cuda, torch_version
from jitgate.model.interpreter import Interpreter

GIB = 1024**3


@dataclass(frozen=True)
class Fingerprint:
    """Facts of machine and runtime that stay the same from run to run; `slug` keys the storage.

    device_memory_bytes: of the card; for a CPU the machine's memory in whole GiB, since a kernel reserves a varying bit
    of it. power_limit_w, clock_policy: settings, not readings: the card's power limit and applications clocks, the
    processor's governor and turbo (which pace a card's launches too); None where they can't be read. cpu_quota:
    processors' worth of time that a container allows; None for no limit. threads: what environment variables set for
    torch; None leaves it to torch.
    """

    device: str
    device_memory_bytes: int | None
    driver_major: str | None
    cuda: str | None
    torch: str
    power_limit_w: int | None
    clock_policy: str | None
    cpu: str
    cpu_count: int
    cpu_quota: float | None
    threads: str | None
    python: str
    system: str

    @property
    def slug(self) -> str:
        """A folder name: readable device and system, then eight hex digits over all facts."""
        digest = hashlib.sha256(repr(sorted(asdict(self).items())).encode()).hexdigest()[:8]
        return f"{_plain(self.device)}-{_plain(self.system)}-{digest}"

    def of(self, interpreter: Interpreter) -> Fingerprint:
        """The same machine, where workers run in another Python: what is compared with it has to run in that, too."""
        python = ".".join(interpreter.python.split(".")[:2])
        return replace(self, python=python, torch=interpreter.torch)

    def facts(self) -> dict[str, object]:
        """The facts as JSON stores them."""
        return asdict(self)


def fingerprint(device: Device) -> Fingerprint:
    card = device.card
    on_cpu = device.kind == "cpu"
    host = processor()
    memory = round(psutil.virtual_memory().total / GIB) * GIB if on_cpu else None
    return Fingerprint(
        device=card.name if card else (host.model if on_cpu else device.name),
        device_memory_bytes=card.memory_bytes if card else memory,
        driver_major=card.driver.split(".")[0] if card else None,
        cuda=None if on_cpu else torch_cuda(),
        torch=torch_version(),
        power_limit_w=card.power_limit_w if card else None,
        clock_policy=_clock_policy(card, host),
        cpu=host.model,
        cpu_count=host.usable,
        cpu_quota=known(limits().cpu_cores),
        threads=thread_settings(),
        python=".".join(platform.python_version_tuple()[:2]),
        system=f"{platform.system()}-{platform.machine()}",
    )


def _clock_policy(card: Card | None, host: Processor) -> str | None:
    clocks = card.applications_clocks if card else None
    return "; ".join(filter(None, [clocks and f"applications clocks {clocks} MHz", host.clock_policy])) or None


def _plain(text: str) -> str:
    return re.sub(r"[^A-Za-z0-9]+", "-", text).strip("-")[:48]
