"""`python -m studies.history [--quick] [--out docs/history-study.md]`: how often and how late.

2,000 stationary series of 200 runs under six kinds of noise; planted steps and a creep; three peers' rules at one
false-alarm rate.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from jitgate.statistics.changepoint import FALSE_ALARMS_PER_RUN, change_points_of, threshold

from studies.history.compared import RUNS, SERIES, PublicSeries, Score, compared, public
from studies.history.noise import EXCHANGEABLE, KINDS, WIDTH, creep, normal, step

if TYPE_CHECKING:
    from numpy.typing import NDArray

Watched = tuple[int, int]
"""Series watched together, runs before the change."""

Delay = tuple["NDArray[np.float64]", float]
WATCHED = 2000
STORES = (2000, 200, 50)
"""Series that are watched together: the more, the more evidence each alarm needs."""

EARLIER = (100, 140)
"""Runs before a change."""

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


def planted(series: int, earlier: int) -> dict[str, NDArray[np.float64]]:
    """What was planted -> logarithms, shape (series, RUNS)."""
    rng = np.random.default_rng(SEED)
    return {
        "+5 % (2.5 sd)": step(normal(rng, (series, RUNS)), earlier, 0.05),
        "+2 % (1 sd)": step(normal(rng, (series, RUNS)), earlier, 0.02),
        "creep of 10 x 1 %": creep(normal(rng, (series, RUNS)), earlier),
    }


def delays(series: int, watched: int, earlier: int) -> dict[str, Delay]:
    """What was planted -> runs from its start to the alarm (inf for none), and the share located within one run."""
    found = {}
    for what, logs in planted(series, earlier).items():
        every = change_points_of(np.exp(logs), threshold(watched))
        first = [next((point for point in points if point.alarm >= earlier), None) for points in every]
        taken = np.array([np.inf if point is None else point.alarm - earlier + 1 for point in first])
        near = float(np.mean([point is not None and abs(point.index - earlier) <= 1 for point in first]))
        found[what] = taken, near
    return found


def told_more(series: int, quiet: int, watched: int, earlier: int) -> dict[str, float]:
    """The share that a rule finds in time which is told that noise is normal, and how wide.

    The likelihood ratio of a step anywhere against none, both levels unknown; it alarms as often on `quiet` stationary
    series as ours is allowed to.
    """
    rate = FALSE_ALARMS_PER_RUN / watched
    calm = likelihood_ratio(normal(np.random.default_rng(SEED + 1), (quiet, earlier + 10)), earlier - 50)
    levels = np.arange(10, 50, 0.25)
    rates = np.array([((calm[:, 1:] >= level) & (calm[:, :-1] < level)).mean() for level in levels])
    level = levels[int(np.argmax(rates <= rate))]
    made = planted(series, earlier)
    return {
        what: float((likelihood_ratio(logs[:, : earlier + WITHIN[what]], earlier) >= level).any(axis=1).mean())
        for what, logs in made.items()
    }


def likelihood_ratio(logs: NDArray[np.float64], begin: int) -> NDArray[np.float64]:
    """Twice its logarithm, of the best step so far, at each run from `begin` on."""
    sums = np.cumsum(logs, axis=1) / WIDTH
    best = []
    for run in range(begin, logs.shape[1]):
        before = np.arange(3, run)
        after = run + 1 - before
        means = sums[:, before - 1] / before, (sums[:, [run]] - sums[:, before - 1]) / after
        best.append(((means[1] - means[0]) ** 2 * before * after / (run + 1)).max(axis=1))
    return np.array(best).T


def main(arguments: list[str] | None = None) -> int:
    """Write the document and its picture; returns 1 where a false-alarm rate is above the bound where it holds."""
    parser = argparse.ArgumentParser(prog="python -m studies.history", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a third of the series")
    parser.add_argument("--out", type=Path, default=Path("docs/history-study.md"), metavar="FILE.md")
    chosen = parser.parse_args(arguments)
    repeats, series, quiet = (1, 100, 2000) if chosen.quick else (4, 1000, 40_000)
    alarms = false_alarms(repeats)
    found = {(watched, earlier): delays(series, watched, earlier) for earlier in EARLIER for watched in STORES}
    bound = {earlier: told_more(series, quiet, STORES[0], earlier) for earlier in EARLIER}
    scores = compared(list(EXCHANGEABLE), min(series, 300), min(series, 300) // 2, SEED)
    picture = chosen.out.with_suffix(".svg")
    drawn = draw(picture, found, scores)
    lines = [
        *_head(repeats),
        *_alarm_table(alarms),
        *_delay_table(found, bound),
        *_score_table(scores),
        *_public_table(public(scores)),
    ]
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
            f"unless said otherwise, series have {RUNS} runs."
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


def _delay_table(found: dict[Watched, dict[str, Delay]], bound: dict[int, dict[str, float]]) -> list[str]:
    lines = [
        "## Delays",
        "",
        (
            f"The last column: the share that a rule finds in time which is told that noise is normal and how wide, "
            f"where {STORES[0]:,} series are watched, at the same rate of false alarms. Ours is told nothing."
        ),
        "",
        "| planted | runs before | series watched | within | found | median | located within one run | told more |",
        "| --- | --- | --- | --- | --- | --- | --- | --- |",
    ]
    for (watched, earlier), by_kind in found.items():
        for what, (taken, near) in by_kind.items():
            within = WITHIN[what]
            share, located = np.mean(taken <= within), "-" if "creep" in what else f"{near:.0%}"
            most = f"{bound[earlier][what]:.1%}" if watched == STORES[0] else "-"
            lines.append(
                f"| {what} | {earlier} | {watched:,} | {within} runs | {share:.1%} | {np.median(taken):.0f} "
                f"| {located} | {most} |"
            )
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


def _public_table(every: list[PublicSeries]) -> list[str]:
    lines = [
        "## On public series",
        "",
        "First runs of new levels that each rule finds, with its number above. `studies/data` has the sources.",
        "",
        f"| series | runs | said to change at | {' | '.join(every[0].found)} |",
        "| --- | --- | --- |" + " --- |" * len(every[0].found),
    ]
    for one in every:
        places = f"{_places(one.places)} ({one.said_by})"
        lines.append(f"| {one.name} | {one.runs} | {places} | {' | '.join(map(_places, one.found.values()))} |")
    return [*lines, ""]


def _places(places: list[int]) -> str:
    return ", ".join(map(str, places)) or "none"


def draw(path: Path, found: dict[Watched, dict[str, Delay]], scores: dict[str, Score]) -> bool:
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
            taken = found[watched, EARLIER[0]][what][0]
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
