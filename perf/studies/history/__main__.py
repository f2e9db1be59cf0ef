"""`python -m studies.history [--quick] [--out docs/history-study.md]`: how often and how late.

2,000 stationary series of 200 runs under five kinds of noise; planted steps and a creep; three peers' rules at one
false-alarm rate. Some 40 s of a processor.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from jitgate.statistics.changepoint import FALSE_ALARMS_PER_RUN, change_points_of, threshold

from studies.history.compared import RUNS, SERIES, Score, compared
from studies.history.noise import EXCHANGEABLE, KINDS, WIDTH, creep, normal, step

if TYPE_CHECKING:
    from numpy.typing import NDArray

WATCHED = 2000
STORES = (2000, 200, 50)
"""Series that are watched together: the more, the more evidence each alarm needs."""

AT = 100
WITHIN = {"+5 % (2.5 sd)": 10, "+2 % (1 sd)": 60, "creep of 10 x 1 %": 20}
SEED = 20261127


def false_alarms(repeats: int) -> dict[str, float]:
    """Kind of noise -> alarms per run over all series, where nothing changes."""
    found = {}
    for kind, make in KINDS.items():
        rng = np.random.default_rng(SEED)
        tables = (np.exp(make(rng, (WATCHED, RUNS))) for _ in range(repeats))
        alarms = sum(len(points) for table in tables for points in change_points_of(table, threshold(WATCHED)))
        found[kind] = alarms / (RUNS * repeats)
    return found


def delays(series: int, watched: int) -> dict[str, tuple[NDArray[np.float64], float]]:
    """What was planted -> runs from its start to the alarm (inf for none), and the share located within one run."""
    rng = np.random.default_rng(SEED)
    planted = {
        "+5 % (2.5 sd)": step(normal(rng, (series, RUNS)), AT, 0.05),
        "+2 % (1 sd)": step(normal(rng, (series, RUNS)), AT, 0.02),
        "creep of 10 x 1 %": creep(normal(rng, (series, RUNS)), AT),
    }
    found = {}
    for what, logs in planted.items():
        every = change_points_of(np.exp(logs), threshold(watched))
        first = [next((point for point in points if point.alarm >= AT), None) for points in every]
        taken = np.array([np.inf if point is None else point.alarm - AT + 1 for point in first])
        near = float(np.mean([point is not None and abs(point.index - AT) <= 1 for point in first]))
        found[what] = taken, near
    return found


def main(arguments: list[str] | None = None) -> int:
    """Write the document and its picture; returns 1 where a false-alarm rate is above the bound where it holds."""
    parser = argparse.ArgumentParser(prog="python -m studies.history", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a third of the series")
    parser.add_argument("--out", type=Path, default=Path("docs/history-study.md"), metavar="FILE.md")
    chosen = parser.parse_args(arguments)
    repeats, series = (1, 100) if chosen.quick else (2, 300)
    alarms = false_alarms(repeats)
    found = {watched: delays(series, watched) for watched in STORES}
    scores = compared(list(EXCHANGEABLE), series, series // 2, SEED)
    picture = chosen.out.with_suffix(".svg")
    drawn = draw(picture, found, scores)
    lines = [*_head(repeats), *_alarm_table(alarms), *_delay_table(found), *_score_table(scores)]
    lines += [f"![shares found, and F1]({picture.name})"] if drawn else []
    chosen.out.write_text("\n".join(lines) + "\n", encoding="utf-8")
    sys.stderr.write(f"wrote {chosen.out}\n")
    return int(any(alarms[kind] > FALSE_ALARMS_PER_RUN for kind in EXCHANGEABLE))


def _head(repeats: int) -> list[str]:
    return [
        "# How the change detector does",
        "",
        (
            f"Written by `python -m studies.history`, every figure by that run. Noise is {WIDTH:.0%} wide "
            f"unless said otherwise, series have {RUNS} runs, changes begin at run {AT}."
        ),
        "",
        "## False alarms",
        "",
        (
            f"{WATCHED:,} stationary series watched together, {repeats} times. Promised where runs are exchangeable: "
            f"at most {FALSE_ALARMS_PER_RUN:.0%} per run over all series."
        ),
        "",
        "| noise | alarms per run, all series | promised |",
        "| --- | --- | --- |",
    ]


def _alarm_table(alarms: dict[str, float]) -> list[str]:
    rows = [f"| {kind} | {rate:.2%} | {'yes' if kind in EXCHANGEABLE else 'no'} |" for kind, rate in alarms.items()]
    return [*rows, ""]


def _delay_table(found: dict[int, dict[str, tuple[NDArray[np.float64], float]]]) -> list[str]:
    lines = ["## Delays", "", "| planted | series watched | within | found | median | located within one run |"]
    lines.append("| --- | --- | --- | --- | --- | --- |")
    for watched, planted in found.items():
        for what, (taken, near) in planted.items():
            within = WITHIN[what]
            share, located = np.mean(taken <= within), "-" if "creep" in what else f"{near:.0%}"
            lines.append(f"| {what} | {watched:,} | {within} runs | {share:.1%} | {np.median(taken):.0f} | {located} |")
    return [*lines, ""]


def _score_table(scores: dict[str, Score]) -> list[str]:
    kinds = list(next(iter(scores.values())).f1)
    lines = [
        "## Beside the rules of others",
        "",
        (
            f"Each rule's own number is set so that it makes no more false alarms than ours with {SERIES} series on "
            "stationary normal noise. F1 on planted steps of 1.5 to 5 sd, up to three in a series, within three runs."
        ),
        "",
        f"| rule | its number | false alarms a run | {' | '.join(f'F1, {kind}' for kind in kinds)} |",
        "| --- | --- | --- |" + " --- |" * len(kinds),
    ]
    for name, score in scores.items():
        shares = " | ".join(f"{score.f1[kind]:.2f}" for kind in kinds)
        lines.append(f"| {name} | {score.number:.3g} | {score.false_alarms:.1e} | {shares} |")
    return [*lines, ""]


def draw(path: Path, found: dict[int, dict[str, tuple[NDArray[np.float64], float]]], scores: dict[str, Score]) -> bool:
    """Shares found by run, and F1 by rule. False where matplotlib is missing."""
    try:
        import matplotlib as mpl
        from matplotlib.figure import Figure
    except ImportError:
        return False
    figure = Figure(figsize=(9, 3.4), layout="constrained")
    left, right = figure.subplots(1, 2)
    runs = np.arange(1, 81)
    for what in ("+5 % (2.5 sd)", "+2 % (1 sd)"):
        for watched, style in zip(STORES, ("-", "--", ":"), strict=True):
            taken = found[watched][what][0]
            left.plot(runs, [100 * np.mean(taken <= run) for run in runs], style, label=f"{what}, {watched:,} series")
    left.set_xlabel("runs since the change")
    left.set_ylabel("found, %")
    left.legend(fontsize="x-small", frameon=False)
    kinds = list(scores["ours"].f1)
    width = 0.8 / len(scores)
    for at, (name, score) in enumerate(scores.items()):
        places = [place + at * width for place in range(len(kinds))]
        right.bar(places, [score.f1[kind] for kind in kinds], width, label=name)
    right.set_xticks([place + 0.3 for place in range(len(kinds))], kinds)
    right.set_ylabel("F1 at one false-alarm rate")
    right.legend(fontsize="x-small", frameon=False)
    with mpl.rc_context({"svg.hashsalt": "jitgate", "svg.fonttype": "none"}):
        figure.savefig(path, metadata={"Date": None})
    return True


if __name__ == "__main__":
    raise SystemExit(main())
