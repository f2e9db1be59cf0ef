"""What a benchmark test holds in its hands: a variant whose figures compare by evidence."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING, NoReturn

import pytest

from jitgate.gates.requirements import Requirement
from jitgate.gates.stopping import UndecidedRequirement
from jitgate.model.printable import printable_line
from jitgate.plugin.measured import measured, skip_in_smoke
from jitgate.statistics import Outcome

if TYPE_CHECKING:
    from jitgate.gates.kind import Asked, GateKind
    from jitgate.gates.results import Results
    from jitgate.model.cell import Cell
    from jitgate.model.measurement import Measurement
    from jitgate.model.samples import Samples
    from jitgate.model.verdict import Verdict
    from jitgate.plugin.session_state import State

JUDGED = pytest.StashKey["list[Verdict]"]()
"""Of a test: the verdicts that it asked for."""


class Candidate:
    """One variant in one scenario, measured.

    Each gate kind gives it an attribute that is compared as a requirement would be written: `speedup`, `peak_memory`,
    `load_memory`, `memory_growth`, `rel_l2`, `recompiles`, `noise_floor`, `p95_ms`, `speedup_p95`, and so on.
    """

    def __init__(self, state: State, cell: Cell, item: pytest.Item) -> None:
        self.state = state
        self.cell = cell
        self.item = item

    def __repr__(self) -> str:
        return self.cell.id

    def __getattr__(self, name: str) -> Comparison:
        kinds = {kind.attribute: kind for kind in self.state.rules.kinds}
        if name not in kinds:
            raise AttributeError(f"a candidate has no {name!r}; it has {', '.join(kinds)}")
        skip_in_smoke(self.item.config, kinds[name])
        return Comparison(self, kinds[name])

    @property
    def measurement(self) -> Measurement:
        """All that was measured of the scenario so far."""
        return measured(self.state, self.cell)

    @property
    def samples(self) -> Samples:
        return self.measurement.all_samples[self.cell.variant]

    @property
    def results(self) -> Results:
        """All that the session measured and judged; this scenario is measured now if it has not been."""
        _ = self.measurement
        return self.state.results


class Comparison:
    """A figure with evidence. Comparing it judges; only PASS is green, however it is asked.

    `>=` and `<=` answer True or False where the evidence decides. Where it does not, or there is none, the test fails
    (or is skipped, where the project says so): also under `not`. Everything else one can do with a number is refused in
    a sentence: an interval is never equal to a number, and has no truth of its own.
    """

    def __init__(self, candidate: Candidate, kind: GateKind) -> None:
        self._candidate = candidate
        self._kind = kind
        self._verdict: Verdict | None = None

    def __repr__(self) -> str:
        return self._kind.explain(self._asked)

    @property
    def verdict(self) -> Verdict:
        """The verdict of the last comparison; without one, that on the limit of the project."""
        if self._verdict is None:
            limit = self._candidate.state.rules.limit(self._kind, self._asked)
            if limit is None:
                self._refuse(f"no gate sets {self._kind.key} for {self._candidate.cell.id}; compare it with a limit")
            self._verdict = self._judge(limit)
        return self._verdict

    @property
    def estimate(self) -> float:
        """The best estimate. Fails the test where there is none that can be believed."""
        return self._known("estimate")

    @property
    def low(self) -> float:
        """The lower end of the interval. Fails the test where there is none that can be believed."""
        return self._known("low")

    @property
    def high(self) -> float:
        """The upper end of the interval. Fails the test where there is none that can be believed."""
        return self._known("high")

    def __ge__(self, limit: float) -> bool:
        return self._compare(">=", limit)

    def __gt__(self, limit: float) -> bool:
        return self._compare(">=", limit)

    def __le__(self, limit: float) -> bool:
        return self._compare("<=", limit)

    def __lt__(self, limit: float) -> bool:
        return self._compare("<=", limit)

    def __eq__(self, other: object) -> bool:
        self._refuse(f"an interval is never equal to a number; write {self._kind.operator} LIMIT")

    def __ne__(self, other: object) -> bool:
        self._refuse(f"an interval is never equal to a number; write {self._kind.operator} LIMIT")

    def __bool__(self) -> bool:  # noqa: PLE0304 - it never returns
        self._refuse(f"it is neither true nor false by itself; write {self._kind.operator} LIMIT")

    def __float__(self) -> float:
        self._refuse("it is not one number; take .estimate, .low or .high")

    __hash__ = object.__hash__
    __round__ = __abs__ = __neg__ = __float__

    def _no_arithmetic(self, other: object) -> NoReturn:  # noqa: ARG002 - with whatever it is
        self._refuse("it is not one number; take .estimate, .low or .high")

    __add__ = __radd__ = __sub__ = __rsub__ = __mul__ = __rmul__ = __truediv__ = __rtruediv__ = _no_arithmetic

    def explanation(self) -> list[str]:
        """Lines for a failed assertion: outcome and reason first."""
        verdict, text = self._verdict, f"{self._candidate.cell.id}: {self!r}"
        if verdict is None:
            return [text]
        rules, source = self._candidate.state.rules, ""
        gate = rules.policy.gate(verdict.gate, verdict.cell, rules.device)
        if gate is not None and gate.reason:
            source = f" because {gate.reason}"
        elif gate is None and verdict.configured and self._kind.default_from:
            source = f" ({self._kind.default_from})"
        figures = [] if self._candidate.samples.failure is not None else [text]
        asked = f"asked for: {verdict.label}{source}{_next(verdict)}"
        return [f"{verdict.outcome}: {verdict.sentence}", *figures, asked]

    @property
    def shown(self) -> str:
        """The figure with its interval, and nothing else."""
        found = self._kind.figure(self._asked)
        return "nothing measured" if found is None else found.text

    def limit_shown(self, limit: object) -> str:
        """The limit as its gate writes it: `64MiB`, where a test holds a number of bytes."""
        verdict = self._verdict
        return verdict.label.partition("=")[2] if verdict is not None and verdict.limit == limit else repr(limit)

    @property
    def _asked(self) -> Asked:
        return self._candidate.results.asked(self._candidate.cell)

    def _known(self, end: str) -> float:
        results, asked = self._candidate.results, self._asked
        limit = results.rules.limit(self._kind, asked)
        verdict = results.judge(self._kind, asked, 1.0 if limit is None else limit)
        value = None if verdict.figure is None else getattr(verdict.figure, end)
        if verdict.outcome is Outcome.INVALID or value is None or self._candidate.samples.failure is not None:
            what = f"{self._kind.attribute} of {self._candidate.cell.id}"
            pytest.fail(f"{what} is not known: {verdict.reason}", pytrace=False)
        return float(value)

    def _compare(self, operator: str, limit: float) -> bool:
        limit = float(limit)
        if not math.isfinite(limit) or (limit <= 0 and self._kind.operator == ">="):
            self._refuse(f"{limit:g} is no limit; compare it with a number above 0")
        self._verdict = verdict = self._judge(limit)
        if verdict.outcome is Outcome.PASS or self._disproved(verdict):
            return (verdict.outcome is Outcome.PASS) == (operator == self._kind.operator)
        lenient = self._candidate.state.policy.skip_inconclusive or self._kind.optional or verdict.lenient
        if verdict.outcome is Outcome.INCONCLUSIVE and lenient:
            pytest.skip(f"INCONCLUSIVE: {verdict.sentence}")
        self._tell_last_words()
        pytest.fail("\n".join(self.explanation()), pytrace=False)

    def _disproved(self, verdict: Verdict) -> bool:
        """Whether the figure itself shows that the limit is not held, so that the opposite may be said of it.

        A FAIL has other causes too: the worker died, the output is another one. Then nothing may be said, either way.
        """
        figure = verdict.figure
        if verdict.outcome is not Outcome.FAIL or figure is None or self._candidate.samples.failure is not None:
            return False
        if self._kind.operator == ">=":
            return figure.high is not None and figure.high < verdict.limit
        return figure.low is not None and figure.low > verdict.limit

    def _judge(self, limit: float) -> Verdict:
        candidate, kind = self._candidate, self._kind
        configured = candidate.state.rules.limit(kind, self._asked) == limit
        verdict = decide(candidate.state, Requirement(kind, self._asked, limit, configured))
        candidate.item.stash.setdefault(JUDGED, []).append(verdict)
        told = (f"jitgate.{verdict.label}", f"{verdict.outcome}: {verdict.sentence}")
        candidate.item.user_properties.append((printable_line(told[0]), printable_line(told[1])))
        return verdict

    def _tell_last_words(self) -> None:
        """As a section of its own: pytest shortens the explanation of an assertion."""
        failure = self._candidate.samples.failure
        if failure is not None and failure.details:
            title = f"last words of worker {self._candidate.cell.variant}"
            self._candidate.item.add_report_section("call", title, failure.details)

    def _refuse(self, why: str) -> NoReturn:
        raise TypeError(f"{self._kind.attribute} of {self._candidate.cell.id}: {why}")


def _next(verdict: Verdict) -> str:
    from jitgate.report.decision import next_step

    return "" if verdict.green else f"; next: {next_step(verdict)}"


def decide(state: State, requirement: Requirement) -> Verdict:
    """The verdict on a requirement, with more rounds where they may decide it and the budget lasts. A FAIL that has to
    be confirmed is measured again."""
    kind, asked, limit = requirement.kind, requirement.asked, requirement.limit
    outcome, cell = state.results.judge(kind, asked, limit).outcome, asked.cell
    if kind.timed and kind.undecided(asked, limit, outcome):
        more = state.measurements.more(cell.workload, cell.scenario, UndecidedRequirement(requirement))
        asked = replace(asked, measurement=more)
    if kind.wants_confirmation(asked, limit):
        found = UndecidedRequirement(replace(requirement, asked=asked))
        asked = replace(asked, measurement=state.measurements.confirm(cell.workload, cell.scenario, found))
    return state.results.add(replace(requirement, asked=asked))


def explain(operator: str, left: object, right: object) -> list[str] | None:
    """What a failed comparison says instead of two reprs; None for comparisons that are not ours."""
    if isinstance(left, Comparison):
        return [f"{left.shown} {operator} {left.limit_shown(right)}", *left.explanation()]
    if isinstance(right, Comparison):
        return [f"{right.limit_shown(left)} {operator} {right.shown}", *right.explanation()]
    return None
