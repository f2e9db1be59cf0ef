"""`python -m studies.variant_matrix RESULTS.json [--to docs/variants.md]`: the variant matrix, from smoke sessions.

First run `pytest perf --jitgate-smoke --jitgate-variants all --jitgate-report RESULTS.json`, in one session or several.
Exit code 0: every cell runs with the right output, or is refused with a reason. 1: one does neither. 4: bad input.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from jitgate.model.errors import UsageError

from studies.variant_matrix.cells import CellStatus, read_sessions
from studies.variant_matrix.table import as_markdown, summary_line

ALL_WELL, NOT_WELL, BAD_INPUT = 0, 1, 4


def main(arguments: list[str] | None = None) -> int:
    """Read the reports, write the document; returns the exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m studies.variant_matrix", description=(__doc__ or "").split("\n")[0]
    )
    parser.add_argument("results", type=Path, nargs="+", metavar="RESULTS.json", help="report of a smoke session")
    parser.add_argument("--to", type=Path, metavar="FILE.md", help="write the document; default: print it")
    chosen = parser.parse_args(arguments)
    try:
        sessions = read_sessions(chosen.results)
    except UsageError as problem:
        sys.stderr.write(f"{parser.prog}: {problem}\n")
        return BAD_INPUT
    text = as_markdown(sessions)
    if chosen.to is None:
        sys.stdout.write(text)
    else:
        chosen.to.write_text(text, encoding="utf-8")
    sys.stderr.write(f"{summary_line(sessions.cells)}\n")
    well = all(cell.status in (CellStatus.RIGHT, CellStatus.REFUSED) for cell in sessions.cells)
    return ALL_WELL if well and sessions.cells else NOT_WELL


if __name__ == "__main__":
    sys.exit(main())
