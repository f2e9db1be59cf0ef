"""What ran in a worker's process next to the model while it was timed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

LEAST_S = 0.1
"""Of less time the share of the processors says nothing: Windows counts in steps of 16 ms."""

LONE = 0.5
"""Processors that are busy above the threads of the workload: the bookkeeping of a turn takes less."""

AT_REST = 0.1
"""Processors that are busy in a process at rest. A loop got 0.2 on a crowded machine, a process without
one 0.0005 (two CPU cores, 2026-11-27); Windows counts in steps of 16 ms, of which one may be chance."""


@dataclass(frozen=True)
class Surroundings:
    """Of one turn, or of several. Times in seconds.

    slowed_by: what slows Python down in this process (a tracer, a debug allocator), each as `what (where from)`.
    threads: that the workload asks for; None where it asks for none. torch_threads: that torch has.
    call_cpu_s, call_s: processor time and time of the turns. waiting_cpu_s, waiting_s: of a look at the
    process before its turns. changed: what the model has changed in the process around it.
    """

    slowed_by: tuple[str, ...] = ()
    threads: int | None = None
    torch_threads: int | None = None
    call_cpu_s: float = 0.0
    call_s: float = 0.0
    waiting_cpu_s: float = 0.0
    waiting_s: float = 0.0
    changed: tuple[str, ...] = ()

    @property
    def aside(self) -> Surroundings:
        """Without what happened in calls, where that may be compiling."""
        return replace(self, call_cpu_s=0.0, call_s=0.0)

    @property
    def busy(self) -> float | None:
        """Processors that were busy in a call; None where that is not known."""
        return self.call_cpu_s / self.call_s if self.call_s >= LEAST_S else None

    @property
    def busy_waiting(self) -> float | None:
        """Processors that were busy while the process had nothing to do; None where that is not known."""
        return self.waiting_cpu_s / self.waiting_s if self.waiting_s >= LEAST_S else None

    def cause(self) -> tuple[str, str] | None:
        """Why its figures are not the model's, as a clause on "it", and what to do; None where they are."""
        if self.slowed_by:
            return (
                f"was timed under {', '.join(self.slowed_by)}",
                "Run without it; pytest-cov is left out by --no-cov.",
            )
        if self.busy_waiting is not None and self.busy_waiting > AT_REST:
            return (
                f"computes while it waits for its turn ({self.busy_waiting:.1f} processors busy)",
                "End the threads and processes that its factory or its calls leave running.",
            )
        allowed = self.threads or self.torch_threads
        if allowed is not None and self.busy is not None and self.busy > allowed + LONE:
            return (
                f"kept {self.busy:.1f} processors busy where the workload has {in_words(allowed)}",
                "Give its thread pools torch.get_num_threads() threads, or change `threads` of the workload.",
            )
        return None


def in_words(threads: int | None) -> str:
    """`1 thread`, `2 threads`."""
    return f"{threads} thread{'' if threads == 1 else 's'}"


def uneven(found: Mapping[str, Surroundings], baseline: str) -> tuple[str, ...]:
    """A sentence on each worker that has changed its process, and on each in which torch has another number of threads
    than in the baseline."""
    right = found[baseline].torch_threads
    changes = tuple(f"{name} has changed {', '.join(each.changed)}." for name, each in found.items() if each.changed)
    return changes + tuple(
        f"torch has {in_words(each.torch_threads)} in {name} and {in_words(right)} in {baseline}: they are compared "
        "with what they were given"
        for name, each in found.items()
        if None not in (right, each.torch_threads) and each.torch_threads != right
    )


def joined(parts: Iterable[Surroundings]) -> Surroundings:
    """All of them as one: the union of what slowed, the sum of the times."""
    found = list(parts)
    return Surroundings(
        tuple(dict.fromkeys(each for part in found for each in part.slowed_by)),
        next((part.threads for part in found if part.threads is not None), None),
        next((part.torch_threads for part in reversed(found) if part.torch_threads is not None), None),
        sum(part.call_cpu_s for part in found),
        sum(part.call_s for part in found),
        sum(part.waiting_cpu_s for part in found),
        sum(part.waiting_s for part in found),
        tuple(dict.fromkeys(each for part in found for each in part.changed)),
    )
