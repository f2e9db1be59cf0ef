"""The table of a scenario: a line a variant, with three answers: is it right, does it fit, is it fast?"""

from __future__ import annotations

from collections.abc import Sequence

from jitgate.gates.kind import Asked, GateKind
from jitgate.gates.recommendation import shown_speedup
from jitgate.gates.results import WORST_FIRST, Results
from jitgate.model.cell import Cell
from jitgate.model.measurement import Measurement
from jitgate.model.size import format_bytes
from jitgate.model.variant import BASELINE, is_variant
from jitgate.report.format import columns, format_seconds
from jitgate.statistics import Outcome

WIDEST = 100
"""Columns of a table on a terminal: pytest's own lines are 80, and few terminals are narrower than 100."""

SHORTEST = 12
"""Characters that are left of a variant's name, at the least."""

ANSWERS = ("right", "fits", "fast")
"""Questions that every variant is asked; a kind of another package may add `else`."""

NOT_GATED = "not gated"

SPEED, MEMORY, ACCURACY = "min_speedup", "max_memory", "tolerance"
"""Kinds whose figures the short table shows in its own words, or leaves to the answers."""


def figures(results: Results, measurement: Measurement) -> tuple[str, list[tuple[str, ...]]]:
    """The title of a scenario, and its table with every figure: the head, then a row a variant."""
    kinds = _shown(results)
    asked = questions(results, measurement)
    rows: list[tuple[str, ...]] = [("variant", "median", *(kind.heading for kind in kinds), *asked)]
    for cell in cells_of(measurement):
        about = results.asked(cell)
        cells = (column(results, kind, about) for kind in kinds)
        rows.append((cell.variant, format_seconds(about.samples.median_s), *cells, *_answers(results, cell, asked)))
    return _title(measurement), rows


def short_table(results: Results, measurement: Measurement) -> list[str]:
    """The same in at most `WIDEST` columns, for a terminal: a title, the table, and what is only reported."""
    more = [kind for kind in _shown(results) if kind.key not in (SPEED, MEMORY, ACCURACY)]
    asked = questions(results, measurement)
    rows: list[tuple[str, ...]] = [
        ("variant", "median", "speed-up", "memory", *(kind.heading for kind in more), *asked)
    ]
    for cell in cells_of(measurement):
        about = results.asked(cell)
        peak = None if about.samples.failure is not None else about.samples.peak_bytes
        rows.append(
            (
                cell.variant,
                format_seconds(about.samples.median_s),
                _speed(results, about),
                "-" if peak is None else format_bytes(peak),
                *(column(results, kind, about) for kind in more),
                *_answers(results, cell, asked),
            )
        )
    lines = [_title(measurement, short=True), *columns(fitting(rows))]
    open_ones = any(
        answer(results, cell, question) == NOT_GATED for cell in cells_of(measurement) for question in asked
    )
    told = "  not gated: no limit is set, so it is only reported; a speed-up then has an ordinary 95 % interval"
    return [*lines, *([told] if open_ones else [])]


def _shown(results: Results) -> list[GateKind]:
    """The kinds that have a column; those that need a base have a row each in a table of their own."""
    return [kind for kind in results.rules.kinds if kind.heading and not kind.needs_base]


def questions(results: Results, measurement: Measurement) -> tuple[str, ...]:
    """The questions of a scenario: those of `ANSWERS`, and `else` where a gate asks for something else."""
    found = {results.rules.kind(each.gate).question for cell in cells_of(measurement) for each in results.of(cell)}
    return (*ANSWERS, "else") if found - set(ANSWERS) else ANSWERS


