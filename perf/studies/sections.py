"""The document's sections: title, introduction, the function that makes it, picture."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from jitgate.statistics.starts import LOOKS, START_SPREAD

from studies import plots, recorded, restarted, tables
from studies.noise import MEMORY, PAIR_SPREAD
from studies.rivals import RIVALS
from studies.study import ROUNDS, SectionResult, Study

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True)
class Picture:
    """draw: (path, result of the section, alpha) -> False if no picture can be drawn."""

    name: str
    says: str
    draw: Callable[[Path, SectionResult, float], bool]


@dataclass(frozen=True)
class Section:
    """run: a top-level function, since it runs in a process of its own. intro: {n}, {runs} and {half} are filled in."""

    title: str
    run: Callable[[Study], SectionResult]
    intro: str
    picture: Picture | None = None
    after: str = ""


_ALARMS = f"""Two equal arms, {{n}} measurements a line, judged against the limit 1.0 after every round, stopped at
the first PASS or FAIL, at most {ROUNDS} rounds. A pair's log-ratio scatters by {PAIR_SPREAD:.0%} where the model
does not say otherwise. "At least 1.0" is true of equal arms, but PASS counts as wrong here, since only luck could
give it; so "either" is also how often the interval at the stop misses the truth. Where instances are biased there
is a control; the other lines have none."""
_LIMITS = """{half} measurements a line, else as above. Memory is AR(1); recorded pairs were within +-0.2 of none. A
random bias is normal, its own for every instance: one control shows one draw of it, and the candidate's own may
well be larger. Only freshly started processes show more of it; five processes here share the same number of rounds."""
_SHARES = ", ".join(f"{share:.0%}" for share in LOOKS.values())
_STARTS = f"""`processes = "auto"`: equal arms, limit 1.0, always a control. PASS and FAIL both count as wrong. A
measurement has at most {restarted.BUDGET} rounds in all of its sets of processes, and near its limit an eighth of them
in one set; every start draws its noise, bias and modes anew. "One set" is the rule of `processes = 1`, with a sixth of
{{runs}} measurements. Counts are wrong verdicts by the number of sets at the stop, and measurements in all.

**What is assumed.** A start moves each arm by an amount of its own, independent of all else and normal. *One set and
three* assume how far: by at most {START_SPREAD:.0%} (a standard deviation), the candidate's arm like the control's.
Such a verdict says how far starts may move it, and holds no further: lines that say **not covered** are beyond that.
*From five sets on* nothing is assumed of how far: Student's t over the sets, and no less than over sets and control.
There are looks at {", ".join(map(str, LOOKS))} sets, which have {_SHARES} of alpha; the rest is for looking after
every round of the first set. `jitgate.statistics.starts` has the derivation, `jitgate.statistics.need` says when
workers are started again. Gates on time other than `min_speedup` are about the processes that were measured."""
_PRICE = f"""Normal noise without any bias, a third of {{runs}} measurements a line: pairs of all sets together, and
the mean number of sets of processes. "One set" is the rule of `processes = 1` with a control, half as many. A start is
not in the pairs. At most {restarted.BUDGET} pairs; what is undecided by then counts as that many in mean and 95 %."""
_POWER = f"""Normal noise, {{n}} measurements a line, {{runs}} with a control. Columns: pairs to the verdict
(median, mean, and by when 95 % were decided), share decided within 12, 24, 32 and 200 pairs, wrong verdicts.
"Fixed" is the number of pairs at which a two-sided signed-rank test of the same level, looked at once, reaches 95 %
power; it can neither be stopped early nor extended. "Equal" is the number at which it misses as few of these very
measurements as ours within {2 * ROUNDS} rounds: rules that stop by themselves and rules of fixed size are compared
at equal level and power (Wald 1945), and ours, which goes on until it knows, misses next to none. "Least" is what
no rule that stops by itself can stay below in the mean at 95 % power, if it must be right about AR(1) {MEMORY}
too. With a control, claims must also hold with the control's offset to either side, which costs pairs."""
_COVERAGE = f"""Share of {{runs}} measurements whose final interval holds the true ratio, whatever stopped them; at
most {ROUNDS} rounds."""
_TAILS = f"""Share of {{half}} series of {tables.TAIL_CALLS} calls in which the bounds of a percentile ever missed it,
looking every {tables.TAIL_LOOKS} calls."""
_OTHERS = f"""{{runs}} measurements a line, {tables.BLOCK_ROUNDS} calls of each arm for every rule. Ours and "paired
z" get interleaved rounds, the others two sequential blocks on the same machine. Ours looks after every round and
may answer INCONCLUSIVE or INVALID, which count as missed here; the others look once. Where instances are biased,
ours has a control besides, a third more calls. The rules answer different questions: a 5 % rule is not meant to see
3 %, and a test of "different" is right to call two runs on a drifting machine different, only that says nothing
about the code."""
_RULES = """First four columns: share of equal arms called different within 200 pairs; then pairs to a decision,
median / 95 %. All look after every pair, {runs} measurements a cell, spread 5 %. None of these asks about memory
between rounds; ours is the last one with the bounds for memory (and the control) on top, see the tables above.
Signs need no symmetry, a running mean is the quickest while tails are light, sequential ranks hold even where the
scatter changes from pair to pair. Signed ranks were kept: they lose little to the mean on normal pairs, outliers do
not move them, and their estimate, the Hodges-Lehmann median, is the centre of their interval."""
_RECORDED = """CosyVoice2's flow encoder on a shared machine; `slower_*` is eager with a busy-wait planted. The twin
is a second copy of eager. In `small_*` it is percents slower for good: without a control a copy looks like a
regression there, with one the answer is INVALID."""
_RESHUFFLED = """Rounds of eager and its twin in a new random order, the two exchanged at random in every round,
{runs} times a file."""


SECTIONS = (
    Section("False alarms", tables.false_alarms, _ALARMS),
    Section("Where the guarantee ends", tables.limits, _LIMITS),
    Section(
        "Starts of the workers",
        restarted.wrong_verdicts,
        _STARTS,
        Picture("starts", "equal arms called different, one set of processes and auto", plots.false_alarm_bars),
    ),
    Section("Price of starts", restarted.price, _PRICE),
    Section(
        "Pairs to a verdict",
        tables.power,
        _POWER,
        Picture("pairs", "median pairs to a verdict, by distance from the limit", plots.pairs_curve),
    ),
    Section("Coverage", tables.coverage, _COVERAGE),
    Section("Percentiles", tables.tails, _TAILS),
    Section(
        "Other tools' rules",
        tables.against_others,
        _OTHERS,
        Picture("false-alarms", "equal arms called different, by noise and rule", plots.false_alarm_bars),
        "\n".join(f"- {rival.name}: {rival.asks}" for rival in RIVALS),
    ),
    Section("Rules that were compared", tables.compared_rules, _RULES),
    Section("Recorded rounds", recorded.verdicts, _RECORDED),
    Section("Recorded rounds, made equal", recorded.false_alarms, _RESHUFFLED),
)
