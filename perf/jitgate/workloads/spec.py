"""What can be known of a workload before its module is built; free of torch, so that collection costs nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from jitgate.model.interpreter import Interpreter
from jitgate.model.non_finite import NonFinite
from jitgate.model.own_model import OwnModel
from jitgate.model.partly_quantised import PartlyQuantised
from jitgate.model.token_agreement import TokenAgreement
from jitgate.workloads.checkpoint_spec import CheckpointSpec
from jitgate.workloads.weight_source import OURS, WeightSource

if TYPE_CHECKING:
    from jitgate.model.requests import OpenModel

BUDGET_S = 300.0
"""Seconds of rounds of one workload/scenario, which is enough for what calls take up to a second or so."""

SHARERS = 10
"""So many variants share a budget; for more it grows in proportion, as a round of them does. All 35 of the flow encoder
at 5 s had 12 rounds of 25 s in `BUDGET_S`, and nothing was decided of any of them (two CPU cores, 2026-11-23)."""


@dataclass(frozen=True)
class WorkloadSpec:
    """What can be known of a workload before its module is built.

    factory: `package.module:callable`, called in workers. nightly: scenarios left to `-m nightly` runs.
    where: the place a user would edit, for messages. tolerance: its own, by precision or for `EVERY` one, where the
    table of all is not right for it (`jitgate.model.tolerance`). origin: where its modules and weights come from.
    share: what it takes of a checkpoint directory; None where it can't be given one. left_out: why a session does not
    measure it; empty where it does. notes: what a reader of its figures should know. budgets_s: seconds of rounds, by
    scenario, where `BUDGET_S` is known to decide nothing. token_agreement: which of its outputs are ids that were
    chosen. non_finite: what NaN and infinities in them mean. partly_quantised: whether integers in some layers will do.
    own: the model that `--jitgate-model` names, in place of a factory. remembered: its scenarios as an earlier run was
    told; empty where they were asked for or are listed. interpreter: the Python that its workers run in; None for this.
    packages: `package.module:callable` that imports, for a factory's name, the packages that its module comes in: every
    worker does so before anything of the model is there, so that they are in no figure of memory.
    """

    name: str
    factory: str
    scenarios: tuple[str, ...]
    variants: tuple[str, ...]
    nightly: frozenset[str] = frozenset()
    where: str = "jitgate"
    tolerance: Mapping[str, float] = field(default_factory=dict)
    weight_source: WeightSource = OURS
    checkpoint_spec: CheckpointSpec | None = None
    left_out: str = ""
    notes: tuple[str, ...] = ()
    budgets_s: Mapping[str, float] = field(default_factory=dict)
    token_agreement: TokenAgreement | None = None
    non_finite: NonFinite = NonFinite.INVALID
    partly_quantised: PartlyQuantised = PartlyQuantised.INVALID
    own: OwnModel | None = None
    remembered: tuple[str, ...] = ()
    interpreter: Interpreter | None = None
    packages: str = ""

    def budget_s(self, scenario: str, variants: int) -> float:
        """Seconds of rounds of so many variants, unless a run is told otherwise."""
        return self.budgets_s.get(scenario, BUDGET_S) * max(1.0, variants / SHARERS)

    def recipe(self) -> OpenModel:
        """The request that builds it in a worker."""
        from jitgate.model.requests import OpenModel

        source = self.weight_source
        return OpenModel(self.factory, self.where, source.checkpoint, source.checkout, source.files, self.own)
