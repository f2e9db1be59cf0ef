"""Runs that could not be stored: a file each, which the next session sends."""

from __future__ import annotations

import base64
import json
import os
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from jitgate.history.append import append
from jitgate.history.problem import HistoryError
from jitgate.history.record import PointRecord, RunRecord, SeriesKey
from jitgate.history.well_formed import checked
from jitgate.model.file_problem import file_problem
from jitgate.model.plain_file import read_json

if TYPE_CHECKING:
    from jitgate.history.database import Database


MOST_BYTES = 1 << 30
"""Of a run with all its rounds."""


def keep(folder: Path, run: RunRecord) -> Path:
    """Write the run to a file. HistoryError where that fails too."""
    path = folder / f"{run.uid}.json"
    draft = path.with_suffix(f".draft-{os.getpid()}")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        draft.write_text(json.dumps(as_json(run)), encoding="utf-8")
        draft.replace(path)
    except OSError as error:
        raise HistoryError(f"the run could not be kept in {folder} either: {file_problem(error)}") from None
    return path


def send(folder: Path, database: Database) -> tuple[int, list[str]]:
    """Store every run that waits in `folder`: how many were stored, and a sentence for each file that is no run.

    HistoryError where the store can't be written; what was not sent stays.
    """
    sent, damaged = 0, []
    for path in _waiting(folder):
        try:
            run = from_json(read_json(path, MOST_BYTES))
        except (OSError, ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError):
            damaged.append(f"{path} is no run that was kept; remove it")
            continue
        append(database, run)
        path.unlink(missing_ok=True)
        sent += 1
    return sent, damaged


def _waiting(folder: Path) -> Iterator[Path]:
    """The oldest first."""
    paths = [path for path in folder.glob("*.json") if path.is_file()] if folder.is_dir() else []
    yield from sorted(paths, key=lambda path: (path.stat().st_mtime_ns, path.name))


def as_json(run: RunRecord) -> dict[str, object]:
    """Plain values."""
    turns = [(workload, scenario, base64.b64encode(data).decode()) for workload, scenario, data in run.rounds]
    return {**asdict(run), "rounds": turns}


def from_json(values: dict[str, object]) -> RunRecord:
    """The run of `as_json`. Raises KeyError, TypeError or ValueError for what is none."""
    points: list[dict[str, object]] = values.pop("points")  # type: ignore[assignment]
    rounds: list[tuple[str, str, str]] = values.pop("rounds")  # type: ignore[assignment]
    made = tuple(
        PointRecord(**{**point, "series": SeriesKey(**point["series"])})  # type: ignore[arg-type]
        for point in points
    )
    turns = tuple((workload, scenario, base64.b64decode(data)) for workload, scenario, data in rounds)
    return checked(RunRecord(**values, points=made, rounds=turns))  # type: ignore[arg-type]
