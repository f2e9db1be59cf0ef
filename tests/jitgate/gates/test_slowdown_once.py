"""Memory, cold starts and slow calls against another commit's."""

from __future__ import annotations

from dataclasses import replace

import pytest
from jitgate.gates.slowdown import Slowdown
from jitgate.gates.slowdown_once import MaxSlowdownColdStart, MaxSlowdownMemory
from jitgate.gates.slowdown_tails import MaxSlowdownP95
from jitgate.model.cold_start import ColdStart
from jitgate.model.measurement import Measurement
from jitgate.model.memory_peaks import MemoryPeaks
from jitgate.model.variant import BASE, BASELINE, COPY, arm
from jitgate.statistics import Outcome

from tests.jitgate.gates.test_slowdown import asked, measured
from tests.jitgate.measurements import MIB


def with_figures(base: float, copy: float, head: float) -> Measurement:
    """Seconds of a cold start, and as many hundreds of MiB."""
    found = measured(1.0)
    every = dict(found.all_samples)
    for name, value in ((arm(BASELINE, BASE), base), (arm(BASELINE, COPY), copy), (BASELINE, head)):
        cold = ColdStart(load_s=value / 2, first_call_s=value / 2)
        every[name] = replace(every[name], cold_start=cold, memory=MemoryPeaks(int(value * 100 * MIB)))
    return replace(found, all_samples=every)


@pytest.mark.parametrize("kind", [MaxSlowdownMemory(), MaxSlowdownColdStart()], ids=lambda kind: kind.metric)
@pytest.mark.parametrize(
    ("base", "copy", "head", "outcome"),
    [
        (1.0, 1.0, 1.01, Outcome.PASS),
        (1.0, 1.02, 1.30, Outcome.FAIL),
        (1.0, 1.3, 1.2, Outcome.INCONCLUSIVE),
        (1.0, 1.0, 0.5, Outcome.PASS),
    ],
)
def test_the_head_is_compared_with_both_processes_of_the_base(
    kind: Slowdown, base: float, copy: float, head: float, outcome: Outcome
) -> None:
    found = with_figures(base, copy, head)
    confirmed = replace(found, confirmation=with_figures(base, copy, head))
    assert kind.judge(asked(confirmed), 0.05).outcome is outcome
    assert kind.judge(asked(found), 0.05).outcome is (Outcome.INCONCLUSIVE if outcome is Outcome.FAIL else outcome)
    assert kind.wants_confirmation(asked(found), 0.05) is (outcome is Outcome.FAIL)


def test_a_figure_that_is_not_known_is_never_green() -> None:
    assert MaxSlowdownColdStart().judge(asked(measured(1.0)), 0.05).outcome is Outcome.INVALID


def test_slow_calls_are_compared_by_their_percentile() -> None:
    kind = MaxSlowdownP95()
    slow, same = measured(1.5, rounds=600), measured(1.0, rounds=600)
    assert kind.once(asked(slow), 0.10).outcome is Outcome.FAIL
    assert kind.once(asked(same), 0.10).outcome is Outcome.PASS
    assert kind.once(asked(measured(1.5, rounds=6)), 0.10).outcome is Outcome.INCONCLUSIVE
