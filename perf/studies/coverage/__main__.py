"""`python -m studies.coverage`."""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

from studies.coverage.attempt import attempt
from studies.coverage.document import document
from studies.coverage.record import add, read

ROOT = Path(__file__).parents[3]
RECORDS = ROOT / "perf" / "studies" / "data" / "coverage.jsonl"
DOCUMENT = ROOT / "docs" / "coverage.md"
ENGINES = ("eager", "compile", "onnxruntime", "inductor")
"""The cheap ones first, so that the table is whole before the dear ones begin."""


def architectures() -> list[str]:
    """Every model type for which the installed transformers has a model."""
    from transformers.models.auto.modeling_auto import MODEL_MAPPING_NAMES

    return sorted(MODEL_MAPPING_NAMES)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m studies.coverage", description=__doc__)
    parser.add_argument("--engines", default=",".join(ENGINES), help="one pass over all architectures for each")
    parser.add_argument("--only", default="", help="names of architectures, with commas between")
    parser.add_argument("--seconds", type=float, default=float("inf"), help="start no attempt later than this")
    parser.add_argument("--again", action="store_true", help="try again what was tried and is no parity")
    parser.add_argument("--table", action="store_true", help="try nothing; write the document from what there is")
    asked = parser.parse_args()
    every = architectures()
    began = time.monotonic()
    if not asked.table:
        wanted = asked.only.split(",") if asked.only else every
        known = read(RECORDS)
        done = {(each.architecture, each.engine) for each in known if not asked.again or each.fate == "parity"}
        for engine in asked.engines.split(","):
            for architecture in wanted:
                if (architecture, engine) in done or time.monotonic() - began > asked.seconds:
                    continue
                tried = attempt(architecture, engine)
                add(RECORDS, tried)
                print(f"{architecture} {engine}: {tried.fate} {tried.says}", file=sys.stderr)  # noqa: T201 - the progress of a command
    DOCUMENT.write_text(document(read(RECORDS), every, ENGINES), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
