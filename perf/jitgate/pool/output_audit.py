"""A random sample of timed calls is kept and compared: which calls, no worker knows before it takes its turn."""

from __future__ import annotations

import contextlib
import itertools
import random
import statistics
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from jitgate.model.probe_baseline import EagerProbe
from jitgate.model.timed_outputs import TimedOutputs
from jitgate.model.turn import Turn
from jitgate.model.variant import BASELINE
from jitgate.pool.host_clock import HostClock
from jitgate.pool.output_sample import OutputGap, OutputSample, gap
from jitgate.statistics.following import following, variation

if TYPE_CHECKING:
    from jitgate.pool.output_sample import Array

COST_SHARE = 0.02
"""Of the time of all turns, what keeping and comparing outputs may take."""

FEWEST = 5
"""Turns of which a call is kept whatever that costs: with fewer, little is known."""

REMEMBERED = 48
"""Outputs of a worker that are remembered for `following`."""

OPEN_TURNS = 24
"""Turns for which the right output is waited for; in blocks of one worker at a time, they come late."""

EARLY = 4
"""Half of the samples are among the first calls of a turn: a slow variant makes no others."""

LOOSE = 3.0
"""Times the tolerance: how far a timed output may be off. Other inputs than those of the comparison round otherwise."""

MOST_WRONG = 0.25
"""Share of outputs that may be wrong where a choice (an id, a route) may turn at a rounding; without choices, none."""

LEAST_FOLLOWING = 0.5
"""Slope below which an output follows its inputs no more than half: a right one has 1."""

LEAST_VARIATION = 0.25
"""Times the tolerance: where right outputs vary less, rounding may hide all of it."""


LATE_SHARE = 0.25
"""Of a call's time: as much processor time after it, in threads of the variant's own, is work of the call."""

FEWEST_LATE = 3
"""Calls of which their median tells something."""


@dataclass
class _Seen:
    """What was seen of one worker in one scenario."""

    gaps: list[OutputGap] = field(default_factory=list)
    sketches: list[tuple[Array, Array]] = field(default_factory=list)
    kinds: set[str] = field(default_factory=set)
    not_finite: set[int] = field(default_factory=set)
    replaced: set[str] = field(default_factory=set)
    late: list[float] = field(default_factory=list)
    clock: HostClock = field(default_factory=HostClock)


