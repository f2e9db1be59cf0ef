"""Which device this run measures on, found out without importing torch."""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from perf.errors import UsageProblem


@dataclass(frozen=True)
class Card:
    """One CUDA card as its driver names it."""

    name: str
    memory_bytes: int
    driver: str
    uuid: str = ""


@dataclass(frozen=True)
class Device:
    """`kind` is what gates match (`cpu`, `cuda`); `name` is torch's (`cpu`, `cuda:0`)."""

    kind: str
    index: int = 0
    card: Card | None = None

    @property
    def name(self) -> str:
        return f"cuda:{self.index}" if self.kind == "cuda" else self.kind


def choose_device(
    wish: str, cards: Callable[[], list[Card]] | None = None, torch_has_cuda: bool | None = None
) -> Device:
    """Turn `--perf-device` into a device.

    wish: `auto` (CUDA if torch was built for it and a card answers), `cpu`, `cuda`, `cuda:N`.
    Raises UsageProblem for anything else, and for CUDA asked for and absent.
    """
    match = re.fullmatch(r"auto|cpu|cuda(?::(\d+))?", wish)
    if match is None:
        raise UsageProblem(f"--perf-device {wish!r} is not a device; use auto, cpu, cuda or cuda:N (N from 0)")
    if wish == "cpu":
        return Device("cpu")
    built = torch_built_for_cuda() if torch_has_cuda is None else torch_has_cuda
    found = (cards or visible_cards)() if built else []
    index = int(match[1] or 0)
    if index < len(found):
        return Device("cuda", index, found[index])
    if wish == "auto":
        return Device("cpu")
    if not built:
        reason = "the installed torch is a build without CUDA; install one with CUDA, or use --perf-device cpu"
    elif not found:
        reason = (
            "no CUDA card answers (nvidia-ml-py and nvidia-smi list none); check the driver, or use --perf-device cpu"
        )
    else:
        reason = f"this machine shows {len(found)} card(s), numbered from 0; choose one of them"
    raise UsageProblem(f"--perf-device {wish}: {reason}")


def torch_built_for_cuda() -> bool:
    """Whether the installed torch has CUDA, read from its version file (importing torch would take seconds)."""
    spec = importlib.util.find_spec("torch")
    if spec is None or spec.origin is None:
        return False
    version = Path(spec.origin).with_name("version.py")
    return version.exists() and re.search(r"^cuda\b[^=]*= *['\"]", version.read_text(), re.MULTILINE) is not None


def visible_cards() -> list[Card]:
    """The cards this process may use, in the order of `CUDA_VISIBLE_DEVICES`; [] without a driver."""
    return select_visible(_cards_by_nvml() or _cards_by_smi(), os.environ.get("CUDA_VISIBLE_DEVICES"))


def select_visible(cards: list[Card], visible: str | None) -> list[Card]:
    """Apply `CUDA_VISIBLE_DEVICES`: indices or UUID prefixes; the first entry that names no card ends the list.

    Source: CUDA C++ Programming Guide, "CUDA Environment Variables".
    """
    if visible is None:
        return cards
    chosen: list[Card] = []
    for entry in (part.strip() for part in visible.split(",")):
        if entry.isdigit():
            named = cards[int(entry) : int(entry) + 1]
        else:
            named = [card for card in cards if entry and card.uuid.startswith(entry)]
        if len(named) != 1:
            break
        chosen += named
    return chosen


def _cards_by_nvml() -> list[Card]:
    try:
        import pynvml
    except ImportError:
        return []
    try:
        pynvml.nvmlInit()
    except pynvml.NVMLError:
        return []
    try:
        driver = _text(pynvml.nvmlSystemGetDriverVersion())
        return [_card(pynvml, index, driver) for index in range(pynvml.nvmlDeviceGetCount())]
    except pynvml.NVMLError:
        return []
    finally:
        pynvml.nvmlShutdown()


def _card(nvml: Any, index: int, driver: str) -> Card:
    handle = nvml.nvmlDeviceGetHandleByIndex(index)
    return Card(
        _text(nvml.nvmlDeviceGetName(handle)),
        int(nvml.nvmlDeviceGetMemoryInfo(handle).total),
        driver,
        _text(nvml.nvmlDeviceGetUUID(handle)),
    )


def _cards_by_smi() -> list[Card]:
    smi = shutil.which("nvidia-smi")
    if smi is None:
        return []
    query = [smi, "--query-gpu=name,memory.total,driver_version,uuid", "--format=csv,noheader,nounits"]
    try:
        # 20 s: a driver without persistence mode may take many seconds to wake a card.
        answer = subprocess.run(query, capture_output=True, text=True, timeout=20, check=True)  # noqa: S603 - fixed words
    except (OSError, subprocess.SubprocessError):
        return []
    return parse_smi(answer.stdout)


def parse_smi(table: str) -> list[Card]:
    """Rows of `name, MiB, driver, UUID` as nvidia-smi prints them; rows it could not fill are left out."""
    cards = []
    for line in table.splitlines():
        parts = [part.strip() for part in line.rsplit(",", 3)]
        if len(parts) == 4 and parts[1].isdigit():
            cards.append(Card(parts[0], int(parts[1]) * 1024 * 1024, parts[2], parts[3]))
    return cards


def _text(value: str | bytes) -> str:
    return value.decode() if isinstance(value, bytes) else value
