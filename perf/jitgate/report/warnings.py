"""Reasons not to trust results from this machine: each warning is one sentence with its remedy."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from jitgate.device.card import CardFacts
from jitgate.device.device import Device, visible
from jitgate.device.machine import Machine
from jitgate.device.reading import Missing, Reading, known
from jitgate.model.size import format_bytes

GIB = 1024**3

BUSY_PERCENT, BLOCKING_BUSY_PERCENT = 10.0, 50.0
"""Below 10 % a desktop is at rest; from one half on, a worker is as likely to wait as to run."""

STEAL_PERCENT, BLOCKING_STEAL_PERCENT = 2.0, 10.0
"""Time is stolen in whole slices: a little hits few calls, which medians ignore; a tenth hits most long calls."""

LOADED = 0.5
"""Load average per processor: the machine was half busy in the last minute."""

NEEDED_BYTES = 2 * GIB
"""Compilers hold gigabytes, and one build per processor runs at a time."""

CARD_NEEDED_BYTES = GIB
"""Enough for a CUDA context and a model of some hundred MiB."""

CARD_FOREIGN_BYTES = 512 * 1024**2
"""An idle card with a display holds less; more, with no process listed, belongs to processes outside the container."""

CARD_BUSY_PERCENT = 10
"""NVML's utilisation counts any kernel in its window; an idle desktop stays below."""

HOT_C = 80
"""A card this warm at rest soon slows itself down."""


@dataclass(frozen=True)
class MachineWarning:
    """what: is wrong. remedy: what to do. blocking: do not measure before that is done."""

    name: str
    what: str
    remedy: str
    blocking: bool = False

    @property
    def sentence(self) -> str:
        return f"{self.what}: {self.remedy}"


def warnings(machine: Machine, device: Device, holder: Reading[str | None] = None) -> list[MachineWarning]:
    """Every reason not to measure on `device` of `machine` now, blocking ones first.

    holder: the run that has locked the device; Missing where it can't be locked.
    """
    found = [*_of_lock(device, holder), *_of_runtime(machine, device), *_of_host(machine), *_of_settings(machine)]
    card = next((card for card in machine.survey.cards if device.card and card.uuid == device.card.uuid), None)
    if card is not None:
        found += [*_of_card(card), *_of_card_settings(machine, card)]
    return sorted(found, key=lambda warning: not warning.blocking)


def _of_lock(device: Device, holder: Reading[str | None]) -> Iterator[MachineWarning]:
    if isinstance(holder, Missing):
        yield MachineWarning("no_lock", "no run can start here", holder.why, blocking=True)
    elif holder is not None:
        yield MachineWarning(
            "another_run", f"{device.name} is in use by {holder}", "wait until that run ends", blocking=True
        )


def _of_runtime(machine: Machine, device: Device) -> Iterator[MachineWarning]:
    runtime = machine.runtime
    if known(runtime.torch) is None:
        yield MachineWarning("no_torch", "torch is not installed", "python -m pip install torch", blocking=True)
    elif machine.survey.cards and device.kind == "cpu":
        if known(runtime.torch_cuda) is None:
            yield MachineWarning(
                "torch_without_cuda",
                f"there is a card ({machine.survey.cards[0].name}), but torch is built without CUDA: runs use the CPU",
                "install a torch with CUDA",
            )
        elif not visible(machine.survey):
            yield MachineWarning(
                "card_hidden",
                "there is a card, but this process may not use it: runs use the CPU",
                "check CUDA_VISIBLE_DEVICES",
            )
    if machine.missing_compiler:
        yield MachineWarning("no_compiler", "inductor can't be built", machine.missing_compiler)
    if device.kind == "cuda" and runtime.blocking_launches:
        yield MachineWarning(
            "blocking_launches",
            "CUDA_LAUNCH_BLOCKING is set: each launch waits for its kernel",
            "unset it",
            blocking=True,
        )


def _of_host(machine: Machine) -> Iterator[MachineWarning]:
    load, usable = machine.load, machine.processor.usable
    busy, average, steal = known(load.busy_percent), known(load.load_1m), known(load.steal_percent)
    if busy is not None and busy >= BUSY_PERCENT:
        yield MachineWarning(
            "busy",
            f"the processors are {busy:.0f} % busy with other work",
            "end that work, or measure when it is done",
            blocking=busy >= BLOCKING_BUSY_PERCENT,
        )
    elif average is not None and average >= LOADED * usable:
        yield MachineWarning(
            "load",
            f"the load average of the last minute is {average:.1f} on {usable} processors",
            "wait until it is lower",
        )
    if steal is not None and steal >= STEAL_PERCENT:
        yield MachineWarning(
            "steal",
            f"the hypervisor gives {steal:.0f} % of the processors' time to other machines",
            "use a dedicated host, or trust only paired ratios and no absolute times",
            blocking=steal >= BLOCKING_STEAL_PERCENT,
        )
    free = _free_bytes(machine)
    if free < NEEDED_BYTES:
        yield MachineWarning(
            "low_memory",
            f"only {format_bytes(free)} of memory is free",
            f"free {format_bytes(NEEDED_BYTES)}, or leave inductor out",
        )
    if known(load.on_battery):
        yield MachineWarning("battery", "the machine runs on battery, which lowers its clocks", "plug it in")


