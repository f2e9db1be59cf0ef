"""`docs/faults.md`, from the records."""

from __future__ import annotations

import platform
from collections.abc import Collection, Iterator, Mapping, Sequence

from studies.faults.fault import Fault
from studies.faults.record import Tried

HEAD = """# What goes wrong, and what a run makes of it

`python -m studies.faults` writes this page. Each row is done to a whole pytest session, in a folder of its own. It
holds where the exit code is the one here, the sentence is said, what must be on disk is there, the session shows no
traceback of jitgate's own, and leaves no process, no temporary folder, no lock and no half-written file. Rows may
share a session: other variants of one workload must not suffer. Where a fault takes another user, or many variants, a
row points to the test of this repository that tries it, and holds where that passes.

`part` is the letter of the kind: **A** green on red, **B** lost or left behind, **C** tracebacks and riddles, **D** the
doors; `holds` is what held before. `pytest tests/faults -m ""` checks the same rows.
"""

KINDS = ("green on red", "lost", "a traceback", "left")
"""How a problem begins -> a column of the summary."""


def document(faults: Sequence[Fault], tried: Mapping[str, Tried]) -> str:
    """The page. tried: by the name of the row."""
    return "\n".join([HEAD, *_counts(faults, tried), "", *_table(faults, tried), ""])


def _counts(faults: Sequence[Fault], tried: Mapping[str, Tried]) -> Iterator[str]:
    found = [tried[fault.name] for fault in faults if fault.name in tried]
    days = sorted({each.day for each in found})
    when = f"{days[0]} to {days[-1]}" if len(days) > 1 else "".join(days)
    yield f"{when}, {platform.system()}, Python {platform.python_version()}: {len(faults)} rows."
    yield ""
    run = [each for each in found if not each.lacks]
    yield f"| run | hold | do not | {' | '.join(KINDS)} | can't run here | not run yet |"
    yield "| ---: |" + " ---: |" * (len(KINDS) + 4)
    hold = sum(not each.problems for each in run)
    by_kind = " | ".join(str(_with(run, kind)) for kind in KINDS)
    lacking = len(found) - len(run)
    yield f"| {len(run)} | {hold} | {len(run) - hold} | {by_kind} | {lacking} | {len(faults) - len(found)} |"


def _with(run: Collection[Tried], kind: str) -> int:
    return sum(any(problem.startswith(kind) for problem in each.problems) for each in run)


def _table(faults: Sequence[Fault], tried: Mapping[str, Tried]) -> Iterator[str]:
    yield "| part | fault | exit code | what is said | |"
    yield "| --- | --- | ---: | --- | --- |"
    for fault in faults:
        each = tried.get(fault.name)
        state = "not run yet" if each is None else each.lacks or "; ".join(each.problems) or "holds"
        yield f"| {fault.part} | {_cell(fault.name)} | {fault.code} | {_cell(fault.says)} | {_cell(state)} |"


def _cell(text: str) -> str:
    """Text in a table: what has a meaning in Markdown has none there."""
    short = text if len(text) <= 160 else f"{text[:157]}..."
    return " ".join(short.replace("|", "\\|").replace("<", "&lt;").split())