def answer(results: Results, cell: Cell, question: str) -> str:
    """The worst outcome of the gates that ask a question; in words where there is none, or where those that are PASS do
    not answer it alone: memory that does not grow is in no limit yet."""
    kinds = results.rules.kinds
    own = [
        verdict
        for verdict in results.of(cell)
        if verdict.on_fail == "fail" and _question(results.rules.kind(verdict.gate)) == question
    ]
    if results.skipped(cell) is not None:
        return "can't run"
    worst = min((verdict.outcome for verdict in own), key=WORST_FIRST.index, default=None)
    left = {key for key, _ in results.unjudged(cell)}
    if worst in (None, Outcome.PASS) and any(kind.key in left and _question(kind) == question for kind in kinds):
        return "not judged"
    if worst not in (None, Outcome.PASS) or any(results.rules.kind(verdict.gate).alone for verdict in own):
        return str(worst)
    rules, asked = results.rules, results.asked(cell)
    here = [kind for kind in kinds if kind.alone and _question(kind) == question and rules.applies(kind, cell)]
    if any(rules.limit(kind, asked) is not None for kind in here):
        return "not judged"
    return "baseline" if cell.variant == BASELINE and question in ("right", "fast") else NOT_GATED


def _question(kind: GateKind) -> str:
    return kind.question if kind.question in ANSWERS else "else"


def _answers(results: Results, cell: Cell, asked: Sequence[str]) -> list[str]:
    return [answer(results, cell, question) for question in asked]


def cells_of(measurement: Measurement) -> list[Cell]:
    """The variants of the head."""
    return [
        Cell(measurement.workload, measurement.scenario, name) for name in measurement.all_samples if is_variant(name)
    ]


def _speed(results: Results, asked: Asked) -> str:
    """`1.40x (1.38 to 1.43) >= 1.1` where that held, `1.02x (1.00 to 1.04) < 1.1` where it failed, `gate 1.1` where it
    is open; `95 %` where there is no interval to judge by yet. Without a limit the ordinary interval, which the column
    `fast` marks."""
    kind, cell = results.rules.kind(SPEED), asked.cell
    limit = results.rules.limit(kind, asked) if results.rules.applies(kind, cell) else None
    text = column(results, kind, asked)
    if cell.variant == BASELINE or asked.samples.failure is not None:
        return text
    if limit is None:
        return shown_speedup(results, asked.measurement, cell.variant)
    figure = kind.figure(asked)
    if figure is None:
        return text
    said = (each.outcome for each in results.of(cell) if (each.gate, each.limit) == (SPEED, limit))
    outcome = next(said, None) or results.judge(kind, asked, limit).outcome
    sign = " < " if outcome is Outcome.FAIL else " >= " if outcome is Outcome.PASS else ", gate "
    of = "" if asked.baseline == BASELINE else f" of {asked.baseline}"
    return f"{figure.text.replace(', not decided', '')}{sign}{limit:g}{of}"


def column(results: Results, kind: GateKind, asked: Asked) -> str:
    """What a kind shows; "-" of a worker that failed, whose figures nothing was judged by. One of another package may
    be broken; the other figures are shown all the same."""
    rules = results.rules
    if asked.samples.failure is not None:
        return "-"
    try:
        return str(kind.column(asked, rules.limit(kind, asked) if rules.applies(kind, asked.cell) else None))
    except Exception as error:  # noqa: BLE001 - whatever it raises
        return type(error).__name__


def fitting(rows: Sequence[tuple[str, ...]]) -> list[tuple[str, ...]]:
    """The first column, names of variants, cut so that a line has at most `WIDEST` columns."""
    over = max(len(line) for line in columns(rows)) - WIDEST
    room = max(SHORTEST, max(len(row[0]) for row in rows) - max(0, over))
    return [(row[0] if len(row[0]) <= room else f"{row[0][: room - 2]}..", *row[1:]) for row in rows]


def _title(measurement: Measurement, *, short: bool = False) -> str:
    where = f"{measurement.workload} {measurement.scenario} on {measurement.device}"
    begin = f"{where}: {measurement.rounds} rounds"
    sets = len(set(measurement.processes))
    took = f"{begin} in {measurement.wall_s:.0f} s" + (f" and {sets} sets of processes" if sets > 1 else "")
    if short:
        return took
    inside = measurement.busy_s / measurement.wall_s if measurement.wall_s else None
    said = "" if inside is None else f", {inside:.0%} of the time inside model calls"
    return f"{took}{said}, order by seed {measurement.seed}"
