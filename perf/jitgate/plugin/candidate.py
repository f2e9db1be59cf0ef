"""What a benchmark test holds in its hands: a variant whose figures compare by evidence."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from jitgate.gates.accuracy import difference, is_right
from jitgate.gates.judge import Ruling
from jitgate.gates.memory import Phase, format_slope
from jitgate.gates.stopping import OpenLimit
from jitgate.model.cell import Cell
from jitgate.model.measurement import Measurement
from jitgate.model.samples import Samples
from jitgate.model.size import format_bytes
from jitgate.report.format import format_speedup
from jitgate.statistics import Outcome, tail

if TYPE_CHECKING:
    from jitgate.plugin.session_state import State


class Candidate:
    """One variant in one scenario, measured. The attributes are compared as a requirement would be written."""

    def __init__(self, state: State, cell: Cell, item: pytest.Item) -> None:
        self._state = state
        self.cell = cell
        self.item = item

    def __repr__(self) -> str:
        return self.cell.id

    @property
    def measurement(self) -> Measurement:
        """All that was measured of the scenario so far."""
        return self._state.measurements.get(self.cell.workload, self.cell.scenario)

    @property
    def samples(self) -> Samples:
        """This variant's share of it."""
        return self.measurement.all_samples[self.cell.variant]

    @property
    def baseline(self) -> str:
        """What its speed-up is measured against: `eager`, unless its gate names another variant."""
        return self._state.policy.baseline(self.cell, self._state.device.kind)

    @property
    def speedup(self) -> Comparison:
        """How many times as fast as the baseline; `>= limit` asks for more rounds while it is undecided."""
        return SpeedupComparison(self._state, self)

    def tail_speedup(self, percentile: int) -> Comparison:
        """How many times as fast as the baseline the slow calls are, at 95 or 99 per cent; `>= limit`."""
        return TailSpeedupComparison(self._state, self, percentile)

    def latency_ms(self, percentile: int) -> Comparison:
        """The duration within which 95 or 99 per cent of the calls end, milliseconds; `<= limit`."""
        return LatencyComparison(self._state, self, percentile)

    @property
    def peak_memory(self) -> Comparison:
        """Peak memory in bytes, that of steady calls where loading has a limit of its own; `<= limit`."""
        apart = self._state.policy.max_load_memory(self.cell, self._state.device.kind) is not None
        return MemoryComparison(self._state, self, "memory_limit", Phase.STEADY if apart else Phase.ALL)

    @property
    def load_memory(self) -> Comparison:
        """Peak memory while loading and in the first call, bytes; `<= limit`."""
        return MemoryComparison(self._state, self, "max_load_memory", Phase.LOAD)

    @property
    def memory_growth(self) -> Comparison:
        """Bytes by which memory grows with every call once calls are warm; `<= limit`."""
        return GrowthComparison(self._state, self)

    @property
    def rel_l2(self) -> Comparison:
        """Relative L2 distance of the output from eager float32's; `<= limit`."""
        return AccuracyComparison(self._state, self)

    @property
    def recompiles(self) -> Comparison:
        """What was built anew inside timed turns, of a variant that is what its name says; `<= limit`."""
        from jitgate.plugin.recompiles import RecompileComparison

        return RecompileComparison(self._state, self)

    @property
    def noise_floor(self) -> Comparison:
        """How far two workers of the baseline are proven to be apart (0.01: 1 %); `<= limit`."""
        return NoiseComparison(self._state, self)

    @property
    def stage_shares(self) -> Comparison:
        """By how much the stages of a pipeline miss the whole sentence (0.01: 1 %); `<= limit`."""
        from jitgate.plugin.pipeline import SharesComparison

        return SharesComparison(self._state, self)

    @property
    def prediction_gap(self) -> Comparison:
        """By how much a sentence misses the gain that its stages predict (0.01: 1 %); `<= limit`."""
        from jitgate.plugin.pipeline import PredictionComparison

        return PredictionComparison(self._state, self)


class Comparison:
    """A figure with evidence. A comparison leaves its `ruling`; pytest's assertion report quotes it."""

    operator = ">="
    asked_for = True
    """Somebody set the limit. Where nobody did, what stays undecided is skipped, whatever `on_inconclusive` says."""

    def __init__(self, state: State, candidate: Candidate) -> None:
        self._state = state
        self._candidate = candidate
        self.ruling: Ruling | None = None

    def __repr__(self) -> str:
        return self._text()

    def __ge__(self, limit: float) -> bool:
        return self._compare(">=", limit)

    def __le__(self, limit: float) -> bool:
        return self._compare("<=", limit)

    def _compare(self, operator: str, limit: float) -> bool:
        if operator != self.operator:
            raise TypeError(
                f"{type(self).__name__} is a requirement of the form `{self.operator} limit`, not {operator}"
            )
        self.ruling = self._rule(limit)
        may_skip = self._state.policy.skip_inconclusive or not self.asked_for
        if self.ruling.verdict is Outcome.INCONCLUSIVE and may_skip:
            pytest.skip(f"INCONCLUSIVE: {self.ruling.reason}")
        failure = self._candidate.samples.failure
        if not self.ruling.green and failure is not None and failure.details:
            # A section of its own: pytest shortens the explanation of an assertion.
            self._candidate.item.add_report_section(
                "call", f"last words of worker {self._candidate.cell.variant}", failure.details
            )
        return self.ruling.green

    def _rule(self, limit: float) -> Ruling:
        raise NotImplementedError

    def _text(self) -> str:
        raise NotImplementedError

    def explanation(self) -> list[str]:
        """Lines for a failed assertion: verdict and reason first."""
        if self.ruling is None:
            return [self._text()]
        return [f"{self.ruling.verdict}: {self.ruling.reason}", f"{self._candidate.cell.id}: {self._text()}"]


