"""Six measurements made of numbers, in the place of a session's own, for the golden files."""

from __future__ import annotations

from dataclasses import replace

from jitgate.model.accuracy import Accuracy
from jitgate.model.cold_start import ColdStart
from jitgate.model.failure import Failure, FailureKind
from jitgate.model.figures import FlopCount, UnseenShape, UnseenShapes
from jitgate.model.measurement import Measurement
from jitgate.model.memory_peaks import MemoryPeaks
from jitgate.model.variant import BASELINE
from jitgate.statistics import PeakRates

from tests.jitgate.measurements import MIB, made_of


def growing() -> Measurement:
    """Right and faster, and yet red: its memory grows, loading takes too much, and it recompiled while it was timed."""
    found = made_of(1.5, seed=6, excluded=3)
    jit = replace(
        found.all_samples["jit"],
        levels=(tuple((calls, 500 * MIB + calls * MIB) for calls in range(4, 84, 4)),),
        memory=MemoryPeaks(5000 * MIB, 5000 * MIB, 900 * MIB, 200 * MIB, weight_bytes=300 * MIB),
        cold_start=ColdStart(71.8, 20.2, 0.0443, 373 * MIB, built_now=False, built_at="2026-11-01", fetch_s=0.5),
        warm_s=(0.0443, 0.0081, 0.0067, 0.0067, 0.0067, 0.0066, 0.0067, 0.0067, 0.0067, 0.0067),
        unseen_shapes=UnseenShapes(tuple(UnseenShape(0.02 + place / 1000, (0.01, 0.011)) for place in range(3))),
        accuracy=Accuracy(2e-6, 1e-5, snr_db=118.0, log_mel_db=0.001, mr_stft=0.0002, integers=50, ids=4, other_ids=1),
        recompiles={"recompile: size of 'x'": 17, "graph break": 1},
    )
    eager = replace(
        found.all_samples[BASELINE],
        cold_start=ColdStart(1.28, 0.00134, 0.0536),
        warm_s=(0.0536,) + (0.01,) * 9,
        accuracy=Accuracy(0.0),
    )
    return replace(
        found,
        all_samples={**found.all_samples, "jit": jit, BASELINE: eager},
        flop_count=FlopCount(2.88e9, 144 * MIB, 10 * MIB),
        peak_rates={"fp32": PeakRates(248e9, 21.7e9)},
        notes=("the weights are random",),
    )


def six() -> dict[str, Measurement]:
    """Scenario -> its measurement."""
    found = {
        "passes": made_of(1.40, seed=1),
        "fails": made_of(1.0, seed=2),
        "open": made_of(1.10, seed=3),
        "wrong": made_of(2.0, seed=4, rel_l2=1e-2),
        "dead": made_of(
            1.4, seed=5, failure=Failure(FailureKind.DIED, "worker jit was killed by SIGKILL in turn", "Boom")
        ),
        "grows": growing(),
    }
    return {scenario: replace(each, scenario=scenario) for scenario, each in found.items()}


class Made:
    """In the place of `Measurements`: nothing is ever measured more of."""

    def __init__(self, *_: object) -> None:
        self._all = six()
        self.done: dict[tuple[str, str], Measurement] = {}

    def get(self, workload: str, scenario: str) -> Measurement:
        return self.done.setdefault((workload, scenario), self._all[scenario])

    def more(self, workload: str, scenario: str, undecided: object) -> Measurement:
        return self.get(workload, scenario)

    def close(self) -> None: ...
