"""A random sample of timed calls is kept and compared: which calls, no worker knows before it takes its turn."""

from __future__ import annotations

import contextlib
import itertools
import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from jitgate.device.thread_clock import thread_ns
from jitgate.model.probe_baseline import EagerProbe
from jitgate.model.take_turn import TakeTurn
from jitgate.model.timed_outputs import TimedOutputs
from jitgate.model.turn import Turn
from jitgate.model.variant import BASELINE
from jitgate.pool.output_sample import OutputSample, gap
from jitgate.pool.seen_turns import SeenTurns
from jitgate.pool.stored_answer import follows, stale, varies

COST_SHARE = 0.02
"""Of the time of all turns, what looking at outputs, keeping and comparing them may take. Half of it is for those that
are not kept (`LOOKING_SHARE` of the worker)."""

FEWEST = 5
"""Turns of which a call is kept whatever that costs: with fewer, little is known."""

LEAST_COMPARED = 2
"""Calls of a worker that had to be compared, where it was asked for one in `FEWEST` turns."""

REMEMBERED = 48
"""Outputs of a worker that are remembered for `following`."""

OPEN_TURNS = 24
"""Turns for which the right output is waited for; in blocks of one worker at a time, they come late."""

MOST_WAITING = 32
"""Small outputs that wait to be compared; a large one, which lies in a file, does not."""

RESERVE = 3
"""Samples that have to be paid for when one is begun: itself, and as much for those that wait to be compared."""

EARLY = 4
"""Half of the samples are among the first calls of a turn: a slow variant makes no others."""

LOOSE = 3.0
"""Times the tolerance: how far a timed output may be off. Other inputs than those of the comparison round otherwise."""

MOST_WRONG = 0.25
"""Share of outputs that may be wrong where a choice (an id, a route) may turn at a rounding; without choices, none."""

OTHER_TURNS = 3
"""Turns with other values; the fastest of their calls counts, which no other work on the machine disturbed."""


@dataclass(frozen=True)
class Waiting:
    """An output of a worker to be compared with eager's. others: of other values than those that are timed."""

    scenario: str
    name: str
    found: Path | bytes
    right: Path | bytes
    others: bool

    @property
    def large(self) -> bool:
        return isinstance(self.found, Path) or isinstance(self.right, Path)