class TimedComparison(Comparison):
    """A figure that more rounds make sharper; `name` is its limit's in the configuration."""

    name = "min_speedup"

    def _rule(self, limit: float) -> Ruling:
        judge, cell = self._state.judge, self._candidate.cell
        measurement, baseline = self._candidate.measurement, self._candidate.baseline
        if judge.undecided(measurement, cell.variant, self.name, limit, baseline):
            measurement = self._state.measurements.more(
                cell.workload, cell.scenario, OpenLimit(judge, cell.variant, self.name, limit, baseline)
            )
        return judge.timed(measurement, cell.variant, self.name, limit, baseline)


class SpeedupComparison(TimedComparison):
    """`candidate.speedup >= 1.10`."""

    def _text(self) -> str:
        candidate = self._candidate
        found = self._state.judge.speedup(candidate.measurement, candidate.cell.variant, candidate.baseline)
        if found is None:
            return "nothing measured"
        return (
            f"{format_speedup(found)} in {found.pairs} pairs, noise floor {found.noise_floor:.1%}, "
            f"smallest effect these pairs could show {found.mde:.1%}"
        )


class TailSpeedupComparison(TimedComparison):
    """`candidate.tail_speedup(95) >= 1.10`."""

    def __init__(self, state: State, candidate: Candidate, percentile: int) -> None:
        super().__init__(state, candidate)
        self.name = f"min_speedup_p{percentile}"

    def _text(self) -> str:
        return f"{self.name.removeprefix('min_speedup_')} against the baseline's"


class LatencyComparison(TimedComparison):
    """`variant.latency_ms(95) <= 150`."""

    operator = "<="

    def __init__(self, state: State, candidate: Candidate, percentile: int) -> None:
        super().__init__(state, candidate)
        self._percentile = percentile
        self.name = f"max_p{percentile}_ms"

    def _text(self) -> str:
        durations_s = self._candidate.samples.durations_s
        if not durations_s:
            return "nothing measured"
        found = tail(durations_s, self._percentile / 100, alpha=self._state.judge.alpha)
        return f"p{self._percentile} {found.estimate * 1e3:.3g} ms in {len(durations_s)} calls"


class MemoryComparison(Comparison):
    """`variant.peak_memory <= memory_limit`, `variant.load_memory <= load_memory_limit`."""

    operator = "<="

    def __init__(self, state: State, candidate: Candidate, called: str, phase: Phase) -> None:
        super().__init__(state, candidate)
        self._called = called
        self._phase = phase

    def _rule(self, limit: float) -> Ruling:
        cell = self._candidate.cell
        return self._state.judge.memory(
            self._candidate.measurement, cell.variant, self._called, int(limit), self._phase
        )

    def _text(self) -> str:
        peak = getattr(self._candidate.samples.memory, self._phase.value, None)
        return "no peak memory" if peak is None else format_bytes(peak)


class GrowthComparison(Comparison):
    """`variant.memory_growth <= 0`: bytes a call."""

    operator = "<="

    def _rule(self, limit: float) -> Ruling:
        ruling = self._state.judge.growth(self._candidate.measurement, self._candidate.cell.variant)
        found = self._candidate.samples.growth
        if found is not None and found.leaks and found.slope <= limit:
            return Ruling(ruling.gate, Outcome.PASS, f"memory grows by {format_slope(found)} a call, which is allowed")
        return ruling

    def _text(self) -> str:
        found = self._candidate.samples.growth
        return "unknown growth" if found is None else f"{format_slope(found)} a call"


class AccuracyComparison(Comparison):
    """`candidate.rel_l2 <= tolerance`."""

    operator = "<="

    def _rule(self, limit: float) -> Ruling:
        samples = self._candidate.samples
        ruling = self._state.judge.accuracy(self._candidate.measurement, self._candidate.cell.variant)
        if (
            ruling.green
            and samples.accuracy is not None
            and not samples.accuracy.perceptual
            and samples.accuracy.rel_l2 > limit
        ):
            return Ruling(ruling.gate, Outcome.FAIL, f"relative L2 distance {samples.rel_l2:.1e} is above {limit:g}")
        return ruling

    def _text(self) -> str:
        samples = self._candidate.samples
        return f"{samples.rel_l2:.1e}" if is_right(samples) else difference(samples)


class NoiseComparison(Comparison):
    """`baseline.noise_floor <= 0.05`."""

    operator = "<="

    def _rule(self, limit: float) -> Ruling:
        return self._state.judge.noise(self._candidate.measurement, limit)

    def _text(self) -> str:
        floor = self._state.judge.noise_floor(self._candidate.measurement)
        return "no noise floor" if floor is None else f"{floor:.1%}"


def explain(operator: str, left: object, right: object) -> list[str] | None:
    """What a failed comparison says instead of two reprs; None for comparisons that are not ours."""
    for side in (left, right):
        if isinstance(side, Comparison):
            return [f"{left!r} {operator} {right!r}", *side.explanation()]
    return None
