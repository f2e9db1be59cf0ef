"""Raw rounds as CSV: one row a round, one column a worker, seconds; what `python -m perf judge` reads."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np

from perf.measurement.measurement import Measurement
from perf.variants.registry import BASELINE, CONTROL

CONTROL_COLUMN = "control"


def save_rounds(folder: Path, measurement: Measurement) -> Path | None:
    """Write the rounds that every living worker finished; the file of an earlier run is replaced.

    Returns the path; None where there was no such round.
    """
    arms = [arm for arm in measurement.arms.values() if arm.failure is None]
    names = [CONTROL_COLUMN if arm.name == CONTROL else arm.name for arm in arms]
    rounds = [turns for turns in zip(*(arm.turns for arm in arms), strict=False) if all(turns)]
    if not rounds or BASELINE not in names:
        return None
    figure = np.median if measurement.same_inputs else np.mean
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{measurement.workload}-{measurement.scenario}.csv"
    draft = path.with_suffix(".draft")
    with draft.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(names)
        writer.writerows([f"{figure(turn):.9f}" for turn in turns] for turns in rounds)
    draft.replace(path)
    return path
