"""What earlier runs had, this project still should have, and this run has not: decided in the very run."""

from __future__ import annotations

import glob
import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from jitgate.config.history_settings import HistorySettings, Retired

if TYPE_CHECKING:
    from sqlalchemy import Connection


@dataclass(frozen=True)
class Declared:
    """What an accepted run had: cell id -> keys of its gates. device: `cpu` or `cuda`, asked_for: whether by option."""

    cells: Mapping[str, Collection[str]]
    device: str
    host: str = ""
    asked_for: bool = False


def declared_before(connection: Connection, device: str, table: str) -> list[Declared]:
    """Of the accepted runs of sessions of this table on this kind of device, the newest first."""
    from sqlalchemy import select

    from jitgate.history.schema import RUN

    query = (
        select(RUN.c.declared, RUN.c.device, RUN.c.host, RUN.c.options)
        .where(RUN.c.interrupted.is_(False), RUN.c.dirty.is_(False))
        .where(RUN.c.red == "", RUN.c.odd == "", RUN.c.origin == "session")
        .order_by(RUN.c.id.desc())
    )
    told = ((row, json.loads(row.options)) for row in connection.execute(query))
    unlike = dict.fromkeys(
        (row.declared, row.device, row.host, options.get("device", "auto") != "auto")
        for row, options in told
        if options.get("table") == table
    )
    found = (Declared(json.loads(declared), *about) for declared, *about in unlike)
    return [each for each in found if each.device == device or not each.asked_for]


def vanished(
    before: Iterable[Declared],
    now: Declared,
    settings: HistorySettings,
    retired: Iterable[Retired],
    narrowed: Collection[str],
) -> dict[str, str]:
    """What is gone and not retired -> the pattern that retires it; "" for a device.

    narrowed: globs of cells to which `--jitgate-select` narrows the run; empty where it does not.
    """
    gone = [*settings.retired, *retired]
    said: dict[str, str] = {}
    seen: set[str] = set()
    for run in before:
        if run.device != now.device:
            if run.host == now.host and run.host and not now.asked_for:
                said[f"device {run.device} (this run of the same host is on {now.device})"] = ""
            continue
        for old, gates in run.cells.items():
            cell = settings.now(old)
            if cell in seen or not _within(cell, narrowed):
                continue
            seen.add(cell)
            if any(each.covers(cell) or each.covers(old) for each in gone):
                continue
            name = cell if cell == old else f"{cell} (earlier {old})"
            if cell not in now.cells:
                said[name] = glob.escape(cell)
                continue
            lost = [gate for gate in gates if gate not in now.cells[cell]]
            left = (gate for gate in lost if not any(each.covers(cell, gate) for each in gone))
            said.update({f"{name} {gate}": f"{glob.escape(cell)}/{gate}" for gate in left})
    return said


def _within(cell: str, narrowed: Collection[str]) -> bool:
    from jitgate.model.cell import Cell, CellPattern

    patterns = [CellPattern.parse(text, "--jitgate-select") for text in narrowed]
    return not patterns or any(pattern.matches(Cell.parse(cell)) for pattern in patterns)
