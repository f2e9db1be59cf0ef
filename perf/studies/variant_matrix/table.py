"""The document: a row a variant, a column a workload and scenario, and each reason once."""

from __future__ import annotations

from collections.abc import Sequence

from jitgate.engines.staged import is_staged

from studies.variant_matrix.cells import CellResult, CellStatus, Sessions

_HEAD = """\
# Every variant on every workload

Made by `python -m studies.variant_matrix` from smoke sessions (`pytest perf --jitgate-smoke`) of {days}. Each variant
was exported, loaded and called once in a process of its own; nothing was timed."""

_LEGEND = """\
A number is the relative L2 error of the output against eager float32: the variant runs, did not fall back, and is
within its tolerance. A number in brackets refers to a reason below. Alone it is a refusal: the variant can't run here,
or can't represent this model. Next to an error it is a remark on chosen token ids that differ and are as good within
the same tolerance. **out of tolerance**: it runs, and its output is not eager float32's, so its speed does not count.
**fell back**: it runs, but not as its name says. **unfinished**: it took longer than `--jitgate-timeout`. **failed**:
anything else. An empty cell was not run."""

_BY_STAGE = """\
## Pipelines, by stage

For a pipeline, choose a variant per stage (`stage=variant`; a stage without one runs eager). The table shows whether
the combinations that the workload lists run. Try others with `--jitgate-variants`."""


def as_markdown(sessions: Sessions) -> str:
    """The whole document."""
    cells = sessions.cells
    if not cells:
        return f"{_HEAD.format(days='no day: no cell was run')}\n"
    days = sorted({cell.day for cell in cells})
    pipelines = {cell.workload for cell in cells if is_staged(cell.variant)}
    modules = [cell for cell in cells if cell.workload not in pipelines]
    by_stage = [cell for cell in cells if cell.workload in pipelines]
    numbers = _numbered([*modules, *by_stage])
    lines = [
        _HEAD.format(days=days[0] if len(days) == 1 else f"{days[0]} to {days[-1]}"),
        "",
        *(f"- {fact}: {', '.join(values)}" for fact, values in sessions.machine.items()),
        "",
        _LEGEND,
    ]
    if modules:
        lines += ["", *_table(modules, numbers)]
    if by_stage:
        lines += ["", _BY_STAGE, "", *_table(by_stage, numbers)]
    if numbers:
        lines += ["", "## Reasons", "", *(f"{number}. {reason}" for reason, number in numbers.items())]
    return "\n".join(lines) + "\n"


def summary_line(cells: Sequence[CellResult]) -> str:
    """`48 right, 12 refused`: how many cells there are of each status."""
    counts = {status: sum(cell.status is status for cell in cells) for status in CellStatus}
    return ", ".join(f"{count} {status}" for status, count in counts.items() if count) or "no cell was run"


def _table(cells: Sequence[CellResult], numbers: dict[str, int]) -> list[str]:
    columns = list(dict.fromkeys(cell.column for cell in cells))
    by_place = {(cell.column, cell.variant): _text(cell, numbers) for cell in cells}
    rows = [
        ["variant", *columns],
        ["---"] * (len(columns) + 1),
        *(
            [f"`{variant}`", *(by_place.get((column, variant), "") for column in columns)]
            for variant in _variants(cells)
        ),
    ]
    return [f"| {' | '.join(row)} |" for row in rows]


def _text(cell: CellResult, numbers: dict[str, int]) -> str:
    reason = f"[{numbers[cell.reason]}]" if cell.reason else ""
    if cell.status is CellStatus.RIGHT:
        error = "right" if cell.rel_l2 is None else f"{cell.rel_l2:.0e}"
        return f"{error} {reason}".rstrip()
    return reason if cell.status is CellStatus.REFUSED else f"**{cell.status}** {reason}".rstrip()


def _numbered(cells: Sequence[CellResult]) -> dict[str, int]:
    """Each reason once, numbered in the order in which a reader meets it."""
    place = {variant: number for number, variant in enumerate(_variants(cells))}
    reasons = [cell.reason for cell in sorted(cells, key=lambda cell: place[cell.variant]) if cell.reason]
    return {reason: number for number, reason in enumerate(dict.fromkeys(reasons), 1)}


def _variants(cells: Sequence[CellResult]) -> list[str]:
    return list(dict.fromkeys(cell.variant for cell in cells))
