"""Recorded rounds: a CSV file with the arms' names in the first line, then one row per round, one column per arm."""

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

SEPARATORS = (",", ";", "\t")

LOOKED_AT = 8
"""Lines that tell the layout of a file."""

LONGEST_LINE = 1 << 20
"""Characters of them that are read; a binary file may have one line alone."""

MOST_NAMED = 200
"""Characters of a file's column names in a message."""

WANTED = "write one line a round and one column an arm, as in `eager,candidate` and then `0.110,0.100`"

Arms = dict[str, "NDArray[np.float64]"]


def read(path: Path, columns: Sequence[str]) -> Arms:
    """The named columns as arrays of shape `(rounds,)`, above 0, in the file's own unit; `UsageError` names the first
    bad line, or the layout that is wanted. Columns are separated by commas, semicolons or tabs."""
    first = _first_lines(path)
    separator = _separator(first, columns)
    names = [name.strip() for name in _fields(path, first[:1], separator)]
    if not any(names):
        raise UsageError(f"{path} is empty: the first line must name the arms, and each further line is one round")
    wanted = [_position(path, names, column, first, separator) for column in dict.fromkeys(columns)]
    table = _fast(path, len(names), wanted, separator)
    if table is None:
        table = _careful(path, names, wanted, separator)
    if not len(table):
        raise UsageError(f"{path} has no rounds, only the names of the arms")
    return {names[at]: np.ascontiguousarray(table[:, i]) for i, at in enumerate(wanted)}


def _first_lines(path: Path) -> list[str]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            lines = [file.readline(LONGEST_LINE) for _ in range(LOOKED_AT)]
    except OSError as error:
        raise UsageError(f"{path} can't be read: {error.strerror or error}") from None
    except UnicodeDecodeError:
        raise UsageError(f"{path} is not a CSV file in UTF-8") from None
    if lines[0].lstrip()[:1] in ("{", "["):
        raise UsageError(f"{path} is JSON, and this reads CSV: {WANTED}")
    return lines


def _separator(first: Sequence[str], columns: Sequence[str]) -> str:
    """The one that gives all names that are asked for; else the comma."""
    for separator in SEPARATORS:
        names = [name.strip().strip('"') for name in first[0].rstrip("\r\n").split(separator)]
        if all(column in names for column in columns):
            return separator
    return ","


def _fields(path: Path, lines: Sequence[str], separator: str) -> list[str]:
    try:
        return next(csv.reader(lines, delimiter=separator), [])
    except csv.Error:
        raise UsageError(f"{path} is not a CSV file in UTF-8") from None


def _position(path: Path, names: list[str], column: str, first: Sequence[str], separator: str) -> int:
    if names.count(column) == 1:
        return names.index(column)
    if column in names:
        raise UsageError(f"{path} has several columns named {column!r}: rename all but one")
    if any(column in (each.strip() for each in _fields(path, [line], separator)) for line in first[1:]):
        raise UsageError(f"{path} has a line for each figure, with {column!r} in it: {WANTED}")
    has = ", ".join(names)
    raise UsageError(f"{path} has no column {column!r}; it has {has[:MOST_NAMED]}{'...' * (len(has) > MOST_NAMED)}")


def _fast(path: Path, width: int, wanted: list[int], separator: str) -> NDArray[np.float64] | None:
    """A million rows in under a second, or None where anything is unusual."""
    content = path.read_bytes()
    if b'"' in content:
        return None
    lines = content.count(b"\n") + (not content.endswith(b"\n"))
    if lines < 2 or content.count(separator.encode()) != lines * (width - 1):
        return None  # some row has too few or too many figures, or there are blank lines
    del content
    try:
        table = np.loadtxt(
            path, delimiter=separator, skiprows=1, usecols=wanted, ndmin=2, comments=None, encoding="utf-8"
        )
    except ValueError:
        return None
    return table if len(table) == lines - 1 and bool((np.isfinite(table) & (table > 0)).all()) else None


def _careful(path: Path, names: list[str], wanted: list[int], separator: str) -> NDArray[np.float64]:
    rows: list[list[float]] = []
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.reader(file, delimiter=separator)
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
        raise UsageError(
            f"{where}: {said}; every round needs a positive number for every arm, with a decimal point and no unit"
        ) from None
    if not (math.isfinite(value) and value > 0):
        raise UsageError(f"{where}: {text.strip()[:40]} is not a duration; it must be a positive number")
    return value
