"""A measurement made of numbers, in the place of one by workers: for faults that have nothing to do with workers."""

from __future__ import annotations

import errno
import os
from dataclasses import dataclass

import numpy as np
from jitgate.measure import session
from jitgate.measure.rounds import Undecided
from jitgate.model.accuracy import Accuracy
from jitgate.model.cold_start import ColdStart
from jitgate.model.measurement import Measurement
from jitgate.model.memory_peaks import MemoryPeaks
from jitgate.model.samples import Samples
from jitgate.model.variant import BASELINE, CONTROL
from jitgate.workloads.spec import WorkloadSpec

ROUNDS = 30
SPEEDUP = 1.3


@dataclass(frozen=True)
class NoPool:
    """Stands for workers that are ended when the session ends."""

    workload: WorkloadSpec

    def close(self) -> None: ...


class MadeMeasurements(session.Measurements):
    """What is measured is made of numbers, and all around it is the real thing.

    FAULTS_RAISES: nothing can be measured.
    """

    def _measure_first(self, workload: str, scenario: str) -> None:
        if os.environ.get("FAULTS_RAISES"):
            raise OSError(errno.ENOSPC, "No space left on device", "/somewhere")
        task = self.tasks[workload]
        rng = np.random.default_rng(0)
        names = [variant.name for variant in task.variants]
        all_samples = {
            name: Samples(
                name,
                tuple(
                    (0.01 / (1.0 if name in (BASELINE, CONTROL) else SPEEDUP) * each,)
                    for each in rng.normal(1, 0.01, ROUNDS)
                ),
                (),
                (),
                ColdStart(),
                levels=(tuple((calls, 1 << 20) for calls in range(4, 84, 4)),),
                memory=MemoryPeaks(1 << 20),
                accuracy=Accuracy(0.0),
            )
            for name in (*names, CONTROL)
        }
        self._look_into_the_cache()
        if self._pool is not None and self._pool.workload.name != workload:
            self.close()
        self._pool = NoPool(task.workload)  # type: ignore[assignment]
        self._stages[workload, scenario] = []
        self.done[workload, scenario] = Measurement(workload, scenario, "cpu", 0, all_samples, wall_s=1.0, busy_s=0.9)

    def _look_into_the_cache(self) -> None:
        """For every artefact that lies there, as for one that a worker needs."""
        cache, found = self.settings.cache, 0
        for path in sorted(cache.folder("").glob("*-*")):
            artefact, warning = cache.find(path.name)
            found += artefact is not None
            if warning:
                self.settings.progress.note(warning)
        if found:
            self.settings.progress.note(f"found in the cache: {found}")

    def more(self, workload: str, scenario: str, *_: Undecided) -> Measurement:
        return self.done[workload, scenario]