class OutputAudit:
    """The outputs of a pool's timed calls. folder: where workers write them.

    fixed: scenario -> why its inputs stay the same; "" where they change; a scenario that is not there was not probed,
    and its inputs are copied. probes: scenario -> what more calls of eager showed.
    """

    def __init__(self, folder: Path, draw: random.Random | None = None) -> None:
        self._folder = folder
        self._draw = draw or random.SystemRandom()
        self._planned: dict[tuple[str, int], tuple[int | None, int]] = {}
        self._written: dict[tuple[str, int], dict[str, Path | bytes]] = {}
        self._seen: dict[tuple[str, str], SeenTurns] = {}
        self._waiting: list[Waiting] = []
        self._names = itertools.count()
        self._drawn_calls: dict[str, list[int]] = {}
        self._fewest_calls: dict[str, int] = {}
        self._cost_s = self._samples_s = self._turns_s = 0.0
        self.seed = 0
        self._others = False
        self.fixed: dict[str, str] = {}
        self.probes: dict[str, EagerProbe] = {}

    def input_seed(self, scenario: str) -> int | None:
        """What the inputs of its calls are made from; None where they stay the same."""
        return self.seed if self._others or self.fixed.get(scenario, "unknown") == "" else None

    def request(self, scenario: str, start: int, count: int) -> TakeTurn:
        """What a worker is asked in a turn."""
        keep, known = self.keep(scenario, start, count), self.probe(scenario)
        looking, seed = self._planned[scenario, start][1], self.input_seed(scenario)
        return TakeTurn(scenario, start, count, seed, keep, looking, known.rows, known.together, self._others)

    def probe(self, scenario: str) -> EagerProbe:
        return self.probes.get(scenario, EagerProbe())

    def takes_others(self, scenario: str) -> bool:
        """Whether its inputs stay the same, although eager takes others."""
        return bool(self.probe(scenario).fixed) and self.probe(scenario).others

    @contextlib.contextmanager
    def others(self) -> Iterator[None]:
        """Meanwhile inputs change wherever they can, in turns that count for nothing else."""
        self._others = True
        try:
            yield
        finally:
            self._others = False

    def keep(self, scenario: str, start: int, count: int) -> dict[int, Path]:
        """The calls of a turn whose output its worker writes, and where; the same calls for every worker."""
        asked = scenario, start
        if not self._others:
            self._fewest_calls[scenario] = min(count, self._fewest_calls.get(scenario, count))
        if asked not in self._planned:
            self._planned[asked] = self._drawn(scenario, count), self._draw.randrange(count)
            self._forget()
        at = self._planned[asked][0]
        if at is None or at >= count:
            return {}
        return {start + at: self._folder / f"{next(self._names)}.timed.npy"}

    def note(self, name: str, scenario: str, turn: Turn, keep: Mapping[int, Path], turn_s: float) -> None:
        """A worker has taken a turn."""
        began_ns = thread_ns()
        seen = self._seen.setdefault((scenario, name), SeenTurns())
        seen.note(turn, turn_s, others=self._others)
        seen.asked += bool(keep) and not self._others
        for number in [number for number in keep if number in turn.kept]:
            content = turn.kept[number]
            files = self._written.setdefault((scenario, number), {})
            files[name] = keep[number] if content is None else content
            if BASELINE in files:
                self._waiting += [
                    Waiting(scenario, each, files.pop(each), files[BASELINE], self._others)
                    for each in [*files]
                    if each != BASELINE
                ]
        if len(self._waiting) > MOST_WAITING or any(each.large for each in self._waiting):
            self._compare()
        if self._others:  # not of the rounds
            return
        cost_s = turn.looking_cpu_s + (thread_ns() - began_ns) / 1e9
        self._turns_s += turn_s
        self._cost_s += cost_s
        self._samples_s += cost_s if keep else 0.0

    def found(self, scenario: str, name: str, precision: str, tolerance: float, *, strict: bool = True) -> TimedOutputs:
        """What the timed outputs of worker `name` showed. strict: whether distances are judged, and not only whether an
        output follows its inputs: not where a sound may have another phase, or one id makes all later ones others."""
        self._compare_waiting()
        seen, right = (self._seen.get((scenario, each), SeenTurns()) for each in (name, BASELINE))
        differs = max((each.rel_l2 for each in seen.gaps), default=0.0)
        problem = "" if name == BASELINE else self._problem(seen, right, precision, tolerance, strict=strict)
        share = self._cost_s / self._turns_s if self._turns_s else 0.0
        unproven = self._unproven(scenario, seen, right, tolerance, exact=precision == "fp32")
        return TimedOutputs(len(seen.gaps), problem, differs, self.fixed.get(scenario, ""), share, unproven)

    def untimed(self, scenario: str, name: str) -> str:
        """Why the times of worker `name` can't be true, whatever its outputs are; "" where they can."""
        seen, right = (self._seen.get((scenario, each), SeenTurns()) for each in (name, BASELINE))
        return seen.untimed(right)

    def _problem(self, seen: SeenTurns, right: SeenTurns, precision: str, tolerance: float, *, strict: bool) -> str:
        untimed = seen.untimed(right)
        if untimed:
            return untimed
        other = seen.others(right)
        if other:
            return f"a timed call gave {other[0]}, and eager gives {', '.join(sorted(right.kinds))}"
        lost = max(len(seen.lost(right)), sum(1 for each in seen.gaps if each.lost))
        if lost:
            calls = "one of its calls" if lost == 1 else f"{lost} of its calls"
            return f"{calls} gave NaN or Inf, and eager gives numbers for the same inputs"
        compared, asked = len(seen.gaps), min(seen.asked, right.asked)  # where eager has failed, nothing can be
        if compared < min(asked, LEAST_COMPARED if asked >= FEWEST else 1):
            return f"{compared} of {asked} timed outputs that were to be compared with eager's could be"
        found = next(filter(None, (stale(each, tolerance, exact=precision == "fp32") for each in seen.both)), "")
        if varies(seen.sketches, tolerance, exact=precision == "fp32"):
            found = found or seen.stored(right, exact=precision == "fp32")
        found = found or seen.faster_when_seen(right)
        if found:
            return found
        far = [each for each in seen.gaps if not each.rel_l2 <= LOOSE * tolerance or each.unequal]
        choices = precision != "fp32" or any(each.unequal for each in far)
        if not strict or len(far) <= (MOST_WRONG * compared if choices else 0):
            return ""
        worst = max(each.rel_l2 for each in far)
        how = "integers differ" if not worst > LOOSE * tolerance else f"relative L2 error up to {worst:.1e}"
        return f"the output of {len(far)} of {compared} timed calls is not eager's for the same inputs ({how})"

    def _unproven(self, scenario: str, seen: SeenTurns, right: SeenTurns, tolerance: float, *, exact: bool) -> str:
        """Why the outputs don't tell a computed answer from a stored one; "" where they do."""
        repeated = self.fixed.get(scenario, "eager was not asked for others") or self.probe(scenario).repeated
        if repeated and not (seen.others_s and right.others_s):
            return f"calls get inputs that came before: {repeated}"
        if not follows(seen.other_sketches if repeated else seen.sketches, tolerance, exact=exact):
            return "eager's output is the same for other inputs, or too few calls were looked at to see it change"
        return ""

    def _compare_waiting(self) -> None:
        """What still waits when somebody asks; it is of the rounds too."""
        began_ns, of_rounds = thread_ns(), any(not each.others for each in self._waiting)
        self._compare()
        self._cost_s += (thread_ns() - began_ns) / 1e9 if of_rounds else 0.0

    def _compare(self) -> None:
        """Compare what waits. One after the other takes a fifth of what each takes by itself, in cold caches."""
        right: tuple[Path | bytes | None, OutputSample | None] = None, None
        for each in sorted(self._waiting, key=lambda each: id(each.right)):
            if right[0] is not each.right:
                right = each.right, _read(each.right)
            found = _read(each.found)
            _remove(each.found)
            if right[1] is None:
                continue
            seen, found = self._seen[each.scenario, each.name], found or OutputSample((), ())
            seen.gaps.append(gap(found, right[1]))
            sketches = seen.other_sketches if each.others else seen.sketches
            if len(sketches) < REMEMBERED:
                sketches.append((found.sketch, right[1].sketch))
        self._waiting.clear()

    def _drawn(self, scenario: str, count: int) -> int | None:
        """Which call of a turn is kept; None for none."""
        if self._others:
            return count - 1
        drawn = self._drawn_calls.setdefault(scenario, [])
        next_s = self._samples_s / max(1, sum(map(len, self._drawn_calls.values())))
        if len(drawn) >= FEWEST and self._cost_s + RESERVE * next_s > COST_SHARE * self._turns_s:
            return None
        fewest = self._fewest_calls[scenario]
        if len(drawn) + 1 == FEWEST and min(drawn) >= fewest:  # of a slow worker, none is kept yet
            at = self._draw.randrange(fewest)
        else:
            at = self._draw.randrange(min(EARLY, count) if self._draw.random() < 1 / 2 else count)
        drawn.append(at)
        return at

    def _forget(self) -> None:
        """Remove outputs of turns that are long over."""
        while len(self._planned) > OPEN_TURNS:
            self._planned.pop(next(iter(self._planned)))
        while len(self._written) > OPEN_TURNS:
            for source in self._written.pop(next(iter(self._written))).values():
                _remove(source)


def _read(source: Path | bytes) -> OutputSample | None:
    """None for a file that is none of ours: whatever is in it is no output."""
    with contextlib.suppress(OSError, ValueError, TypeError, EOFError, MemoryError):
        return OutputSample.read(source)
    return None


def _remove(source: Path | bytes) -> None:
    if isinstance(source, Path):
        source.unlink(missing_ok=True)
