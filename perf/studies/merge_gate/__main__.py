"""`python -m studies.merge_gate record` makes sessions until there are enough; `table` judges those that are there.

Recording can be stopped and taken up again: every session is a line of the file as soon as it is over.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import sys
from pathlib import Path

from studies.merge_gate.judged import false_alarms, outcomes, power, recorded
from studies.merge_gate.regimes import REGIMES
from studies.merge_gate.sessions import session

DATA = Path(__file__).parents[1] / "data" / "merge_gate.jsonl"
LIMIT = 0.03


def main(arguments: list[str] | None = None) -> int:
    """Exit code 1 where more than 1 % of the sessions raised a false alarm."""
    parser = argparse.ArgumentParser(prog="python -m studies.merge_gate", description=__doc__)
    parser.add_argument("what", choices=("record", "live", "table"))
    parser.add_argument("--sessions", type=int, default=300, help="in all; for `live`, of a planted slowdown of 10 %%")
    parser.add_argument("--variant", default="eager", help="`inductor` builds a package for each tree")
    parser.add_argument("--regime", choices=tuple(REGIMES), help="the only one to record")
    parser.add_argument("--budget", type=float, default=3.0, help="seconds of rounds of each session")
    parser.add_argument("--file", type=Path, default=DATA)
    asked = parser.parse_args(arguments)
    with contextlib.suppress(AttributeError, OSError):
        os.nice(19)
    if asked.what == "live":
        return _live(asked.sessions, asked.budget)
    if asked.what == "record":
        _record(
            asked.file, asked.sessions, asked.variant, asked.budget, [asked.regime] if asked.regime else list(REGIMES)
        )
    sessions = recorded(asked.file)
    sys.stdout.write("\n".join([*false_alarms(sessions, LIMIT), "", outcomes(sessions), ""]))
    for slower, limit, budget_s in ((0.03, 0.01, 600.0), (0.10, 0.03, 120.0)):
        found, of = power(sessions, slower, limit, budget_s)
        said = (
            f"+{slower:.0%} against max_slowdown {limit:.0%} within {budget_s / 60:.0f} min, simulated: {found} of {of}"
        )
        sys.stdout.write(f"{said}\n")
    alarms = sum(each["verdict"] == "FAIL" for each in sessions)
    return int(alarms > 0.01 * len(sessions))


def _record(path: Path, wanted: int, variant: str, budget_s: float, names: list[str]) -> None:
    done = {(each["regime"], each["variant"], each["number"]) for each in recorded(path)}
    for number in range(wanted):
        name = names[number % len(names)]
        if (name, variant, number) in done:
            continue
        made = session(name, number, variant=variant, limit=f"{LIMIT:.0%}", budget_s=budget_s)
        with path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(made.as_json()) + "\n")
        sys.stderr.write(f"{number + 1} of {wanted}, {name}: {made.verdict}, {len(made.rounds)} rounds\n")


def _live(count: int, budget_s: float) -> int:
    """Planted slowdowns of 10 %, each measured from nothing."""
    found = [
        session("quiet", number, variant="eager", limit=f"{LIMIT:.0%}", budget_s=budget_s, slower=0.10).verdict
        for number in range(count)
    ]
    sys.stdout.write(f"+10%, live: {found.count('FAIL')} of {count} FAIL\n")
    return int(found.count("FAIL") < count)


if __name__ == "__main__":
    sys.exit(main())
