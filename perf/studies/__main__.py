"""`python -m studies [--quick] [--out docs/validation.md]`: run the study and write its document.

A study that was stopped goes on where it was: what is done is kept in `--kept`. `--only TITLE` runs that section alone
and puts it into the document that is there.
"""

from __future__ import annotations

import argparse
import os
import platform
import re
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import scipy

from studies.sections import SECTIONS, Section
from studies.study import SectionResult, Study

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

FULL = (10_000, 3_000)  # measurements for false alarms, runs for all else: within 20 minutes on two cores
QUICK = (500, 200)  # enough to see a broken rule in two minutes, not enough to prove a good one
ALPHA = 0.01


def main(arguments: list[str] | None = None) -> int:
    """Write the document; returns 0, or 1 when a false-alarm rate is above alpha by more than chance explains."""
    parser = argparse.ArgumentParser(prog="python -m studies", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="few simulations, within two minutes")
    parser.add_argument("--out", type=Path, default=Path("docs/validation.md"), metavar="FILE.md")
    parser.add_argument("--kept", type=Path, default=Path(".jitgate/studies"), metavar="DIR")
    parser.add_argument("--only", action="append", choices=[each.title for each in SECTIONS], metavar="TITLE")
    parser.add_argument("--seed", type=int, default=20250101)
    chosen = parser.parse_args(arguments)
    measurements, runs = QUICK if chosen.quick else FULL
    study = Study(ALPHA, measurements, runs, chosen.seed, say, chosen.kept)
    chosen.out.parent.mkdir(parents=True, exist_ok=True)
    if chosen.only:
        sections = [each for each in SECTIONS if each.title in chosen.only]
        bodies = {each.title: section_lines(each, run_kept(each, study), study, chosen.out) for each in sections}
        chosen.out.write_text(replaced(chosen.out.read_text(encoding="utf-8"), bodies), encoding="utf-8")
        say(f"wrote {', '.join(bodies)} of {chosen.out}")
        return 0
    with ProcessPoolExecutor(max_workers=min(os.cpu_count() or 1, len(SECTIONS))) as pool:
        running = [pool.submit(run_kept, section, study) for section in SECTIONS]
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
        lines += section_lines(section, body, study, out)
    return "\n".join(lines).rstrip() + "\n"


def run_kept(section: Section, study: Study) -> SectionResult:
    """The section's result, of this run or of an earlier one that was stopped."""
    return SectionResult(**study.remember(section.title, lambda: asdict(section.run(study))))


def section_lines(section: Section, body: SectionResult, study: Study, out: Path) -> list[str]:
    """Heading, introduction, table and picture of a section."""
    intro = section.intro.format(n=study.measurements, runs=study.runs, half=study.runs // 2)
    lines = [f"## {section.title}", "", intro, "", *body.lines, ""]
    if section.picture is not None:
        path = out.with_name(f"{out.stem}-{section.picture.name}.svg")
        if section.picture.draw(path, body, study.alpha):
            lines += [f"![{section.picture.says}]({path.name})", ""]
    return lines + ([section.after, ""] if section.after else [])


def replaced(text: str, bodies: Mapping[str, Sequence[str]]) -> str:
    """The document with other bodies of some sections; one that it lacks comes before the section that follows it."""
    parts = re.split(r"^(?=## )", text, flags=re.MULTILINE)
    known = {part.split("\n", 1)[0].removeprefix("## "): part for part in parts[1:]}
    known |= {title: "\n".join(lines).rstrip() + "\n\n" for title, lines in bodies.items()}
    ordered = [known[each.title] for each in SECTIONS if each.title in known]
    return (parts[0] + "".join(ordered)).rstrip() + "\n"


if __name__ == "__main__":
    sys.exit(main())
