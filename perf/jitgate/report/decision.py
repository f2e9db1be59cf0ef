"""What a run came to in one line, and what to do: everything that people read of a run begins with it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from jitgate.gates.kind import AFTER_A_FAILURE, GateKind
from jitgate.gates.results import WORST_FIRST, Results
from jitgate.model.cell import Cell
from jitgate.model.str_enum import StrEnum
from jitgate.model.verdict import Verdict
from jitgate.statistics import Outcome

FAILED, INTERRUPTED = 1, 2
"""pytest's exit codes."""

BROKEN = {3: "an internal error ended it", 4: "its options or its configuration are wrong", 5: "no test was selected"}
"""Exit codes after which nothing was decided -> why."""

ACTIONS = {
    Outcome.FAIL: "find the cause, or change the limit if that is meant",
    Outcome.INVALID: "mend what the reason names, then run again",
    Outcome.INCONCLUSIVE: "see its reason, which says what is missing",
}


TO_GATE = {
    "speed": "min_speedup in [[tool.jitgate.gates]]",
    "memory": "memory_limit in [tool.jitgate], or max_memory in [[tool.jitgate.gates]]",
}
"""What no gate may have asked for -> how to ask."""


class RunState(StrEnum):
    """GREEN, NOT GATED and NOT DECIDED alone are exit code 0: the second judged nothing, and in the third a gate is
    INCONCLUSIVE where that fails nothing. RED: a gate or a test failed. INVALID, UNDECIDED: no gate failed, and some
    could not be judged, or not decided. STOPPED: the run did not come to its end. EMPTY: nothing was measured."""

    GREEN = "GREEN"
    UNGATED = "NOT GATED"
    OPEN = "NOT DECIDED"
    RED = "RED"
    INVALID = "INVALID"
    UNDECIDED = "UNDECIDED"
    STOPPED = "STOPPED"
    EMPTY = "EMPTY"


STATES = {
    Outcome.FAIL: RunState.RED,
    Outcome.INVALID: RunState.INVALID,
    Outcome.INCONCLUSIVE: RunState.UNDECIDED,
}
"""The worst verdict of a session -> the session's state."""


@dataclass(frozen=True)
class Ending:
    """How a session ended. exit_code: pytest's; None where it is not known. problems: what makes it red beyond its
    gates, a sentence each. unchanged: why there was nothing to measure; "" where there was something."""

    exit_code: int | None = None
    problems: tuple[str, ...] = ()
    unchanged: str = ""


@dataclass(frozen=True)
class RunDecision:
    """headline: the decision, one line that begins with the state. action: what to do, one sentence."""

    state: RunState
    headline: str
    action: str


def decide(results: Results, ending: Ending | None = None) -> RunDecision:
    """The decision on a session; without an ending, by its gates alone."""
    ending = ending or Ending()
    code, red = ending.exit_code, results.red()
    of = f"of {_gates(len(counting(results)))}"
    if code == FAILED and not red:  # limits that tests state make their test red, and are no gates of the project
        red, of = (
            [each for each in results.gates if not each.green and not each.configured],
            "of what tests ask by themselves",
        )
    if code == INTERRUPTED or code in BROKEN:
        why = "the run was interrupted" if code == INTERRUPTED else BROKEN[code]
        return RunDecision(RunState.STOPPED, f"STOPPED: {why}. {held(results)}.", "Run it again, to its end.")
    if ending.unchanged and code == 0:
        return RunDecision(RunState.GREEN, f"GREEN: nothing to measure: {ending.unchanged}.", "Nothing to do.")
    if not results.measurements:
        action = "Check what was selected, and that the workloads can be built."
        return RunDecision(RunState.EMPTY, "EMPTY: nothing was measured, so nothing is known.", action)
    state = STATES[worst_first(red)[0].outcome] if red else RunState.GREEN
    if red and (state is RunState.RED or not ending.problems):
        mark = state if state is RunState.RED else f"{state} (not green)"
        return RunDecision(state, f"{mark}: {of} {_counted(red)}.", _first(red))
    if ending.problems:
        return RunDecision(RunState.RED, f"RED: {ending.problems[0]}", f"Mend that first. {held(results)}.")
    if code not in (0, None):
        return RunDecision(
            RunState.RED,
            "RED: a test that is no gate, or another plugin, failed the run.",
            f"See that failure. {held(results)}.",
        )
    if not counting(results):
        return RunDecision(
            RunState.UNGATED, "NOT GATED: no gate was judged, figures are only reported.", _next(results)
        )
    if any(not each.green and not results.rules.kind(each.gate).optional for each in counting(results)):
        told = f"NOT DECIDED: {held(results)}, which fails nothing here{_not_asked(results)}."
        return RunDecision(RunState.OPEN, told, _next(results))
    return RunDecision(RunState.GREEN, f"GREEN: {held(results)}{_not_asked(results)}.", _next(results))


