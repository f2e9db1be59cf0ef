"""The other commit that a run is compared with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class BaseComparison:
    """What was asked for, and what speaks against it.

    name: as the option has it. commit, head: ids, "" where there are none. dirty: whether the head has changes that are
    not committed. problem: why no comparison with it can be believed, as the end of a sentence; "" for none.
    workloads: those that the base itself declares; None where it declares none, being older than the gates. changed:
    distribution -> version of the base and of the head, where they differ. notes: what a reader must know.
    """

    name: str
    commit: str = ""
    head: str = ""
    dirty: bool = False
    problem: str = ""
    workloads: frozenset[str] | None = None
    changed: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """`base origin/main (1a2b3c4d5e)`."""
        known = self.commit and not self.commit.startswith(self.name)
        return f"base {self.name} ({self.commit[:10]})" if known else f"base {self.name[:12]}"

    def is_new(self, workload: str) -> bool:
        """Whether the base has no such benchmark, by its own table."""
        return self.workloads is None or workload not in self.workloads

    def as_json(self) -> dict[str, object]:
        return {
            "name": self.name,
            "commit": self.commit,
            "head": self.head,
            "dirty": self.dirty,
            "problem": self.problem,
            "changed": {name: list(versions) for name, versions in self.changed.items()},
        }
