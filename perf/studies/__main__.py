"""`python -m studies [--quick] [--out docs/validation.md]`: run the study and write its document."""

from __future__ import annotations

import argparse
import os
import platform
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import scipy

from studies.sections import SECTIONS
from studies.study import SectionResult, Study

if TYPE_CHECKING:
    from collections.abc import Sequence

FULL = (10_000, 3_000)  # measurements for false alarms, runs for all else: within 20 minutes on two cores
QUICK = (500, 200)  # enough to see a broken rule in two minutes, not enough to prove a good one
ALPHA = 0.01


def main(arguments: list[str] | None = None) -> int:
    """Write the document; returns 0, or 1 when a false-alarm rate is above alpha by more than chance explains."""
    parser = argparse.ArgumentParser(prog="python -m studies", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="few simulations, within two minutes")
    parser.add_argument("--out", type=Path, default=Path("docs/validation.md"), metavar="FILE.md")
    parser.add_argument("--seed", type=int, default=20250101)
    chosen = parser.parse_args(arguments)
    measurements, runs = QUICK if chosen.quick else FULL
    study = Study(ALPHA, measurements, runs, chosen.seed, say)
    chosen.out.parent.mkdir(parents=True, exist_ok=True)
    with ProcessPoolExecutor(max_workers=min(os.cpu_count() or 1, len(SECTIONS))) as pool:
        running = [pool.submit(section.run, study) for section in SECTIONS]
        found = [each.result() for each in running]
    text = document(study, chosen.out, found, quick=chosen.quick)
    chosen.out.write_text(text, encoding="utf-8")
    say(f"wrote {chosen.out}")
    tolerated = ALPHA + 3 * (ALPHA * (1 - ALPHA) / measurements) ** 0.5
    broken = {name: shares["ours"] for name, shares in found[0].figures.items() if shares["ours"] > tolerated}
    for name, share in broken.items():
        say(f"false alarms under {name}: {share:.2%}, more than {ALPHA:.0%} and chance explain")
    return 1 if broken else 0


_HEAD = """Written by `python -m studies` ({mode} run); every figure comes from that run. Level of every
rule that has one: alpha = {alpha:.0%}. The question ours answers: *is the candidate at least r times as fast as the
baseline?*, from interleaved rounds, looked at after each."""


def say(what: str) -> None:
    """Print progress; sections call it from their own processes."""
    sys.stderr.write(f"[{time.strftime('%H:%M:%S')}] {what}\n")
    sys.stderr.flush()


def document(study: Study, out: Path, found: Sequence[SectionResult], *, quick: bool) -> str:
    """The Markdown text of all sections. Pictures are written to the folder of `out`."""
    lines = ["# Validation of the judge", "", _HEAD.format(mode="quick" if quick else "full", alpha=study.alpha), ""]
    versions = f"numpy {np.__version__}, scipy {scipy.__version__}, Python {platform.python_version()}"
    lines += [f"{versions}, seed {study.seed}.", ""]
    for section, body in zip(SECTIONS, found, strict=True):
        intro = section.intro.format(n=study.measurements, runs=study.runs, half=study.runs // 2)
        lines += [f"## {section.title}", "", intro, "", *body.lines, ""]
        if section.picture is None:
            continue
        path = out.with_name(f"{out.stem}-{section.picture.name}.svg")
        if section.picture.draw(path, body, study.alpha):
            lines += [f"![{section.picture.says}]({path.name})", ""]
        if section.after:
            lines += [section.after, ""]
    return "\n".join(lines).rstrip() + "\n"


if __name__ == "__main__":
    sys.exit(main())