def counting(results: Results) -> list[Verdict]:
    """The project's gates: without limits that tests state, reported ones, and cells that can't run and need not."""
    return [verdict for verdict in results.gates if verdict.configured and results.skipped(verdict.cell) is None]


def held(results: Results) -> str:
    """`8 of 8 gates held`; with what became of the others."""
    gates = counting(results)
    if not gates:
        return "No gate was judged"
    green = sum(verdict.green for verdict in gates)
    counted = Counter(verdict.outcome for verdict in gates if not verdict.green)
    rest = ", ".join(f"{counted[outcome]} {outcome}" for outcome in WORST_FIRST if counted[outcome])
    return f"{green} of {_gates(len(gates))} held" + (f"; {rest}" if rest else "")


def by_reason(verdicts: Sequence[Verdict]) -> list[list[Verdict]]:
    """Verdicts of one cell and one reason together: a failure that breaks every gate is said once."""
    found: dict[tuple[str, str, Outcome], list[Verdict]] = {}
    for each in verdicts:
        found.setdefault((each.cell.id, each.reason, each.outcome), []).append(each)
    return list(found.values())


def worst_first(verdicts: Sequence[Verdict]) -> list[Verdict]:
    """FAIL before INVALID before INCONCLUSIVE before PASS; a speed-up before what only accompanies it."""
    return sorted(verdicts, key=lambda each: (WORST_FIRST.index(each.outcome), not each.configured))


def _gates(count: int) -> str:
    return f"{count} gate" if count == 1 else f"{count} gates"


def _counted(red: Sequence[Verdict]) -> str:
    """`2 failed, 1 is INVALID and 3 are INCONCLUSIVE`."""
    counted = Counter(verdict.outcome for verdict in red)
    there = [(outcome, counted[outcome]) for outcome in WORST_FIRST if counted[outcome]]
    parts = [f"{count} {_became(outcome, count)}" for outcome, count in there]
    return " and ".join(filter(None, (", ".join(parts[:-1]), parts[-1])))


def _became(outcome: Outcome, count: int) -> str:
    if outcome is Outcome.FAIL:
        return "failed"
    return f"is {outcome}" if count == 1 else f"are {outcome}"


def next_step(verdict: Verdict) -> str:
    """What to do about a verdict that is not PASS: a clause."""
    advice = verdict.advice.rstrip(".") or ACTIONS[verdict.outcome]
    return f"{advice[0].lower()}{advice[1:]}"


def _first(red: Sequence[Verdict]) -> str:
    worst = worst_first(red)[0]
    begin = "Begin with " if len(red) > 1 else ""
    if worst.advice == AFTER_A_FAILURE:
        return f"{begin}{worst.cell.id}: {worst.sentence}"
    return f"{begin}{worst.cell.id}, {worst.label}: {next_step(worst)}."


def _is_about(kind: GateKind, what: str) -> bool:
    """Whether a kind alone answers one of `TO_GATE`."""
    return kind.alone and (kind.timed if what == "speed" else kind.question == "fits")


def _without(results: Results, *, limit: bool) -> list[str]:
    """Those of `TO_GATE` that no gate of this session has judged: where one has a limit and its tests did not run, or
    where there is none."""
    rules = results.rules
    judged = [rules.kind(each.gate) for each in counting(results)]
    cells = [cell for cell in results.cells() if results.skipped(cell) is None]
    set_ = [kind for kind in rules.kinds if any(_has_limit(results, kind, cell) for cell in cells)]
    return [
        what
        for what in TO_GATE
        if not any(_is_about(kind, what) for kind in judged) and any(_is_about(kind, what) for kind in set_) == limit
    ]


def _has_limit(results: Results, kind: GateKind, cell: Cell) -> bool:
    rules = results.rules
    return rules.applies(kind, cell) and rules.limit(kind, results.asked(cell)) is not None


def _not_asked(results: Results) -> str:
    found = ""
    for limit, became in ((True, "not judged, since no test of {} ran"), (False, "not gated")):
        left = _without(results, limit=limit)
        is_, it = ("is", "it") if len(left) == 1 else ("are", "them")
        found += f"; {' and '.join(left)} {is_} {became.format(it)}" if left else ""
    return found


def _next(results: Results) -> str:
    steps = [f"to judge {what}, run its tests too" for what in _without(results, limit=True)]
    steps += [f"to gate {what}, set {TO_GATE[what]}" for what in _without(results, limit=False)]
    if steps:
        return f"T{'; '.join(steps)[1:]}."
    waiting = [verdict for verdict in counting(results) if not verdict.green]
    return "The reason of what is INCONCLUSIVE says what would decide it." if waiting else "Nothing to do."
