"""`docs/merge-gate-study.md` and its picture, from recorded sessions."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from studies.merge_gate.judged import (
    RIVALS,
    Recorded,
    columns,
    equal_commits,
    false_alarms,
    long_enough,
    outcomes,
    power,
)
from studies.merge_gate.regimes import REGIMES

DRAWS = 100

PLANTED = (
    (0.03, 0.002, 600.0),
    (0.03, 0.005, 600.0),
    (0.03, 0.01, 600.0),
    (0.05, 0.01, 600.0),
    (0.05, 0.03, 600.0),
    (0.10, 0.03, 120.0),
    (0.0, 0.002, 600.0),
)
"""Slowdowns to simulate: share of more time, limit, seconds in which it is to be found."""

HEAD = """\
# How the merge gate does

Written by `python -m studies.merge_gate document` from the sessions that `python -m studies.merge_gate record` keeps in
`studies/data/merge_gate.jsonl`. Each is a session of its own: a repository made for it, in a folder whose name has
another length each time, `pytest --pyargs jitgate.benchmarks --jitgate-base`, a model of some milliseconds a call on
one thread, `max_slowdown = "{limit:.0%}"`. For inductor each of the three trees builds a package of its own."""

ALARMS = """\
## Equal commits

{sessions} sessions measured a commit against itself (`--jitgate-aa`), so that every FAIL is a false one. Below the gate
stands what other rules say of the same rounds: for them these sessions are as good as any, though most are short.
quiet: nothing was added; busy: a neighbour takes a core for 0.3 s of every second; memory: one walks through half a
GiB, again and again. What else the machine did is in its load (runnable processes in the minute before each session,
those of the session before it too): {loads}."""


def as_markdown(sessions: Sequence[Recorded], limit: float, picture: str | None) -> str:
    """The whole document. picture: the name of its file, beside the document."""
    equal = equal_commits(sessions, limit)
    lines = [HEAD.format(limit=limit), "", ALARMS.format(sessions=len(equal), loads=_loads(equal)), ""]
    lines += [*false_alarms(equal, limit), "", *_verdicts(equal), "", *_apart(equal), ""]
    lines += [f"![false alarms by rule, and how far equal commits measure apart]({picture})", ""] if picture else []
    return (
        "\n".join(
            [
                *lines,
                *_power([each for each in sessions if not each["slower"]]),
                *_live([each for each in sessions if each["slower"]]),
            ]
        )
        + "\n"
    )


def _loads(sessions: Sequence[Recorded]) -> str:
    of_each = ((regime, [each["load"] for each in sessions if each["regime"] == regime]) for regime in REGIMES)
    return ", ".join(f"{min(loads):.1f} to {max(loads):.1f} ({regime})" for regime, loads in of_each if loads)


def _verdicts(sessions: Sequence[Recorded]) -> list[str]:
    """A row a regime and variant: what the gate said, and how many rounds it had."""
    kinds = dict.fromkeys((each["regime"], each["variant"]) for each in sessions)
    lines = ["| regime | variant | sessions | rounds, median | the gate said |", "| --- | --- | ---: | ---: | --- |"]
    for regime, variant in kinds:
        found = [each for each in sessions if (each["regime"], each["variant"]) == (regime, variant)]
        rounds = np.median([len(each["rounds_us"]) for each in found])
        lines.append(f"| {regime} | {variant} | {len(found)} | {rounds:.0f} | {outcomes(found)} |")
    return lines


def _apart(sessions: Sequence[Recorded]) -> list[str]:
    """A row a regime: what the head of equal commits measures against the base, and the base's copy against the base.
    The interval is that of the mean over sessions, at 95 %."""
    lines = [
        "How far equal commits measure apart, as the mean of the sessions' medians with its interval of 95 %:",
        "",
        "| regime | sessions | head against base | base's copy against base |",
        "| --- | ---: | --- | --- |",
    ]
    for regime in REGIMES:
        found = [columns(each) for each in sessions if each["regime"] == regime and each["rounds_us"]]
        if len(found) > 1:
            arms = (_mean([float(np.median(each[at] / each[0]) - 1) for each in found]) for at in (1, 2))
            lines.append(f"| {regime} | {len(found)} | {' | '.join(arms)} |")
    return [*lines, "", "Where an interval does not hold 0, one arm is faster by more than chance; why is not known."]


def _mean(shares: Sequence[float]) -> str:
    mean, half = np.mean(shares), 1.96 * np.std(shares, ddof=1) / np.sqrt(len(shares))
    return f"{mean:+.1%} ({mean - half:+.1%} to {mean + half:+.1%})"


def _power(sessions: Sequence[Recorded]) -> list[str]:
    """A row for each planted slowdown, a column for each regime that rounds are drawn from."""
    by_regime = {name: long_enough([each for each in sessions if each["regime"] == name]) for name in REGIMES}
    by_regime = {name: usable for name, usable in by_regime.items() if usable}
    lines = ["## Planted slowdowns, simulated", ""]
    if not by_regime:
        return [*lines, "No recorded session is long enough to draw from.", ""]
    usable = [each for found in by_regime.values() for each in found]
    rounds = [len(each["rounds_us"]) for each in usable]
    call_ms = 1e3 * np.median([np.median(columns(each)[0]) for each in usable])
    lines += [
        (
            f"{DRAWS} sessions for each figure, drawn in blocks of five rounds from {len(usable)} recorded ones of "
            f"{min(rounds)} to {max(rounds)} rounds (a call takes {call_ms:.1f} ms), with the head's calls multiplied. "
            "What a real change does to caches, or to how calls scatter, is not in it."
        ),
        "",
        f"| planted | limit | within | {' | '.join(f'found, {name}' for name in by_regime)} |",
        "| ---: | ---: | ---: |" + " ---: |" * len(by_regime),
    ]
    for slower, limit, budget_s in PLANTED:
        found = (power(each, slower, limit, budget_s, draws=DRAWS) for each in by_regime.values())
        shares = " | ".join(f"{count} of {DRAWS}" for count in found)
        lines.append(f"| +{slower:.0%} | {limit:.1%} | {budget_s / 60:.0f} min | {shares} |")
    return [*lines, ""]


def _live(sessions: Sequence[Recorded]) -> list[str]:
    lines = ["## Planted slowdowns, live", ""]
    if not sessions:
        return [*lines, "None is recorded.", ""]
    lines += [
        "| planted | sessions | the gate said | seconds, median | longest |",
        "| ---: | ---: | --- | ---: | ---: |",
    ]
    for slower in dict.fromkeys(each["slower"] for each in sessions):
        found = [each for each in sessions if each["slower"] == slower]
        took_s = [each["took_s"] for each in found]
        lines.append(
            f"| +{slower:.0%} | {len(found)} | {outcomes(found)} | {np.median(took_s):.0f} | {max(took_s):.0f} |"
        )
    return [*lines, ""]


def draw(path: Path, sessions: Sequence[Recorded], limit: float) -> bool:
    """Sessions of equal commits that each rule calls slower, and how far base and head measure apart in them. False
    where matplotlib is missing."""
    try:
        import matplotlib as mpl
        from matplotlib.figure import Figure
    except ImportError:
        return False
    equal = [each for each in equal_commits(sessions, limit) if each["rounds_us"]]
    regimes = [name for name in REGIMES if any(each["regime"] == name for each in equal)]
    figure = Figure(figsize=(9, 3.4), layout="constrained")
    left, right = figure.subplots(1, 2)
    names = ["max_slowdown", *RIVALS]
    for at, regime in enumerate(regimes):
        found = [each for each in equal if each["regime"] == regime]
        gate = sum(each["verdict"] == "FAIL" for each in found)
        shares = [gate, *(sum(rule(*columns(each)[:2]) for each in found) for rule in RIVALS.values())]
        places = [place + 0.25 * (at - 1) for place in range(len(names))]
        left.barh(places, [100 * share / len(found) for share in shares], 0.25, label=regime)
        apart = sorted(100 * (np.median(columns(each)[1]) / np.median(columns(each)[0]) - 1) for each in found)
        right.step(apart, np.linspace(0, 100, len(apart)), label=regime)
    left.set_yticks(range(len(names)), names, fontsize="x-small")
    left.invert_yaxis()
    left.set_xlabel("equal commits called slower, % of sessions")
    left.legend(fontsize="x-small", frameon=False)
    right.set_xlim(-30, 30)
    right.set_xlabel("median of the head against the base's, %")
    right.set_ylabel("sessions below, %")
    right.legend(fontsize="x-small", frameon=False)
    with mpl.rc_context({"svg.hashsalt": "jitgate", "svg.fonttype": "none"}):
        figure.savefig(path, metadata={"Date": None})
    return True
