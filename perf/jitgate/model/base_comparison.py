"""The other commit that a run is compared with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

LONGEST_NAME = 28
"""Characters of a branch or folder that are shown: of both sides on a line of 100; the end tells more of a folder."""

MISSING = "none"
"""The version of what one side has not installed."""

MOST_VERSIONS = 3
"""Of the versions that differ, those that are named."""


@dataclass(frozen=True)
class BaseComparison:
    """What was asked for, and what speaks against it.

    name: as the option has it. commit, head: ids, "" where there are none. dirty: whether the head has changes that are
    not committed. problem: why no comparison with it can be believed, as the end of a sentence; "" for none.
    workloads: those that the base itself declares; None where it declares none, being older than the gates. changed:
    distribution -> version of the base and of the head, where they differ. notes: what a reader must know. same: what
    both are, where only their environments may differ; "" where more does.
    """

    name: str
    commit: str = ""
    head: str = ""
    dirty: bool = False
    problem: str = ""
    workloads: frozenset[str] | None = None
    changed: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    same: str = ""

    def with_changed(self, changed: Mapping[str, tuple[str, str]]) -> BaseComparison:
        """With the versions that differ: where nothing else could, and none does, one thing was measured twice."""
        problem = self.problem
        if self.same and not changed:
            problem = (
                f"{self.same}, and no version differs between their environments; name another environment, or say "
                "--jitgate-aa to compare one with itself"
            )
        return replace(self, changed=changed, problem=problem)

    @property
    def text(self) -> str:
        """`base origin/main (1a2b3c4d5e)`."""
        if self.commit.startswith(self.name):
            return f"base {self.commit[:10]}"
        name = self.name if len(self.name) <= LONGEST_NAME else f"..{self.name[2 - LONGEST_NAME :]}"
        return f"base {name} ({self.commit[:10]})" if self.commit else f"base {name}"

    @property
    def sides(self) -> str:
        """`base main (1a2b3c4d5e) -> head 5f6e7d8c9b, torch 2.3.1 -> 2.13.0`."""
        head = f"head {self.head[:10]}" if self.head else "head"
        head += " with changes that are not committed" if self.dirty else ""
        one_sided = {name for name, versions in self.changed.items() if MISSING in versions}
        first = sorted(self.changed, key=lambda name: (name not in ("torch", "python"), name in one_sided, name))
        few = "".join(f", {name} {' -> '.join(self.changed[name])}" for name in first[:MOST_VERSIONS])
        more = len(first) - MOST_VERSIONS
        return f"{self.text} -> {head}{few}" + (f" and {more} more" if more > 0 else "")

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
