"""What one session leaves behind: plain values that are written to a store, or to a spool file until it is there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class SeriesKey:
    """What makes two figures comparable. machine: a fingerprint; of a ratio, the kind of device alone.

    Not the node id of a test: tests are renamed and moved, and the figure stays the same.
    """

    workload: str
    scenario: str
    variant: str
    baseline: str
    metric: str
    precision: str
    machine: str

    @property
    def cell_id(self) -> str:
        """`workload/scenario/variant`."""
        return f"{self.workload}/{self.scenario}/{self.variant}"

    @property
    def id(self) -> str:
        """As commands and `accepted.toml` name it."""
        return f"{self.cell_id}/{self.metric}"


@dataclass(frozen=True)
class PointRecord:
    """One figure of one series. estimate, low, high: in the unit of the metric; count: of the calls or pairs behind it.

    inputs, weights: digests, "" where they are not known. outcome: the worst of the cell's gates, "" for none.
    left_out: why it can't be what later runs are compared with; "" where it can. epoch: the accepted change in whose
    light it was judged. regressed: whether it was worse than its accepted level by more than a gate allows.
    """

    series: SeriesKey
    estimate: float
    low: float | None = None
    high: float | None = None
    count: int = 0
    inputs: str = ""
    weights: str = ""
    outcome: str = ""
    left_out: str = ""
    epoch: str = ""
    regressed: bool = False


@dataclass(frozen=True)
class RunRecord:
    """One session. uid: 32 hexadecimal digits. started_at: ISO 8601, UTC; runs are ordered by the store, not by clocks.

    red: why the whole session can't be believed or was red beyond its cells; "" where it was not. odd: why a person
    marked it. declared: cell id -> keys of its gates, for cells of the configuration. aliases: cell id -> earlier ones.
    rounds: (workload, scenario) -> compressed turns.
    """

    uid: str
    started_at: str
    device: str
    fingerprint: str
    commit: str = ""
    parent: str = ""
    branch: str = ""
    dirty: bool = False
    interrupted: bool = False
    red: str = ""
    odd: str = ""
    host: str = ""
    origin: str = "session"
    facts: Mapping[str, Any] = field(default_factory=dict)
    versions: Mapping[str, str] = field(default_factory=dict)
    options: Mapping[str, Any] = field(default_factory=dict)
    declared: Mapping[str, list[str]] = field(default_factory=dict)
    aliases: Mapping[str, list[str]] = field(default_factory=dict)
    points: tuple[PointRecord, ...] = ()
    rounds: tuple[tuple[str, str, bytes], ...] = ()
