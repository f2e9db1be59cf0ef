"""What a large store costs: `python -m studies.history.store_cost [--series 1000] [--runs 1000]`.

Medians of twenty appends of one run of 40 figures, of twenty questions of a gate, and the change points of all series.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
import time
import uuid
from collections.abc import Callable
from pathlib import Path

import numpy as np
from jitgate.history.append import append
from jitgate.history.database import Database, open_database
from jitgate.history.record import PointRecord, RunRecord, SeriesKey
from jitgate.history.schema import POINT, RUN, SERIES
from jitgate.history.stored import points_of, points_of_each, series_named
from jitgate.statistics.changepoint import change_points_of, threshold
from sqlalchemy import insert, select

FIGURES = 40
REPEATS = 20


def key_of(number: int) -> SeriesKey:
    """One of many series."""
    return SeriesKey(
        "my.encoder", f"s{number // 4}", "jit", "", ("time", "p95", "memory", "x")[number % 4], "fp32", "m"
    )


def run_of(uid: str, figures: int) -> RunRecord:
    """A run of so many series."""
    points = tuple(PointRecord(key_of(number), 1.0) for number in range(figures))
    return RunRecord(uid, "2026-11-27T12:00:00+00:00", "cpu", "m", points=points)


def fill(database: Database, series: int, runs: int) -> None:
    """Points made of seeded numbers, as fast as the database takes them."""
    rng = np.random.default_rng(1)
    run = RunRecord(
        "", "2026-11-27T12:00:00+00:00", "cpu", "m", points=tuple(PointRecord(key_of(n), 1.0) for n in range(series))
    )
    append(database, RunRecord(**{**vars(run), "uid": uuid.UUID(int=0).hex}))
    with database.writing() as connection:
        row = dict(connection.execute(select(RUN)).mappings().one())
        ids = list(connection.execute(select(SERIES.c.id).order_by(SERIES.c.id)).scalars())
        point = dict(connection.execute(select(POINT).limit(1)).mappings().one())
        for number in range(2, runs + 1):
            connection.execute(insert(RUN).values({**row, "id": number, "uid": uuid.UUID(int=number).hex}))
            values = np.exp(0.02 * rng.standard_normal(series))
            rows = [
                {
                    **point,
                    "id": number * series + at,
                    "run_id": number,
                    "series_id": ids[at],
                    "estimate": float(values[at]),
                }
                for at, value in enumerate(values.tolist())
            ]
            connection.execute(insert(POINT), rows)


def timed(action: Callable[[], object], repeats: int = REPEATS) -> str:
    """Median milliseconds by the clock, and of the processor, which other programs lengthen less."""
    clock, processor = [], []
    for _ in range(repeats):
        start, before = time.perf_counter(), time.process_time()
        action()
        clock.append((time.perf_counter() - start) * 1e3)
        processor.append((time.process_time() - before) * 1e3)
    return f"{statistics.median(clock):.1f} ms ({statistics.median(processor):.1f} ms of the processor)"


def append_one(database: Database) -> bool:
    """A run as a session has it."""
    return append(database, run_of(uuid.uuid4().hex, FIGURES))


def ask(database: Database) -> int:
    """What a gate asks of one series."""
    with database.reading() as connection:
        series = series_named(connection, ["my.encoder/s7/jit"], "time")
        return len(points_of(connection, [each.id for each in series]))


def find_changes(database: Database) -> None:
    """Read all series, and look for changes in their last 200 runs."""
    with database.reading() as connection:
        ids = list(connection.execute(select(SERIES.c.id)).scalars())
        found = points_of_each(connection, ids)
    longest = max(map(len, found.values()))
    table = np.full((len(found), longest), np.nan)
    for place, points in enumerate(found.values()):
        table[place, : len(points)] = [point.estimate for point in points]
    change_points_of(table, threshold(len(found)))


def main(arguments: list[str] | None = None) -> int:
    """Print the figures."""
    parser = argparse.ArgumentParser(prog="python -m studies.history.store_cost", description=__doc__)
    parser.add_argument("--series", type=int, default=1000)
    parser.add_argument("--runs", type=int, default=1000)
    chosen = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as folder:
        empty = open_database(str(Path(folder) / "empty.db"))
        append_one(empty)
        full = open_database(str(Path(folder) / "full.db"))
        fill(full, chosen.series, chosen.runs)
        append_one(full)
        lines = [
            f"points: {chosen.series * chosen.runs:,}",
            f"append a run of {FIGURES} figures to an empty store: {timed(lambda: append_one(empty))}",
            f"append it to the full one: {timed(lambda: append_one(full))}",
            f"a gate's question: {timed(lambda: ask(full))}",
            f"change points of {chosen.series:,} series: {timed(lambda: find_changes(full), 3)}",
        ]
    sys.stdout.write("\n".join(lines) + "\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
