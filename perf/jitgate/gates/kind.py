"""A kind of requirement: one object, in one file, that knows all there is to know of it.

From a kind come a key of `[[tool.jitgate.gates]]`, a fixture, an attribute of `candidate`, a column of the tables and
an entry of the JSON. jitgate's own kinds are in this folder (`jitgate.gates.builtin` lists them); a
package offers more through the hook `pytest_jitgate_gates`:

    class MaxEnergy(GateKind):
        key, attribute, heading = "max_energy_j", "energy_j", "energy a call"

        def figure(self, asked):
            energy_j = asked.samples.power.energy_j
            return None if energy_j is None else Figure.exact(energy_j, f"{energy_j:.3g} J")
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Protocol

from jitgate.model.errors import UsageError
from jitgate.model.variant import BASELINE
from jitgate.model.verdict import Figure, Verdict
from jitgate.statistics import Outcome
from jitgate.statistics.limits import reaches, within

if TYPE_CHECKING:
    from jitgate.config.policy import Policy
    from jitgate.model.cell import Cell
    from jitgate.model.measurement import Measurement
    from jitgate.model.past import PastSeries
    from jitgate.model.samples import Samples
    from jitgate.workloads.spec import WorkloadSpec


LARGEST = sys.float_info.max
"""TOML knows larger whole numbers, of any length; no limit is one."""

LONGEST_SHOWN = 40
"""Characters of a wrong value that a message quotes."""


@dataclass(frozen=True)
class Asked:
    """Which figure is asked for: a cell of a measurement.

    alpha: probability of a false alarm of a single verdict. load_apart: whether loading has a memory limit of its own.
    past: earlier runs; None where there is no history. output_change: how far the output may be from another commit's;
    None where no gate says so.
    """

    measurement: Measurement
    cell: Cell
    alpha: float
    baseline: str = BASELINE
    load_apart: bool = False
    past: Past | None = None
    output_change: float | None = None

    @property
    def samples(self) -> Samples:
        return self.measurement.all_samples[self.cell.variant]

    @property
    def device(self) -> str:
        """`cpu` or `cuda`."""
        return self.measurement.device.split(":")[0]


class Past(Protocol):
    """Contract: what earlier runs say of one metric of a cell; see `jitgate.gates.tracked` for the metrics."""

    def of(self, asked: Asked, metric: str) -> PastSeries: ...


@dataclass(frozen=True)
class Judged:
    """What a kind says of a figure and a limit. reason: one sentence. advice: another one, or "". lenient: INCONCLUSIVE
    for want of earlier runs, which is named and fails nothing."""

    outcome: Outcome
    reason: str
    advice: str = ""
    lenient: bool = False


def unbelieved(samples: Samples) -> Judged | None:
    """Why no figure of a worker counts, by the outputs of its timed calls; None where nothing is known against it."""
    found = samples.timed_outputs
    if samples.failure is not None or found is None or not found.problem:
        return None
    return Judged(Outcome.INVALID, f"No figure of {samples.name} can be believed: {found.problem}.")


class GateKind:
    """A kind of requirement; subclasses set the attributes and override what differs.

    key: its name in TOML, in JSON and as a fixture (`fixture` where that has another name). attribute: of `candidate`,
    which a test compares with the limit by `operator`. timed: more rounds make the figure sharper. configurable: may be
    a key of `[[tool.jitgate.gates]]`. only_where_set: its test exists only for cells that a gate gives a limit.
    optional: its limit is a default, so what stays undecided is skipped and does not fail. default_from: where a
    project sets the limit of cells that no gate names; "" for nowhere. heading: of its column in
    the tables, or of its row where it needs a base; "" for none. question: which column its verdict counts in (`right`,
    `fits`, `fast`; `else` for any other). alone: whether its PASS alone answers that question. against_baseline: a
    comparison with it, which the baseline has not. default_limit: where no gate sets one; None for none. expected: what
    a limit in TOML has to be.
    records: its test enters the durations into pytest-benchmark. smoke: one call is enough to judge it.
    needs_base: a comparison with another commit, which sessions without `--jitgate-base` don't make.
    """

    key: ClassVar[str]
    attribute: ClassVar[str]
    fixture: ClassVar[str] = ""
    operator: ClassVar[str] = "<="
    heading: ClassVar[str] = ""
    question: ClassVar[str] = "else"
    alone: ClassVar[bool] = True
    timed: ClassVar[bool] = False
    against_baseline: ClassVar[bool] = False
    default_limit: ClassVar[float | None] = None
    default_from: ClassVar[str] = ""
    expected: ClassVar[str] = "a number above 0"
    configurable: ClassVar[bool] = True
    only_where_set: ClassVar[bool] = False
    optional: ClassVar[bool] = False
    records: ClassVar[bool] = False
    needs_base: ClassVar[bool] = False
    smoke: ClassVar[bool] = False

    def __init_subclass__(cls) -> None:
        if not cls.fixture and "key" in vars(cls):
            cls.fixture = cls.key

    def parse(self, value: object, where: str) -> float:
        """The limit from TOML; UsageError, naming `where`, for what is none."""
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < LARGEST:
            raise UsageError(f"{where}: {self.key} = {shown(value)} must be {self.expected}")
        return float(value)

    def applies(self, cell: Cell, workload: WorkloadSpec) -> bool:  # noqa: ARG002 - for kinds that look
        """Whether the requirement makes sense of this cell at all."""
        return not (self.against_baseline and cell.variant == BASELINE)

    def default(self, policy: Policy, asked: Asked) -> float | None:  # noqa: ARG002 - for kinds that have one
        """The limit where no gate sets one; None for none."""
        return self.default_limit

    def label(self, limit: float, asked: Asked) -> str:  # noqa: ARG002 - for kinds whose label needs more
        """Gate and limit as a person reads them."""
        return f"{self.key}={limit:g}"

    def needs_starts(self, asked: Asked, limit: float) -> bool:  # noqa: ARG002 - for kinds that count them
        """Whether workers that are started again may still decide it, and rounds of those that run can't."""
        return False

    def wants_confirmation(self, asked: Asked, limit: float) -> bool:  # noqa: ARG002 - for kinds that look twice
        """Whether a FAIL is to be seen again, in workers that are built and started for it."""
        return False

    def compared_with(self, asked: Asked) -> tuple[str, ...]:
        """Workers whose turns the figure needs besides the variant's, the baseline and the control left out."""
        return () if asked.baseline == BASELINE else (asked.baseline,)

    def figure(self, asked: Asked) -> Figure | None:
        """What was measured; None where nothing was."""
        raise NotImplementedError

    def explain(self, asked: Asked) -> str:
        """The figure as a failed assertion shows it, with what helps to understand it."""
        found = self.figure(asked)
        return "nothing measured" if found is None else found.text

    def column(self, asked: Asked, limit: float | None) -> str:  # noqa: ARG002 - for kinds that show their limit
        """The text of its column in the tables, where it has a heading."""
        found = self.figure(asked)
        return "-" if found is None else found.text

    def judge(self, asked: Asked, limit: float) -> Judged:
        """Is the figure within the limit? Of a worker that has failed it never is."""
        if asked.samples.failure is not None:
            return Judged(Outcome.FAIL, sentence(asked.samples.failure.sentence))
        return self.compare(asked, limit)

    def compare(self, asked: Asked, limit: float) -> Judged:
        """What was measured against the limit, by its interval: a limit inside of it is INCONCLUSIVE."""
        found = self.figure(asked)
        if found is None or found.low is None or found.high is None:
            return Judged(Outcome.INVALID, f"{self.attribute} was not measured.")
        at_most = self.operator == "<="
        if within(found.high, limit) if at_most else reaches(found.low, limit):
            return Judged(Outcome.PASS, f"{self.attribute} is {found.text}.")
        if not (within(found.low, limit) if at_most else reaches(found.high, limit)):
            return Judged(Outcome.FAIL, f"{self.attribute} is {found.text}, but {self.operator} {limit:g} is required.")
        return Judged(Outcome.INCONCLUSIVE, f"{self.attribute} is {found.text}: {limit:g} lies in between.")

    def undecided(self, asked: Asked, limit: float, outcome: Outcome) -> bool:  # noqa: ARG002 - for subclasses
        """Whether more rounds may still change `outcome`, which `judge` gave. Asked of `timed` kinds only."""
        return outcome is Outcome.INCONCLUSIVE

    def needs_rounds(self, asked: Asked, limit: float) -> bool:
        """Whether more rounds may still decide it; while rounds are made, before there is a verdict."""
        return self.undecided(asked, limit, self.judge(asked, limit).outcome)

    def verdict(self, asked: Asked, limit: float) -> Verdict:
        judged = unbelieved(asked.samples) or self.judge(asked, limit)
        broken = judged.outcome is Outcome.FAIL and asked.samples.failure is not None
        return Verdict(
            asked.cell,
            self.key,
            limit,
            self.label(limit, asked),
            judged.outcome,
            judged.reason,
            judged.advice or (AFTER_A_FAILURE if broken else ""),
            None if broken else self.figure(asked),
            asked.baseline,
            lenient=judged.lenient,
        )


AFTER_A_FAILURE = "Mend what the reason names; no limit of this variant could be judged."


def shown(value: object) -> str:
    """A value as it was written, shortened where that is longer than a line."""
    text = repr(value)
    return text if len(text) <= LONGEST_SHOWN else f"{text[:LONGEST_SHOWN]}... ({len(text)} characters)"


def sentence(text: str) -> str:
    """`text` with one full stop at its end."""
    return f"{text.rstrip().rstrip('.')}."
