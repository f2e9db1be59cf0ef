"""Raw rounds as CSV: one row a round, one column a variant, seconds; what `jitgate judge` reads."""

from __future__ import annotations

import contextlib
import csv
from pathlib import Path

from jitgate.model.cell import Cell
from jitgate.model.measurement import Columns, Measurement
from jitgate.model.name import file_name
from jitgate.model.variant import BASE, BASELINE, arm, is_variant

CONTROL_COLUMN = "control"


def rounds_path(folder: Path, cell: Cell) -> Path:
    """`folder/workload/scenario/variant.csv`: a path of its own for every cell, on every file system."""
    *folders, name = map(file_name, cell)
    return folder.joinpath(*folders, f"{name}.csv")


def save_rounds(folder: Path, measurement: Measurement) -> list[Path]:
    """Write a file for each candidate: `eager`, the candidate, and `control` where there is one; figures of a turn.
    One more for each variant that was compared with another commit: `base`, the variant, and `control`.

    A file holds the rounds that all its variants finished, and replaces the one of an earlier run. Returns the paths; a
    candidate without such a round has none, and that of an earlier run is removed.
    """
    written = []
    for variant in measurement.all_samples:
        if not is_variant(variant):
            continue
        pairs = {variant: measurement.columns(variant)} if variant != BASELINE else {}
        since = measurement.against_base(variant)
        pairs |= {} if since is None else {arm(variant, BASE): since}
        for name, columns in pairs.items():
            path = rounds_path(folder, Cell(measurement.workload, measurement.scenario, name))
            if len(columns.baseline):
                _write(path, columns, BASELINE if name == variant else BASE, variant)
                written.append(path)
            else:
                path.unlink(missing_ok=True)
    return written


def _write(path: Path, columns: Columns, baseline: str, candidate: str) -> None:
    named = {baseline: columns.baseline, candidate: columns.candidate}
    if columns.control is not None:
        named[CONTROL_COLUMN] = columns.control
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f"{path.name}.draft")
    try:
        with draft.open("w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file)
            writer.writerow(named)
            writer.writerows([f"{figure:.9g}" for figure in row] for row in zip(*named.values(), strict=True))
        draft.replace(path)
    except OSError:
        with contextlib.suppress(OSError):
            draft.unlink(missing_ok=True)
        raise
