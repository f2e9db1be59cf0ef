"""What happens before every call, outside of its time, so that a model repeats itself. Runs in workers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from jitgate.workloads.workload import Workload


@dataclass(frozen=True)
class BeforeCall:
    """seed: of torch's generators, with the number of the call added; None leaves them. reset: clears what the model
    keeps from call to call. Without either, nothing happens."""

    seed: int | None = None
    reset: Callable[[], object] | None = None

    def __call__(self, number: int) -> None:
        """Call `number` comes next."""
        if self.seed is not None:
            import torch

            torch.manual_seed(self.seed + number)
        if self.reset is not None:
            self.reset()


def before_calls_of(workload: Workload) -> BeforeCall:
    """What its calls need. Where they are seeded, inductor compiles calls of torch's own generators instead of its own
    random numbers, which no seed makes eager's."""
    if workload.seed is not None:
        import torch._inductor.config

        torch._inductor.config.fallback_random = True
    return BeforeCall(workload.seed, workload.reset)