def _free_bytes(machine: Machine) -> int:
    limit = known(machine.limits.memory_bytes)
    free = machine.load.memory_available_bytes
    return free if limit is None else min(free, limit)


def _of_settings(machine: Machine) -> Iterator[MachineWarning]:
    processor = machine.processor
    governor, quota = known(processor.governor), known(machine.limits.cpu_cores)
    if governor is not None and not all(part.endswith("performance") for part in governor.split("/")):
        yield MachineWarning(
            "governor",
            f"the processor's clock follows {governor!r}",
            "cpupower frequency-set -g performance (Linux), powercfg /setactive SCHEME_MIN (Windows)",
        )
    if known(processor.turbo):
        yield MachineWarning(
            "turbo",
            "turbo is on: clocks depend on heat and on what the other cores do",
            "write 1 to /sys/devices/system/cpu/intel_pstate/no_turbo, or 0 to .../cpufreq/boost",
        )
    if quota is not None and quota < processor.usable:
        yield MachineWarning(
            "quota",
            f"the container allows {quota:g} of {processor.usable} processors, and pauses all threads beyond that",
            f"give it whole processors (a cpuset), or set OMP_NUM_THREADS={max(1, int(quota))}",
        )
    if processor.usable == 1:
        yield MachineWarning("one_processor", "pytest and the workers share one processor", "add a second one")


def _of_card(card: CardFacts) -> Iterator[MachineWarning]:
    """The card at this moment."""
    processes, utilisation = known(card.processes), known(card.utilisation_percent)
    total, used, free = map(known, (card.memory_total_bytes, card.memory_used_bytes, card.memory_free_bytes))
    if utilisation is not None and utilisation >= CARD_BUSY_PERCENT:
        yield MachineWarning(
            "card_busy",
            f"the card is {utilisation} % busy with other work",
            "end that work, or measure when it is done",
            blocking=utilisation >= BLOCKING_BUSY_PERCENT,
        )
    if processes:
        few = ", ".join(f"{process.pid} {process.name or ''}".strip() for process in processes[:3])
        more = f" and {len(processes) - 3} more" if len(processes) > 3 else ""
        yield MachineWarning(
            "card_shared", f"other processes are on the card ({few}{more})", "end them, or use another card"
        )
    elif used is not None and used > CARD_FOREIGN_BYTES:
        yield MachineWarning(
            "card_foreign",
            f"processes that are not visible here hold {format_bytes(used)} of the card",
            "look outside the container, or use another card",
        )
    if free is not None and total is not None and free < min(CARD_NEEDED_BYTES, total // 2):
        yield MachineWarning(
            "card_full",
            f"only {format_bytes(free)} of the card's memory is free",
            "end the processes that hold the rest",
            blocking=True,
        )
    temperature = known(card.temperature_c)
    if temperature is not None and temperature >= HOT_C:
        yield MachineWarning("card_hot", f"the card is at {temperature} degrees before the run", "let it cool down")


def _of_card_settings(machine: Machine, card: CardFacts) -> Iterator[MachineWarning]:
    if known(card.persistence) is False:
        yield MachineWarning(
            "no_persistence",
            "persistence mode is off: the driver unloads whenever no process uses the card",
            "nvidia-smi -pm 1",
        )
    if known(card.driver_model) == "WDDM":
        yield MachineWarning(
            "wddm",
            "the driver is in WDDM mode: it delays launches, and pages to system memory when the card is full",
            "set 'CUDA - Sysmem Fallback Policy' to 'Prefer No Sysmem Fallback', or use TCC or Linux",
        )
    if "microsoft" in machine.runtime.system.lower():
        yield MachineWarning(
            "wsl",
            "this is WSL: Windows' driver pages to system memory when the card is full",
            "set 'CUDA - Sysmem Fallback Policy' to 'Prefer No Sysmem Fallback' in Windows",
        )
    if known(card.mig):
        yield MachineWarning(
            "mig", "the card is split (MIG): other slices share its power and clocks", "nvidia-smi -mig 0"
        )
    driver, built = known(card.driver_cuda), known(machine.runtime.torch_cuda)
    if driver and built and int(driver.split(".")[0]) < int(built.split(".")[0]):
        yield MachineWarning(
            "old_driver",
            f"torch was built for CUDA {built}, but the driver runs CUDA up to {driver}",
            "update the driver, or install a torch for the older CUDA",
            blocking=True,
        )
