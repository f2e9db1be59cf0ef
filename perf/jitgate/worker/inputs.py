"""Inputs as files between workers: for those that only load a file, and have no factory to ask."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from jitgate.model.errors import Unavailable
from jitgate.model.inputs import Inputs
from jitgate.model.name import file_name
from jitgate.values import files


def write(path: Path, calls: Sequence[Inputs]) -> None:
    """Write `calls`. What can't be written is told to whoever reads it."""
    try:
        files.save(path, calls, "input")
    except TypeError as problem:
        files.save(path, [str(problem)], "input")


def read(path: Path) -> list[Inputs]:
    """What `write` was given; Unavailable for what it could not write."""
    found = files.load(path)
    if found and isinstance(found[0], str):
        raise Unavailable(f"its inputs can't be given to a process that only loads a file: {found[0]}")
    return list(found)


def inputs_file(folder: Path, scenario: str, *, unseen: bool = False) -> Path:
    """Where the inputs of `scenario` lie; unseen: those of shapes that it does not have."""
    return folder / f"{file_name(scenario)}.{'new' if unseen else 'inputs'}.pt"
