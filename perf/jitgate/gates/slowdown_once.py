"""`max_slowdown = { memory = "5%", cold_start = "20%" }`: what a process takes once, against another commit's."""

from __future__ import annotations

import statistics
from abc import abstractmethod

from jitgate.gates.base_validity import arms
from jitgate.gates.kind import Asked, Judged
from jitgate.gates.slowdown import Slowdown, between
from jitgate.model.samples import Samples
from jitgate.model.verdict import Figure
from jitgate.statistics import Outcome


class OncePerProcess(Slowdown):
    """A figure of which each process gives one: the head's against the lower and the higher one of the base's two.

    What two processes of the base differ by is all that is known of its scatter, so a FAIL needs the same once more;
    see `Slowdown`.
    """

    only_where_set = True
    what: str

    @abstractmethod
    def value(self, samples: Samples) -> float | None:
        """The figure of one worker; None where it is not known."""

    def figure(self, asked: Asked) -> Figure | None:
        base, copy, head = (self.value(samples) for samples in (*arms(asked), asked.samples))
        if not base or not copy or head is None:
            return None
        low, high = head / max(base, copy) - 1, head / min(base, copy) - 1
        return Figure(between(low, high), 2 * head / (base + copy) - 1, low, high)

    def compare(self, asked: Asked, limit: float) -> Judged:
        found = self.figure(asked)
        if found is None:
            return Judged(Outcome.INVALID, f"{self.what} of base or head is not known.")
        return self.by_ends(asked, found, limit, self.what)


class MaxSlowdownMemory(OncePerProcess):
    """Of the peak memory."""

    key, attribute, heading, metric = "max_slowdown_memory", "memory_since_base", "peak memory", "memory"
    what = "Peak memory"

    def value(self, samples: Samples) -> float | None:
        return samples.peak_bytes


class MaxSlowdownColdStart(OncePerProcess):
    """Of loading and the first call together; the median of its processes, where there are several."""

    key, attribute, heading = "max_slowdown_cold_start", "cold_start_since_base", "cold start"
    metric = "cold_start"
    what = "Loading and the first call"

    def value(self, samples: Samples) -> float | None:
        found = [
            run.cold_start.load_s + run.cold_start.first_call_s
            for run in samples.each_process_run
            if run.cold_start.load_s is not None and run.cold_start.first_call_s is not None
        ]
        return statistics.median(found) if found else None
