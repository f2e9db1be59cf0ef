"""Which gates a cell has: the kinds that apply, each with the limit that the project, or the kind itself, sets."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from jitgate.config.policy import FAIL, Policy
from jitgate.gates.kind import Asked, GateKind, Past
from jitgate.model.cell import Cell
from jitgate.model.measurement import Measurement
from jitgate.model.variant import BASELINE, is_variant


@dataclass(frozen=True)
class Requirement:
    """A kind and its limit, for one cell. configured: set by the project or by the kind, and not by a test."""

    kind: GateKind
    asked: Asked
    limit: float
    configured: bool = True
    on_fail: str = FAIL
    source: str = ""


@dataclass(frozen=True)
class Rules:
    """What a session judges by. device: `cpu` or `cuda`. alpha: probability of a false alarm of a single verdict. past:
    earlier runs; None where there is no history. has_base: whether another commit is compared with."""

    policy: Policy
    kinds: tuple[GateKind, ...]
    device: str
    alpha: float
    past: Past | None = None
    has_base: bool = False

    def kind(self, key: str) -> GateKind:
        """The kind of that key; KeyError where there is none."""
        return next(kind for kind in self.kinds if kind.key == key)

    def asked(self, measurement: Measurement, cell: Cell) -> Asked:
        """The cell of a measurement, with what its figures are compared with."""
        load = self.policy.gate("max_load_memory", cell, self.device)
        baseline = self.policy.baseline(cell, self.device)
        change = self.policy.limit("max_output_change", cell._replace(variant=BASELINE), self.device)
        return Asked(measurement, cell, self.alpha, baseline, load is not None, self.past, change)

    def applies(self, kind: GateKind, cell: Cell) -> bool:
        """Whether a kind makes sense of a cell of this session."""
        workload = self.policy.workloads.get(cell.workload)
        here = workload is not None and (self.has_base or not kind.needs_base)
        return here and workload is not None and kind.applies(cell, workload)

    def limit(self, kind: GateKind, asked: Asked) -> float | None:
        """The limit of a cell: its gate's, or the kind's default; None where there is none."""
        limit = self.policy.limit(kind.key, asked.cell, self.device)
        return kind.default(self.policy, asked) if limit is None else limit

    def of(self, measurement: Measurement, cell: Cell) -> Iterator[Requirement]:
        """All requirements of a cell, in the order of the kinds, and then those that are only reported."""
        asked = self.asked(measurement, cell)
        for kind in self.kinds:
            if self.applies(kind, cell):
                limit = self.limit(kind, asked)
                if limit is not None:
                    yield Requirement(kind, asked, limit)
        for gate, key, limit in self.policy.reported(cell, self.device):
            about = replace(asked, baseline=gate.baseline)
            yield Requirement(self.kind(key), about, limit, on_fail=gate.on_fail, source=gate.source)

    def undecided(self, measurement: Measurement, *, starts: bool = False) -> list[str]:
        """The variants of which more rounds may still decide a gate, and what they are compared with; or, with
        `starts`, workers that are started again."""
        found: list[str] = []
        for variant in measurement.all_samples:
            if not is_variant(variant):
                continue
            for each in self.of(measurement, Cell(measurement.workload, measurement.scenario, variant)):
                needs = each.kind.needs_starts if starts else each.kind.needs_rounds
                if each.kind.timed and needs(each.asked, each.limit):
                    found += [variant, *each.kind.compared_with(each.asked)]
        return list(dict.fromkeys(found))

    def count_timed(self, cells: Iterator[Cell] | list[Cell]) -> int:
        """How many verdicts on time these cells have: each is one more chance of a false alarm in the session."""
        timed = [kind for kind in self.kinds if kind.timed]
        always = [kind for kind in timed if kind.needs_base and kind.default_limit is not None]
        configured = sum(
            self.applies(kind, cell) and (self.policy.gate(kind.key, cell, self.device) is not None or kind in always)
            for cell in cells
            for kind in timed
        )
        keys = {kind.key for kind in timed}
        return configured + sum(key in keys for cell in cells for _, key, _ in self.policy.reported(cell, self.device))
