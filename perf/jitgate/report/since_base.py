"""What changed since another commit: the two sides in a line, and a row for each figure that is compared."""

from __future__ import annotations

from jitgate.gates.kind import Asked, GateKind
from jitgate.gates.results import Results
from jitgate.model.measurement import Measurement
from jitgate.report.table import NOT_GATED, cells_of, column

HEAD = ("since base", "figure", "change", "at most", "verdict")


def sides(results: Results) -> list[str]:
    """A line for each pair of commits, or of environments, that was compared: one, unless a workload has an environment
    of its own."""
    found = (each.base for each in results.measurements.values())
    return list(dict.fromkeys(base.sides for base in found if base is not None))


def notes(results: Results) -> list[str]:
    """What a reviewer must know of both sides, a sentence each: gates that the same change has changed, for one."""
    found = (each.base for each in results.measurements.values())
    return list(dict.fromkeys(note for base in found if base is not None for note in base.notes))


def since_base(results: Results, measurement: Measurement, *, every: bool = False) -> list[tuple[str, ...]]:
    """`HEAD`, and its rows; [] where there is no base. every: also figures that nothing asks for, besides the time."""
    if measurement.base is None:
        return []
    kinds = [kind for kind in results.rules.kinds if kind.needs_base and kind.heading]
    asked = [(kind, results.asked(cell)) for cell in cells_of(measurement) for kind in kinds]
    rows = [_row(results, kind, about) for kind, about in asked if _is_shown(results, kind, about, every=every)]
    return [HEAD, *rows] if rows else []


def _is_shown(results: Results, kind: GateKind, asked: Asked, *, every: bool) -> bool:
    applies = results.rules.applies(kind, asked.cell)
    return applies and (every or not kind.only_where_set or results.rules.limit(kind, asked) is not None)


def _row(results: Results, kind: GateKind, asked: Asked) -> tuple[str, ...]:
    limit = results.rules.limit(kind, asked)
    here = [each for each in results.of(asked.cell) if each.gate == kind.key and each.configured]
    verdict = next((each.outcome.value for each in here if each.limit == limit), "not judged")
    most = NOT_GATED if limit is None else kind.label(limit, asked).partition("=")[2]
    return (asked.cell.variant, kind.heading, column(results, kind, asked), most, "-" if limit is None else verdict)
