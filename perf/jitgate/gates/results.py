"""All that a session measured and judged. Whatever a person or a program reads of a run is made from this."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from jitgate.config.policy import FAIL
from jitgate.gates.kind import Asked, GateKind
from jitgate.gates.requirements import Requirement, Rules
from jitgate.model.cell import Cell
from jitgate.model.error_words import shortly
from jitgate.model.failure import FailureKind
from jitgate.model.measurement import Measurement
from jitgate.model.variant import BASELINE, is_variant
from jitgate.model.verdict import Verdict
from jitgate.statistics import Outcome

WORST_FIRST = (Outcome.FAIL, Outcome.INVALID, Outcome.INCONCLUSIVE, Outcome.PASS)


@dataclass
class Results:
    """Measurements, and verdicts on them. Each (measurement, cell, gate, limit) is judged once.

    verdicts: those that tests asked for, in that order. A later verdict on the same gate and limit takes its place.
    """

    rules: Rules
    measurements: dict[tuple[str, str], Measurement] = field(default_factory=dict)
    _judged: dict[tuple[Measurement, Cell, str, float, str], Verdict] = field(default_factory=dict)
    _asked: dict[tuple[Cell, str, float, str], tuple[Requirement, Verdict]] = field(default_factory=dict)

    @property
    def verdicts(self) -> list[Verdict]:
        return [verdict for _, verdict in self._asked.values()]

    @property
    def gates(self) -> list[Verdict]:
        """The verdicts that can make a session fail: without those that are only reported."""
        return [verdict for verdict in self.verdicts if verdict.on_fail == FAIL]

    def cells(self) -> Iterator[Cell]:
        """Every cell that was measured, without the controls."""
        for measurement in self.measurements.values():
            for variant in measurement.all_samples:
                if is_variant(variant):
                    yield Cell(measurement.workload, measurement.scenario, variant)

    def measurement(self, cell: Cell) -> Measurement:
        return self.measurements[cell.workload, cell.scenario]

    def asked(self, cell: Cell) -> Asked:
        """The cell, as a gate kind is asked about it."""
        return self.rules.asked(self.measurement(cell), cell)

    def judge(self, kind: GateKind, asked: Asked, limit: float) -> Verdict:
        """The verdict, made now if it has not been. It does not count as asked for."""
        key = (asked.measurement, asked.cell, kind.key, limit, asked.baseline)
        if key not in self._judged:
            self._judged[key] = _verdict(kind, asked, limit)
        return self._judged[key]

    def add(self, requirement: Requirement) -> Verdict:
        """Judge a requirement that somebody asks for; from now on it counts."""
        asked = requirement.asked
        verdict = replace(
            self.judge(requirement.kind, asked, requirement.limit),
            configured=requirement.configured,
            on_fail=requirement.on_fail,
            source=requirement.source,
        )
        self._asked[asked.cell, verdict.gate, verdict.limit, verdict.on_fail + verdict.source] = (requirement, verdict)
        return verdict

    def close(self) -> None:
        """The session is over: a verdict on a measurement that got more rounds since is judged again, and the worse
        of the two stays."""
        for key, (requirement, verdict) in list(self._asked.items()):
            now = self.measurement(verdict.cell)
            if requirement.asked.measurement is not now:
                again = self.add(replace(requirement, asked=replace(requirement.asked, measurement=now)))
                if WORST_FIRST.index(again.outcome) >= WORST_FIRST.index(verdict.outcome):
                    self._asked[key] = (requirement, verdict)

    def of(self, cell: Cell) -> list[Verdict]:
        """The verdicts of one cell that were asked for."""
        return [verdict for verdict in self.verdicts if verdict.cell == cell]

    def worst(self, cell: Cell) -> Outcome | None:
        """The worst outcome of the cell's gates, without those that are only reported; None where none was asked
        for."""
        found = [verdict.outcome for verdict in self.gates if verdict.cell == cell]
        return min(found, key=WORST_FIRST.index, default=None)

    def skipped(self, cell: Cell) -> str | None:
        """Why a cell can't run here where no gate names it: its tests are skipped, and nothing has failed."""
        failure = self.measurement(cell).all_samples[cell.variant].failure
        if failure is None or failure.kind is not FailureKind.UNAVAILABLE:
            return None
        baseline = self.measurement(cell).all_samples[BASELINE].failure
        if baseline is not None and baseline.kind is not FailureKind.UNAVAILABLE:
            return None  # a model that eager can't run is refused by every engine, and that is no reason to be green
        return None if self.rules.policy.names(cell, self.rules.device) else failure.sentence

    def red(self) -> list[Verdict]:
        """The verdicts by which a session fails: of the project's own gates, those that are not PASS.

        What is INCONCLUSIVE is left out where the project says so, and where the limit is a default.
        """
        return [verdict for verdict in self.verdicts if self.is_red(verdict)]

    def unjudged(self, cell: Cell) -> Iterator[tuple[str, float]]:
        """Key and limit of the project's gates on this cell that no test has asked for."""
        asked_for = {verdict.gate for verdict in self.gates if verdict.cell == cell}
        for kind in self.rules.kinds:
            limit = self.rules.policy.limit(kind.key, cell, self.rules.device)
            if limit is not None and kind.key not in asked_for and self.rules.applies(kind, cell):
                yield kind.key, limit

    def is_red(self, verdict: Verdict) -> bool:
        """Whether a session can't end green with this verdict."""
        if verdict.green or verdict.on_fail != FAIL or not verdict.configured or self.skipped(verdict.cell) is not None:
            return False
        lenient = self.rules.policy.skip_inconclusive or self.rules.kind(verdict.gate).optional or verdict.lenient
        return not (verdict.outcome is Outcome.INCONCLUSIVE and lenient)


def _verdict(kind: GateKind, asked: Asked, limit: float) -> Verdict:
    """A kind of another package may be broken: then nothing is known, and the run goes on."""
    try:
        return kind.verdict(asked, limit)
    except Exception as error:  # noqa: BLE001 - whatever it raises
        reason = f"{kind.key} could not be judged: {shortly(error)}"
        label = f"{kind.key}={limit:g}"
        return Verdict(asked.cell, kind.key, limit, label, Outcome.INVALID, reason, baseline=asked.baseline)
