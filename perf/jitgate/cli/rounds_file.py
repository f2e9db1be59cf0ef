"""Recorded rounds: a CSV file with the arms' names in the first line, then one row per round, one column per arm, in
seconds."""

from __future__ import annotations

import csv
import math
from typing import TYPE_CHECKING

import numpy as np

from jitgate.model.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

Arms = dict[str, "NDArray[np.float64]"]


def read(path: Path, columns: Sequence[str]) -> Arms:
    """The named columns as arrays of shape `(rounds,)`, seconds; raises `UsageError` naming the first bad line."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            header = next(csv.reader(file), None)
    except OSError as error:
        raise UsageError(f"{path} can't be read: {error.strerror or error}") from None
    except (UnicodeDecodeError, csv.Error):
        raise UsageError(f"{path} is not a CSV file in UTF-8") from None
    names = [name.strip() for name in header or []]
    if not any(names):
        raise UsageError(f"{path} is empty: the first line must name the arms, and each further line is one round")
    wanted = [_position(path, names, column) for column in dict.fromkeys(columns)]
    table = _fast(path, len(names), wanted)
    if table is None:
        table = _careful(path, names, wanted)
    if not len(table):
        raise UsageError(f"{path} has no rounds, only the names of the arms")
    return {names[at]: np.ascontiguousarray(table[:, i]) for i, at in enumerate(wanted)}


def _position(path: Path, names: list[str], column: str) -> int:
    if names.count(column) == 1:
        return names.index(column)
    if column in names:
        raise UsageError(f"{path} has several columns named {column!r}: rename all but one")
    raise UsageError(f"{path} has no column {column!r}; it has {', '.join(names)}")


def _fast(path: Path, width: int, wanted: list[int]) -> NDArray[np.float64] | None:
    """A million rows in under a second, or None where anything is unusual."""
    content = path.read_bytes()
    if b'"' in content:
        return None
    lines = content.count(b"\n") + (not content.endswith(b"\n"))
    if lines < 2 or content.count(b",") != lines * (width - 1):
        return None  # some row has too few or too many figures, or there are blank lines
    del content
    try:
        table = np.loadtxt(path, delimiter=",", skiprows=1, usecols=wanted, ndmin=2, comments=None, encoding="utf-8")
    except ValueError:
        return None
    return table if len(table) == lines - 1 and bool((np.isfinite(table) & (table > 0)).all()) else None


def _careful(path: Path, names: list[str], wanted: list[int]) -> NDArray[np.float64]:
    rows: list[list[float]] = []
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.reader(file)
            next(reader)
            for fields in reader:
                if not fields or fields == [""]:
                    continue  # a blank line is no round
                where = f"{path}, line {reader.line_num} (round {len(rows) + 1})"
                if len(fields) != len(names):
                    raise UsageError(f"{where} has {len(fields)} figures, but the first line names {len(names)} arms")
                rows.append([_figure(fields[at], f"{where}, column {names[at]!r}") for at in wanted])
    except UnicodeDecodeError:
        raise UsageError(f"{path} is not a CSV file in UTF-8") from None
    except csv.Error as error:
        raise UsageError(f"{path} is not a CSV file: {error}") from None
    return np.array(rows, dtype=np.float64).reshape(len(rows), len(wanted))


def _figure(text: str, where: str) -> float:
    try:
        value = float(text)
    except ValueError:
        said = "the figure is missing" if not text.strip() else f"{text.strip()[:40]!r} is not a number"
        raise UsageError(f"{where}: {said}; every round needs a positive number of seconds for every arm") from None
    if not (math.isfinite(value) and value > 0):
        raise UsageError(f"{where}: {text.strip()} is not a duration; it must be a positive number of seconds")
    return value
