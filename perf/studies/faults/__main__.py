"""`python -m studies.faults`."""

from __future__ import annotations

import argparse
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

from studies.faults.document import document
from studies.faults.record import Tried, add, read
from studies.faults.run import forget, problems, run
from studies.faults.table import FAULTS

ROOT = Path(__file__).parents[3]
RECORDS = ROOT / "perf" / "studies" / "data" / "faults.jsonl"
DOCUMENT = ROOT / "docs" / "faults.md"


def main() -> int:
    """Run what is left, write the document; 1 where a row does not hold."""
    parser = argparse.ArgumentParser(prog="python -m studies.faults", description=__doc__)
    parser.add_argument("--only", default="", help="rows whose name has this in it")
    parser.add_argument("--seconds", type=float, default=float("inf"), help="start no session later than this")
    parser.add_argument("--again", action="store_true", help="run again what does not hold, or was chosen by --only")
    parser.add_argument("--table", action="store_true", help="run nothing; write the document from what there is")
    asked = parser.parse_args()
    known, began = read(RECORDS), time.monotonic()
    for fault in () if asked.table else FAULTS:
        done = known.get(fault.name)
        again = asked.again and (bool(asked.only) or (done is not None and bool(done.problems)))
        if asked.only not in fault.name or (done is not None and not again):
            continue
        if time.monotonic() - began > asked.seconds:
            break
        ran = run(fault.session)
        day = datetime.now(UTC).date().isoformat()
        found = Tried(
            *(fault.part, fault.name, ran.code, fault.says),
            () if ran.lacks else tuple(problems(fault, ran)),
            *(ran.lacks, round(ran.took_s, 1), day),
        )
        add(RECORDS, found)
        said = found.lacks or "; ".join(found.problems) or "holds"
        print(f"{fault.part} {fault.name}: {said}", file=sys.stderr)  # noqa: T201 - the progress of a command
    for session in {fault.session for fault in FAULTS}:
        forget(session)
    found_all = read(RECORDS)
    DOCUMENT.write_text(document(FAULTS, found_all), encoding="utf-8")
    return int(any(each.problems for each in found_all.values()))


if __name__ == "__main__":
    sys.exit(main())
