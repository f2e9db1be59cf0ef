"""What must hold: `[tool.jitgate]` as read from a TOML file."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from itertools import combinations

from jitgate.engines.builtin import built_in
from jitgate.engines.registry import Engines
from jitgate.model.cell import Cell
from jitgate.model.errors import UsageError
from jitgate.model.variant import BASELINE, VariantSpec
from jitgate.workloads.spec import WorkloadSpec

PERCENTILES = (95, 99)
"""Of a call's duration, those a gate may limit."""

TIMED_LIMITS = (
    "min_speedup",
    *(f"min_speedup_p{percentile}" for percentile in PERCENTILES),
    *(f"max_p{percentile}_ms" for percentile in PERCENTILES),
)
"""Limits that rounds decide; fields of `Gate`, and settings of the same name."""


@dataclass(frozen=True)
class Gate:
    """One rule. Patterns are globs; limits that are None are not set. baseline: what `min_speedup` is a ratio to."""

    where: str
    workload: str = "*"
    scenario: str = "*"
    variant: str = "*"
    device: str = "*"
    baseline: str = BASELINE
    min_speedup: float | None = None
    min_speedup_p95: float | None = None
    min_speedup_p99: float | None = None
    max_p95_ms: float | None = None
    max_p99_ms: float | None = None
    max_memory_bytes: int | None = None
    max_load_memory_bytes: int | None = None
    reason: str = ""

    def matches(self, cell: Cell) -> bool:
        """Whether the rule speaks of this cell, on whatever device."""
        return (
            fnmatchcase(cell.workload, self.workload)
            and fnmatchcase(cell.scenario, self.scenario)
            and fnmatchcase(cell.variant, self.variant)
        )

    def applies(self, cell: Cell, device: str) -> bool:
        """Whether the rule holds for this cell on a device of this kind (`cpu`, `cuda`)."""
        return fnmatchcase(device, self.device) and self.matches(cell)


@dataclass(frozen=True)
class Policy:
    """Everything a configuration says. `where` is its file, for messages. cache_limit_bytes: None for no limit."""

    where: str = "the defaults"
    alpha: float = 0.01
    memory_limit_bytes: int | None = None
    cache_limit_bytes: int | None = None
    skip_inconclusive: bool = False
    gates: tuple[Gate, ...] = ()
    workloads: Mapping[str, WorkloadSpec] = field(default_factory=dict)
    variants: Mapping[str, VariantSpec] = field(default_factory=lambda: built_in().variants)
    engines: Engines = field(default_factory=built_in)

    def cells(self, scenarios: Mapping[str, Iterable[str]]) -> list[Cell]:
        """Every cell there is; `scenarios`: workload -> its scenario names."""
        return [
            Cell(spec.name, scenario, variant)
            for spec in self.workloads.values()
            for scenario in scenarios[spec.name]
            for variant in spec.variants
        ]

    def min_speedup(self, cell: Cell, device: str) -> Gate | None:
        """The gate that asks for a speed-up of this cell; the baseline has none."""
        return self._gate("min_speedup", cell, device)

    def baseline(self, cell: Cell, device: str) -> str:
        """What the speed-up of this cell is measured against: eager float32, unless its gate names another variant."""
        gate = self._gate("min_speedup", cell, device)
        return BASELINE if gate is None else gate.baseline

    def timed_limits(self, cell: Cell, device: str) -> dict[str, float]:
        """Every limit that rounds decide for this cell: name as in TIMED_LIMITS -> ratio, or milliseconds."""
        gates = {name: self._gate(name, cell, device) for name in TIMED_LIMITS}
        return {name: getattr(gate, name) for name, gate in gates.items() if gate is not None}

    def max_memory(self, cell: Cell, device: str) -> tuple[str, int] | None:
        """The memory limit of this cell as (how it is called, bytes): its gate's, or else the ceiling of all.

        It holds for loading too, unless that has a limit of its own.
        """
        gate = self._gate("max_memory_bytes", cell, device)
        if gate is not None and gate.max_memory_bytes is not None:
            return "max_memory", gate.max_memory_bytes
        return None if self.memory_limit_bytes is None else ("memory_limit", self.memory_limit_bytes)

    def max_load_memory(self, cell: Cell, device: str) -> int | None:
        """Bytes that loading and the first call may take at most, where a gate says so."""
        gate = self._gate("max_load_memory_bytes", cell, device)
        return None if gate is None else gate.max_load_memory_bytes

    def names(self, cell: Cell, device: str) -> bool:
        """Whether any gate names this cell: then it has to be measured, and can't be skipped."""
        return any(gate.applies(cell, device) for gate in self.gates)

    def _gate(self, limit: str, cell: Cell, device: str) -> Gate | None:
        if cell.variant == BASELINE and limit.startswith("min_speedup"):
            return None
        return next(
            (gate for gate in self.gates if getattr(gate, limit) is not None and gate.applies(cell, device)), None
        )

    def check(self, cells: Iterable[Cell]) -> None:
        """UsageError for a gate that matches nothing, and for two gates that set one limit differently."""
        known = list(cells)
        for gate in self.gates:
            if not any(gate.matches(cell) for cell in known):
                raise UsageError(f"{gate.where} matches nothing: {_mismatch(gate, known)}")
        for one, two in combinations(self.gates, 2):
            for limit in (*TIMED_LIMITS, "max_memory_bytes", "max_load_memory_bytes"):
                first, second = _setting(one, limit), _setting(two, limit)
                if first is None or second is None or first == second or not _devices_meet(one.device, two.device):
                    continue
                both = next((cell for cell in known if one.matches(cell) and two.matches(cell)), None)
                if both:
                    raise UsageError(
                        f"{one.where} and {two.where} contradict each other: for {both.id} they set {limit} to "
                        f"{first} and {second}; narrow one of their patterns"
                    )


def _setting(gate: Gate, limit: str) -> object:
    """What `gate` sets `limit` to; a ratio to another baseline is another limit."""
    value = getattr(gate, limit)
    if limit != "min_speedup" or value is None or gate.baseline == BASELINE:
        return value
    return f"{value:g} of {gate.baseline}"


def _devices_meet(one: str, two: str) -> bool:
    return any(fnmatchcase(device, one) and fnmatchcase(device, two) for device in ("cpu", "cuda"))


def _mismatch(gate: Gate, cells: list[Cell]) -> str:
    """Say which pattern is at fault, and what there is."""
    left = cells
    for name in ("workload", "scenario", "variant"):
        pattern = getattr(gate, name)
        there = sorted({getattr(cell, name) for cell in left})
        left = [cell for cell in left if fnmatchcase(getattr(cell, name), pattern)]
        if not left:
            return f"there is no {name} {pattern!r} (there are: {', '.join(there)})"
    return "no workload has such a scenario and variant together"
