"""Raw rounds as CSV: one row a round, one column a variant, seconds; what `jitgate judge` reads."""

from __future__ import annotations

import csv
from pathlib import Path

from jitgate.model.cell import Cell
from jitgate.model.measurement import Measurement
from jitgate.model.name import file_name
from jitgate.model.variant import BASELINE, is_variant

CONTROL_COLUMN = "control"


def rounds_path(folder: Path, cell: Cell) -> Path:
    """`folder/workload/scenario/variant.csv`: a path of its own for every cell, on every file system."""
    *folders, name = map(file_name, cell)
    return folder.joinpath(*folders, f"{name}.csv")


def save_rounds(folder: Path, measurement: Measurement) -> list[Path]:
    """Write a file for each candidate: `eager`, the candidate, and `control` where there is one; figures of a turn.

    A file holds the rounds that all its variants finished, and replaces the one of an earlier run. Returns the paths; a
    candidate without such a round has none.
    """
    written = []
    for variant in measurement.all_samples:
        if variant == BASELINE or not is_variant(variant):
            continue
        columns = measurement.columns(variant)
        if not len(columns.baseline):
            continue
        named = {BASELINE: columns.baseline, variant: columns.candidate}
        if columns.control is not None:
            named[CONTROL_COLUMN] = columns.control
        path = rounds_path(folder, Cell(measurement.workload, measurement.scenario, variant))
        path.parent.mkdir(parents=True, exist_ok=True)
        draft = path.with_name(f"{path.name}.draft")
        with draft.open("w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file)
            writer.writerow(named)
            writer.writerows([f"{figure:.9f}" for figure in row] for row in zip(*named.values(), strict=True))
        draft.replace(path)
        written.append(path)
    return written
