"""What must hold: `[tool.jitgate]` as read from a TOML file."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase
from itertools import combinations

from jitgate.config.history_settings import HistorySettings
from jitgate.engines.builtin import built_in
from jitgate.engines.registry import Engines
from jitgate.model.cell import Cell, CellPattern
from jitgate.model.errors import UsageError
from jitgate.model.past import WORSE
from jitgate.model.variant import BASELINE, VariantSpec
from jitgate.workloads.spec import WorkloadSpec

FAIL, REPORT = "fail", "report"
"""What becomes of a gate that is not PASS: its test fails; or it is reported, and its test asks only for an answer."""


@dataclass(frozen=True)
class Gate:
    """One rule. workload, scenario, variant: globs. limits: key of a gate kind -> limit, in the unit of that key.

    baseline: what `min_speedup` is a ratio to. on_fail: `FAIL` or `REPORT`. source: where the promise comes from.
    on_no_history: of `max_regression`, `skip` or `fail`. direction: of the same, `worse` or `both`.
    optional: whether a variant that can't run here is skipped all the same.
    """

    where: str
    workload: str = "*"
    scenario: str = "*"
    variant: str = "*"
    device: str = "*"
    baseline: str = BASELINE
    limits: Mapping[str, float] = field(default_factory=dict)
    reason: str = ""
    on_fail: str = FAIL
    source: str = ""
    on_no_history: str = "skip"
    direction: str = WORSE
    optional: bool = False

    @property
    def cells(self) -> CellPattern:
        """Which cells the rule speaks of."""
        return CellPattern(self.workload, self.scenario, self.variant)

    def matches(self, cell: Cell) -> bool:
        """Whether the rule speaks of this cell, on whatever device."""
        return self.cells.matches(cell)

    def is_of(self, file: str) -> bool:
        """Whether the rule stands in this file, and is not a package's."""
        return self.where.startswith(file)

    def applies(self, cell: Cell, device: str) -> bool:
        """Whether the rule holds for this cell on a device of this kind (`cpu`, `cuda`)."""
        return fnmatchcase(device, self.device) and self.matches(cell)


@dataclass(frozen=True)
class Policy:
    """Everything a configuration says. `where` is its file, for messages. cache_limit_bytes: None for no limit.

    history: where earlier runs are, and what they are compared by. measured_paths: the files that figures depend on, by
    which two commits are known to be equal; none where the project declares none.
    """

    where: str = "the defaults"
    alpha: float = 0.01
    memory_limit_bytes: int | None = None
    cache_limit_bytes: int | None = None
    skip_inconclusive: bool = False
    gates: tuple[Gate, ...] = ()
    workloads: Mapping[str, WorkloadSpec] = field(default_factory=dict)
    variants: Mapping[str, VariantSpec] = field(default_factory=lambda: built_in().variants)
    engines: Engines = field(default_factory=built_in)
    history: HistorySettings = field(default_factory=HistorySettings)
    measured_paths: tuple[str, ...] = ()

    def cells(self, scenarios: Mapping[str, Iterable[str]]) -> list[Cell]:
        """Every cell there is; `scenarios`: workload -> its scenario names."""
        return [
            Cell(spec.name, scenario, variant)
            for spec in self.workloads.values()
            for scenario in scenarios[spec.name]
            for variant in spec.variants
        ]

    def gate(self, key: str, cell: Cell, device: str) -> Gate | None:
        """The gate that sets this limit for the cell; None where none does."""
        return next(
            (gate for gate in self.gates if gate.on_fail == FAIL and key in gate.limits and gate.applies(cell, device)),
            None,
        )

    def limit(self, key: str, cell: Cell, device: str) -> float | None:
        """What `gate` sets."""
        found = self.gate(key, cell, device)
        return None if found is None else found.limits[key]

    def baseline(self, cell: Cell, device: str) -> str:
        """What the speed-up of this cell is measured against: eager float32, unless its gate names another variant."""
        found = self.gate("min_speedup", cell, device)
        return BASELINE if found is None else found.baseline

    def reported(self, cell: Cell, device: str) -> Iterator[tuple[Gate, str, float]]:
        """Gates of the cell that are only reported: gate, key and limit."""
        for gate in self.gates:
            if gate.on_fail == REPORT and gate.applies(cell, device):
                yield from ((gate, key, limit) for key, limit in gate.limits.items())

    def names(self, cell: Cell, device: str) -> bool:
        """Whether any gate that can fail names this cell: then it has to be measured, and can't be skipped."""
        return any(gate.on_fail == FAIL and not gate.optional and gate.applies(cell, device) for gate in self.gates)

    def check(self, cells: Iterable[Cell]) -> None:
        """UsageError for a gate that matches nothing, and for two gates that set one limit differently."""
        known = list(cells)
        failing = [gate for gate in self.gates if gate.on_fail == FAIL]
        # What is reported may be of a variant that this device does not have; a package's gates, of any workload.
        own = [replace(gate, variant="*") for gate in self.gates if gate.on_fail == REPORT and gate.is_of(self.where)]
        for gate in (*failing, *own):
            if not any(gate.matches(cell) for cell in known):
                raise UsageError(f"{gate.where} matches nothing: {gate.cells.mismatch(known)}")
        for one, two in combinations(failing, 2):
            for key in one.limits.keys() & two.limits.keys():
                first, second = _setting(one, key), _setting(two, key)
                if first == second or not _devices_meet(one.device, two.device):
                    continue
                both = next((cell for cell in known if one.matches(cell) and two.matches(cell)), None)
                if both:
                    raise UsageError(
                        f"{one.where} and {two.where} contradict each other: for {both.id} they set {key} to "
                        f"{first} and {second}; narrow one of their patterns"
                    )


def _setting(gate: Gate, key: str) -> object:
    """What `gate` sets `key` to; a ratio to another baseline is another limit."""
    value = gate.limits[key]
    return value if key != "min_speedup" or gate.baseline == BASELINE else f"{value:g} of {gate.baseline}"


def _devices_meet(one: str, two: str) -> bool:
    return any(fnmatchcase(device, one) and fnmatchcase(device, two) for device in ("cpu", "cuda"))
