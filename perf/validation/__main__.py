"""`python -m perf.validation [--quick] [--out docs/validation.md]`: run the study and write its document."""

from __future__ import annotations

import argparse
import platform
import sys
import time
from pathlib import Path

import numpy as np
import scipy

from perf.validation import plots, recorded, tables
from perf.validation.noise import PAIR_SPREAD
from perf.validation.rivals import RIVALS

FULL = (10_000, 2_000)  # measurements for false alarms, runs for all else: within 20 minutes on two cores
QUICK = (400, 150)  # enough to see a broken rule in two minutes, not enough to prove a good one
ALPHA = 0.01


def main(arguments: list[str] | None = None) -> int:
    """Write the document; returns 0, or 1 when a false-alarm rate is above alpha by more than chance explains."""
    parser = argparse.ArgumentParser(prog="python -m perf.validation", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="few simulations, within two minutes")
    parser.add_argument("--out", type=Path, default=Path("docs/validation.md"), metavar="FILE.md")
    parser.add_argument("--seed", type=int, default=20250101)
    chosen = parser.parse_args(arguments)
    measurements, runs = QUICK if chosen.quick else FULL
    start = time.monotonic()

    def say(what: str) -> None:
        sys.stderr.write(f"[{time.monotonic() - start:6.1f} s] {what}\n")
        sys.stderr.flush()

    study = tables.Study(ALPHA, measurements, runs, chosen.seed, say)
    text, alarms = document(study, chosen.out, quick=chosen.quick)
    chosen.out.parent.mkdir(parents=True, exist_ok=True)
    chosen.out.write_text(text, encoding="utf-8")
    say(f"wrote {chosen.out}")
    tolerated = ALPHA + 3 * (ALPHA * (1 - ALPHA) / measurements) ** 0.5
    broken = [name for name, found in alarms.items() if found.either > tolerated]
    for name in broken:
        say(f"false alarms under {name}: {alarms[name].either:.2%}, more than {ALPHA:.0%} and chance explain")
    return 1 if broken else 0


def document(study: tables.Study, out: Path, *, quick: bool) -> tuple[str, dict[str, tables.Alarms]]:
    """The Markdown text, and the false alarms by noise model. Pictures go beside `out`."""
    out.parent.mkdir(parents=True, exist_ok=True)
    alarm_lines, alarms = tables.false_alarms(study)
    power_lines, medians = tables.power(study)
    other_lines, other_alarms = tables.against_others(study)
    sections = [
        ("False alarms", _ALARMS.format(n=study.measurements, rounds=tables.ROUNDS), alarm_lines),
        ("Where the guarantee ends", _LIMITS.format(n=study.runs // 2), tables.limits(study)),
        ("Pairs to a verdict", _POWER.format(n=study.runs), power_lines),
        ("Coverage", _COVERAGE.format(n=study.runs, rounds=tables.ROUNDS), tables.coverage(study)),
        ("Other tools' rules", _OTHERS.format(n=study.runs, rounds=tables.BLOCK_ROUNDS), other_lines),
        ("Rules that were compared", _RULES.format(n=study.runs), tables.compared_rules(study)),
        ("Recorded rounds", _RECORDED, recorded.verdicts(study)),
        ("Recorded rounds, made equal", _RESHUFFLED.format(n=study.runs), recorded.false_alarms(study)),
    ]
    bars, curve = out.with_name(f"{out.stem}-false-alarms.svg"), out.with_name(f"{out.stem}-pairs.svg")
    pictures = {}
    if plots.false_alarm_bars(bars, other_alarms, study.alpha):
        pictures["Other tools' rules"] = f"![equal arms called different, by noise and rule]({bars.name})"
    if plots.pairs_curve(curve, medians):
        pictures["Pairs to a verdict"] = f"![median pairs to a verdict, by distance from the limit]({curve.name})"
    lines = ["# Validation of the judge", "", _HEAD.format(mode="quick" if quick else "full", alpha=study.alpha), ""]
    lines += [
        f"numpy {np.__version__}, scipy {scipy.__version__}, Python {platform.python_version()}, seed {study.seed}.",
        "",
    ]
    for title, intro, body in sections:
        lines += [f"## {title}", "", intro, "", *body, ""]
        if title in pictures:
            lines += [pictures[title], ""]
        if title == "Other tools' rules":
            lines += [f"- {rival.name}: {rival.asks}" for rival in RIVALS] + [""]
    return "\n".join(lines).rstrip() + "\n", alarms


_HEAD = """Written by `python -m perf.validation` ({mode} run); every figure comes from that run. Level of every
rule that has one: alpha = {alpha:.0%}. The question ours answers: *is the candidate at least r times as fast as the
baseline?*, from interleaved rounds, looked at after each."""
_ALARMS = f"""Two equal arms, {{n}} measurements a line, judged against the limit 1.0 after every round, stopped at
the first PASS or FAIL, at most {{rounds}} rounds. A pair's log-ratio scatters by {PAIR_SPREAD:.0%} where the model
does not say otherwise. "At least 1.0" is true of equal arms, but PASS counts as wrong here, since only luck could
give it; so "either" is also how often the interval at the stop misses the truth. Where instances are biased there
is a control; the other lines have none."""
_LIMITS = """{n} measurements a line, else as above. Memory is AR(1); recorded pairs were within +-0.2 of none. A
random bias is normal, its own for every instance: one control shows one draw of it, and the candidate's own may
well be larger. Only freshly started processes show more of it; five processes here share the same number of rounds."""
_POWER = """Normal noise, {n} measurements a line. Columns: pairs to the verdict (median, mean, and by when 95 %
were decided), share decided within 12, 24, 32 and 200 pairs, wrong verdicts. "Fixed" is the number of pairs at
which a two-sided signed-rank test of the same level, looked at once, reaches 95 % power; it can neither be stopped
early nor extended. With a control, claims must also hold with the control's offset to either side, which costs
pairs."""
_COVERAGE = """Share of {n} measurements whose final interval holds the true ratio, whatever stopped them; at most
{rounds} rounds."""
_OTHERS = """{n} measurements a line, {rounds} calls of each arm for every rule. Ours and "paired z" get interleaved
rounds, the others two sequential blocks on the same machine. Ours looks after every round and may answer
INCONCLUSIVE or INVALID, which count as missed here; the others look once. Where instances are biased, ours has a
control besides, a third more calls. The rules answer different questions: a 5 % rule is not meant to see 3 %, and a
test of "different" is right to call two runs on a drifting machine different, only that says nothing about the
code."""
_RULES = """First four columns: share of equal arms called different within 200 pairs; then pairs to a decision,
median / 95 %. All look after every pair, {n} measurements a cell, spread 5 %. None of these asks about memory
between rounds; ours is the last one with the bounds for memory (and the control) on top, see the tables above.
Signs need no symmetry, a running mean is the quickest while tails are light, sequential ranks hold even where the
scatter changes from pair to pair. Signed ranks were kept: they lose little to the mean on normal pairs, outliers do
not move them, and their estimate, the Hodges-Lehmann median, is the centre of their interval."""
_RECORDED = """CosyVoice2's flow encoder on a shared machine; `slower_*` is eager with a busy-wait planted. The twin
is a second copy of eager. In `small_*` it is percents slower for good: without a control a copy looks like a
regression there, with one the answer is INVALID."""
_RESHUFFLED = """Rounds of eager and its twin in a new random order, the two exchanged at random in every round, {n}
times a file."""


if __name__ == "__main__":
    sys.exit(main())