class OutputAudit:
    """The outputs of a pool's timed calls. folder: where workers write them.

    fixed: scenario -> why its inputs stay the same; "" where they change; a scenario that is not there was not probed,
    and its inputs are copied. probes: scenario -> what more calls of eager showed.
    """

    def __init__(self, folder: Path, draw: random.Random | None = None) -> None:
        self._folder = folder
        self._draw = draw or random.SystemRandom()
        self._planned: dict[tuple[str, int], int | None] = {}
        self._written: dict[tuple[str, int], dict[str, Path]] = {}
        self._seen: dict[tuple[str, str], _Seen] = {}
        self._names = itertools.count()
        self._drawn_turns = Counter[str]()
        self._cost_s = self._turns_s = 0.0
        self.seed = 0
        self.fixed: dict[str, str] = {}
        self.probes: dict[str, EagerProbe] = {}

    def input_seed(self, scenario: str) -> int | None:
        """What the inputs of its calls are made from; None where they stay the same."""
        return self.seed if self.fixed.get(scenario, "unknown") == "" else None

    def keep(self, scenario: str, start: int, count: int) -> dict[int, Path]:
        """The calls of a turn whose output its worker writes, and where; the same calls for every worker."""
        asked = scenario, start
        if asked not in self._planned:
            self._planned[asked] = self._drawn(scenario, count)
            self._forget()
        at = self._planned[asked]
        if at is None or at >= count:
            return {}
        return {start + at: self._folder / f"{next(self._names)}.timed.npz"}

    def note(self, name: str, scenario: str, turn: Turn, keep: Mapping[int, Path], turn_s: float) -> None:
        """A worker has taken a turn."""
        began = time.perf_counter()
        seen = self._seen.setdefault((scenario, name), _Seen())
        seen.kinds.update(turn.outputs)
        seen.not_finite.update(turn.not_finite)
        seen.replaced.update(turn.replaced)
        seen.late.extend(turn.late)
        seen.clock.note(turn, turn_s)
        for number in turn.kept:
            files = self._written.setdefault((scenario, number), {})
            files[name] = keep[number]
            if BASELINE in files:
                self._compare(scenario, files)
        self._turns_s += turn_s
        self._cost_s += turn.looking_s + time.perf_counter() - began

    def found(self, scenario: str, name: str, precision: str, tolerance: float, *, strict: bool = True) -> TimedOutputs:
        """What the timed outputs of worker `name` showed. strict: whether distances are judged, and not only whether an
        output follows its inputs: not where a sound may have another phase, or one id makes all later ones others."""
        seen, right = (self._seen.get((scenario, each), _Seen()) for each in (name, BASELINE))
        differs = max((each.rel_l2 for each in seen.gaps), default=0.0)
        problem = "" if name == BASELINE else self._problem(seen, right, precision, tolerance, strict=strict)
        share = self._cost_s / self._turns_s if self._turns_s else 0.0
        return TimedOutputs(len(seen.gaps), problem, differs, self.fixed.get(scenario, ""), share)

    def untimed(self, scenario: str, name: str) -> str:
        """Why the times of worker `name` can't be true, whatever its outputs are; "" where they can."""
        seen, right = (self._seen.get((scenario, each), _Seen()) for each in (name, BASELINE))
        return _untimed(seen, right)

    def _problem(self, seen: _Seen, right: _Seen, precision: str, tolerance: float, *, strict: bool) -> str:
        untimed = _untimed(seen, right)
        if untimed:
            return untimed
        other = sorted(seen.kinds - right.kinds)
        if other and right.kinds:
            return f"a timed call gave {other[0]}, and eager gives {', '.join(sorted(right.kinds))}"
        lost = max(len(seen.not_finite) if not right.not_finite else 0, sum(1 for each in seen.gaps if each.lost))
        if lost:
            calls = "one of its calls" if lost == 1 else f"{lost} of its calls"
            return f"{calls} gave NaN or Inf, and eager gives numbers for the same inputs"
        compared = len(seen.gaps)
        stale = self._stale(seen, tolerance, exact=precision == "fp32")
        if stale:
            return stale
        far = [each for each in seen.gaps if not each.rel_l2 <= LOOSE * tolerance or each.unequal]
        choices = precision != "fp32" or any(each.unequal for each in far)
        if not strict or len(far) <= (MOST_WRONG * compared if choices else 0):
            return ""
        worst = max(each.rel_l2 for each in far)
        how = "integers differ" if not worst > LOOSE * tolerance else f"relative L2 error up to {worst:.1e}"
        return f"the output of {len(far)} of {compared} timed calls is not eager's for the same inputs ({how})"

    def _stale(self, seen: _Seen, tolerance: float, *, exact: bool) -> str:
        """Why the outputs were not made of the inputs; "" where they were, or where that can't be told."""
        sizes = Counter(len(right) for _, right in seen.sketches)
        common = sizes.most_common(1)[0][0] if sizes else 0
        pairs = [(one, right) for one, right in seen.sketches if len(right) == len(one) == common]
        if not pairs or not common:
            return ""
        found, right = [one for one, _ in pairs], [other for _, other in pairs]
        slope = following(found, right)
        if slope is None or slope >= LEAST_FOLLOWING:
            return ""
        if variation(right) < (LEAST_VARIATION * tolerance if not exact else tolerance / 10):
            return ""
        same = all((one == found[0]).all() for one in found)
        what = "the same in every timed call that was looked at (a stored answer)" if same else "not made of its inputs"
        return f"its output is {what}: in {len(pairs)} timed calls with other inputs each, eager's follows them"

    def _compare(self, scenario: str, files: dict[str, Path]) -> None:
        """Compare what has come with the right output, which stays until its turn is forgotten."""
        right = _read(files[BASELINE])
        for name in [name for name in files if name != BASELINE]:
            path = files.pop(name)
            found = _read(path)
            path.unlink(missing_ok=True)
            seen = self._seen[scenario, name]
            if right is None:
                continue
            empty = OutputSample((), ())
            seen.gaps.append(gap(found or empty, right))
            if len(seen.sketches) < REMEMBERED:
                seen.sketches.append(((found or empty).sketch, right.sketch))

    def _drawn(self, scenario: str, count: int) -> int | None:
        """Which call of a turn is kept; None for none."""
        if self._drawn_turns[scenario] >= FEWEST and self._cost_s > COST_SHARE * self._turns_s:
            return None
        self._drawn_turns[scenario] += 1
        return self._draw.randrange(min(EARLY, count) if self._draw.random() < 1 / 2 else count)

    def _forget(self) -> None:
        """Remove outputs of turns that are long over."""
        while len(self._planned) > OPEN_TURNS:
            self._planned.pop(next(iter(self._planned)))
        while len(self._written) > OPEN_TURNS:
            for path in self._written.pop(next(iter(self._written))).values():
                path.unlink(missing_ok=True)


def _untimed(seen: _Seen, right: _Seen) -> str:
    replaced = sorted(seen.replaced - right.replaced)
    if replaced:
        return f"it replaced {', '.join(replaced)}, with which jitgate measures"
    if _late(seen) >= LATE_SHARE > _late(right):
        return (
            f"a thread of its own works on after a timed call has returned, for {_late(seen):.0%} of the call's time "
            f"(median of {len(seen.late)} calls that were looked at): that work was not timed"
        )
    return seen.clock.problem(right.clock)


def _late(seen: _Seen) -> float:
    return statistics.median(seen.late) if len(seen.late) >= FEWEST_LATE else 0.0


def _read(path: Path) -> OutputSample | None:
    """None for a file that is none of ours: whatever is in it is no output."""
    with contextlib.suppress(OSError, ValueError, KeyError, EOFError):
        return OutputSample.read(path)
    return None
