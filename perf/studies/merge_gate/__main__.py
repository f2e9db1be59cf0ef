"""`python -m studies.merge_gate record` makes sessions until there are enough; `document` judges those that are there.

Recording can be stopped and taken up again: every session is a line of the file as soon as it is over.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import sys
from pathlib import Path

from studies.merge_gate.document import as_markdown, draw
from studies.merge_gate.judged import equal_commits, recorded
from studies.merge_gate.regimes import REGIMES
from studies.merge_gate.sessions import session

DATA = Path(__file__).parents[1] / "data" / "merge_gate.jsonl"
LIMIT = 0.03


def main(arguments: list[str] | None = None) -> int:
    """Exit code 1 where more than 1 % of the sessions with equal commits raised a false alarm."""
    parser = argparse.ArgumentParser(prog="python -m studies.merge_gate", description=__doc__)
    parser.add_argument("what", choices=("record", "document"))
    parser.add_argument("--sessions", type=int, default=300, help="in all, of this variant and slowdown")
    parser.add_argument("--variant", default="eager", help="`inductor` builds a package for each tree")
    parser.add_argument("--regime", choices=tuple(REGIMES), help="the only one to record")
    parser.add_argument("--slower", type=float, default=0.0, help="share of more work in the head; 0 for equal commits")
    parser.add_argument("--limit", type=float, default=LIMIT, help="one that can't be held makes sessions long")
    parser.add_argument("--budget", type=float, default=3.0, help="seconds of rounds of each session")
    parser.add_argument("--file", type=Path, default=DATA)
    parser.add_argument("--out", type=Path, default=Path("docs/merge-gate-study.md"), metavar="FILE.md")
    asked = parser.parse_args(arguments)
    if asked.what == "record":
        # Other work of the machine comes first; its own neighbours are no more important than it is.
        with contextlib.suppress(AttributeError, OSError):
            os.nice(19)
        _record(asked)
        return 0
    sessions = recorded(asked.file)
    picture = asked.out.with_suffix(".svg")
    drawn = picture.name if draw(picture, sessions, LIMIT) else None
    asked.out.write_text(as_markdown(sessions, LIMIT, drawn), encoding="utf-8")
    sys.stderr.write(f"wrote {asked.out}\n")
    equal = [each["verdict"] for each in equal_commits(sessions, LIMIT)]
    return int(equal.count("FAIL") > 0.01 * len(equal))


def _record(asked: argparse.Namespace) -> None:
    names = [asked.regime] if asked.regime else list(REGIMES)
    kind = (asked.variant, asked.slower, asked.limit)
    done = {
        (each["regime"], each["number"])
        for each in recorded(asked.file)
        if (each["variant"], each["slower"], each["limit"]) == kind
    }
    for number in range(asked.sessions):
        name = names[number % len(names)]
        if (name, number) in done:
            continue
        variant, slower, limit = kind
        made = session(name, number, variant=variant, limit=limit, budget_s=asked.budget, slower=slower)
        with asked.file.open("a", encoding="utf-8") as file:
            file.write(json.dumps(made.as_json()) + "\n")
        said = f"{name}: {made.verdict}, {len(made.rounds)} rounds, {made.took_s:.0f} s"
        sys.stderr.write(f"{number + 1} of {asked.sessions}, {said}\n")


if __name__ == "__main__":
    sys.exit(main())
