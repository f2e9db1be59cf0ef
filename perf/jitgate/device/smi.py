"""Cards as nvidia-smi tells of them: for machines with a driver and without nvidia-ml-py."""

from __future__ import annotations

import csv
import io
import os
import re
import shutil
import subprocess
from collections.abc import Callable, Mapping
from typing import TypeVar

from jitgate.device.card import CardFacts, CardProcess
from jitgate.device.reading import Missing, Reading

T = TypeVar("T")
Ask = Callable[[list[str]], "tuple[int, str]"]

FIELDS = (
    "name",
    "uuid",
    "driver_version",
    "memory.total",
    "memory.used",
    "memory.free",
    "compute_cap",
    "clocks.sm",
    "clocks.max.sm",
    "clocks.mem",
    "clocks.max.mem",
    "clocks.applications.graphics",
    "clocks.applications.memory",
    "power.power",
    "power.limit",
    "temperature.gpu",
    "utilization.gpu",
    "persistence_mode",
    "ecc.mode.current",
    "mig.mode.current",
    "driver_model.current",
)

MIB = 1024 * 1024
SWITCHES = {"Enabled": True, "Disabled": False}


def cards(ask: Ask | None = None) -> Reading[tuple[CardFacts, ...]]:
    """Every card of the machine, in nvidia-smi's order, which is NVML's; Missing where it can't be asked.

    ask: arguments of nvidia-smi -> its exit code and output (tests). A field that this nvidia-smi does not know yet or
    any more is left out and asked again without, since one such field voids the whole answer.
    """
    asker = ask or _smi()
    if asker is None:
        return Missing("there is no nvidia-smi on the PATH")
    fields = list(FIELDS)
    code, said = asker(_query("--query-gpu", fields))
    while code and (unknown := re.search(r'Field "([^"]+)" is not a valid field', said)) and unknown[1] in fields:
        fields.remove(unknown[1])
        code, said = asker(_query("--query-gpu", fields))
    if code:
        return Missing(f"nvidia-smi ended with code {code}: {' '.join(said.split())[:120]}")
    processes = _processes(asker)
    rows = [dict(zip(fields, row, strict=True)) for row in _rows(said) if len(row) == len(fields)]
    return tuple(_facts(row, processes) for row in rows if row.get("name") and row.get("uuid"))


def _facts(row: Mapping[str, str], processes: Reading[dict[str, list[CardProcess]]]) -> CardFacts:
    def ask(name: str, convert: Callable[[str], T]) -> Reading[T]:
        text = row.get(name, "")
        try:
            return convert(text)
        except (ValueError, KeyError):
            return Missing(f"nvidia-smi says {text!r} for {name}")

    clocks = [ask(f"clocks.applications.{kind}", int) for kind in ("graphics", "memory")]
    lacking = next((clock for clock in clocks if isinstance(clock, Missing)), None)
    uuid = row["uuid"]
    return CardFacts(
        name=row["name"],
        uuid=uuid,
        source="nvidia-smi",
        driver=ask("driver_version", _version),
        driver_cuda=Missing("only NVML tells it; python -m pip install nvidia-ml-py"),
        memory_total_bytes=ask("memory.total", _mib),
        memory_used_bytes=ask("memory.used", _mib),
        memory_free_bytes=ask("memory.free", _mib),
        compute_capability=ask("compute_cap", _version),
        sm_clock_mhz=ask("clocks.sm", int),
        sm_clock_max_mhz=ask("clocks.max.sm", int),
        memory_clock_mhz=ask("clocks.mem", int),
        memory_clock_max_mhz=ask("clocks.max.mem", int),
        applications_clocks=lacking or "/".join(map(str, clocks)),
        power_w=ask("power.power", float),
        power_limit_w=ask("power.limit", lambda text: round(float(text))),
        temperature_c=ask("temperature.gpu", int),
        utilisation_percent=ask("utilization.gpu", int),
        persistence=ask("persistence_mode", SWITCHES.__getitem__),
        ecc=ask("ecc.mode.current", SWITCHES.__getitem__),
        mig=ask("mig.mode.current", SWITCHES.__getitem__),
        driver_model=ask("driver_model.current", {"WDDM": "WDDM", "TCC": "TCC", "MCDM": "MCDM"}.__getitem__),
        processes=processes if isinstance(processes, Missing) else tuple(processes.get(uuid, ())),
    )


def _processes(ask: Ask) -> Reading[dict[str, list[CardProcess]]]:
    """Card UUID -> processes that compute on it; nvidia-smi's queries do not name those that only draw."""
    code, said = ask(_query("--query-compute-apps", ["gpu_uuid", "pid", "used_memory", "process_name"]))
    if code:
        return Missing(f"nvidia-smi does not list processes (code {code})")
    found: dict[str, list[CardProcess]] = {}
    for row in _rows(said):
        if len(row) == 4 and row[1].isdigit() and int(row[1]) != os.getpid():
            memory = int(row[2]) * MIB if row[2].isdigit() else None
            found.setdefault(row[0], []).append(CardProcess(int(row[1]), row[3] or None, memory))
    return found


def _query(what: str, fields: list[str]) -> list[str]:
    return [f"{what}={','.join(fields)}", "--format=csv,noheader,nounits"]


def _rows(table: str) -> list[list[str]]:
    return [[cell.strip() for cell in row] for row in csv.reader(io.StringIO(table), skipinitialspace=True)]


def _smi() -> Ask | None:
    smi = shutil.which("nvidia-smi")
    if smi is None:
        return None

    def ask(arguments: list[str]) -> tuple[int, str]:
        try:
            # 20 s: a driver without persistence mode may take many seconds to wake a card.
            done = subprocess.run([smi, *arguments], capture_output=True, text=True, timeout=20, check=False)  # noqa: S603
        except (OSError, subprocess.SubprocessError) as error:
            return -1, str(error)
        return done.returncode, done.stdout + done.stderr

    return ask


def _mib(text: str) -> int:
    return int(text) * MIB


def _version(text: str) -> str:
    if not re.fullmatch(r"\d+(\.\d+)*", text):
        raise ValueError(text)
    return text
