"""Every variant on every workload, as a table: what runs and gives the right answer, and what is refused, and why."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

UNTRIED = "-"


class Fate(StrEnum):
    """What became of a variant on a workload."""

    RIGHT = "right"
    OUT = "out of tolerance"
    OFF = "not on"
    REFUSED = "refused"
    UNFINISHED = "unfinished"
    FAILED = "failed"


@dataclass(frozen=True)
class Outcome:
    """date: ISO, the day it was tried. rel_l2: relative L2 distance from eager float32; None where it did not run.

    why: one sentence for what is not right: how far off the output is, what the variant was instead, what can't go.
    key: what the outcome hangs on, as whoever keeps it says; "" where that is not said.
    """

    workload: str
    scenario: str
    variant: str
    date: str
    fate: Fate
    rel_l2: float | None = None
    why: str = ""
    key: str = ""

    @property
    def cell(self) -> tuple[str, str]:
        """Where it stands in the table."""
        return self.workload, self.variant


def as_markdown(
    outcomes: Sequence[Outcome],
    made_on: Mapping[str, object],
    order: Sequence[str],
    pipelines: Collection[str] = (),
    has: Mapping[str, Collection[str]] | None = None,
) -> list[str]:
    """A document. made_on: facts of the device and of what was installed. order: variants as the registry has them.
    pipelines: workloads that are given a variant per stage. has: workload -> the variants it has; all where it is
    not named."""
    if not outcomes:
        return [*_HEAD.format(days="no day: nothing was tried").splitlines()]
    dates = sorted({outcome.date for outcome in outcomes})
    days = dates[0] if dates[0] == dates[-1] else f"{dates[0]} to {dates[-1]}"
    modules = [outcome for outcome in outcomes if outcome.workload not in pipelines]
    by_stage = [outcome for outcome in outcomes if outcome.workload in pipelines]
    numbers = _numbered([*modules, *by_stage], order)
    lines = [
        *_HEAD.format(days=days).splitlines(),
        "",
        *(f"- {name}: {value}" for name, value in made_on.items()),
        "",
        *_LEGEND.splitlines(),
        "",
        *_table(modules, order, numbers, has or {}),
    ]
    if by_stage:
        lines += ["", *_BY_STAGE.splitlines(), "", *_table(by_stage, order, numbers, has or {})]
    reasons = [f"{number}. {why}" for why, number in numbers.items()]
    return [*lines, "", *_REASONS.splitlines(), "", *reasons] if reasons else lines


_HEAD = """# Every variant on every small workload

Made by `jitgate variants --to docs/variants.md` on {days}. It exports and runs each of them once, in processes
of its own, and times nothing."""

_LEGEND = f"""\
A number is the relative L2 distance of the output from eager float32's, in the workload's first scenario: the variant
runs, is what its name says, and is within its tolerance. A number in brackets leads to the reason below; alone it is a
refusal: the variant can't run here, or can't carry this model. Extras a distance it leads to what became of ids that
were chosen: others, as good within the same tolerance. **out of tolerance**: it runs, and its output is
not eager float32's, so that no speed of it counts. **not on**: it runs, and is not what its name says. **unfinished**:
it took longer than it was given. **failed**: anything else. `{UNTRIED}` was not tried yet: the same command goes on
with it. An empty place: the workload has no such variant (`batched` is for those alone that list it)."""

_BY_STAGE = """\
## Pipelines, by stage

A pipeline is never given a variant as a whole but one for each stage (`stage=variant`; what is not named is eager).
Its stages are the modules above, so that what they can and can't do stands there; here is whether they do it in
their places too. Any other combination is tried by `--jitgate-variants` of `pytest perf`."""

_REASONS = "## Reasons"


def summary_line(outcomes: Sequence[Outcome]) -> str:
    """`48 right, 12 refused`: how many of each fate there are."""
    counts = {fate: sum(1 for outcome in outcomes if outcome.fate is fate) for fate in Fate}
    return ", ".join(f"{count} {fate}" for fate, count in counts.items() if count) or "nothing was tried"


def one_line(outcome: Outcome) -> str:
    """One outcome for a terminal."""
    distance = "" if outcome.rel_l2 is None else f" ({outcome.rel_l2:.1e})"
    why = f": {outcome.why}" if outcome.why else ""
    return f"{outcome.workload} {outcome.variant}: {outcome.fate}{distance}{why}"


def _table(
    outcomes: Sequence[Outcome],
    order: Sequence[str],
    numbers: Mapping[str, int],
    has: Mapping[str, Collection[str]],
) -> list[str]:
    workloads = list(dict.fromkeys(outcome.workload for outcome in outcomes))
    by_cell = {outcome.cell: outcome for outcome in outcomes}
    rows = [
        ["variant", *workloads],
        ["---"] * (len(workloads) + 1),
        *(
            [
                f"`{variant}`",
                *(
                    _said(by_cell.get((workload, variant)), numbers, there=variant in has.get(workload, (variant,)))
                    for workload in workloads
                ),
            ]
            for variant in _variants(outcomes, order)
        ),
    ]
    return [f"| {' | '.join(row)} |" for row in rows]


def _said(outcome: Outcome | None, numbers: Mapping[str, int], *, there: bool) -> str:
    if outcome is None:
        return UNTRIED if there else ""
    said = f"[{numbers[outcome.why]}]" if outcome.why else ""
    if outcome.fate is Fate.RIGHT:
        return f"{outcome.rel_l2:.0e} {said}".rstrip()
    return said if outcome.fate is Fate.REFUSED else f"**{outcome.fate}** {said}"


def _numbered(outcomes: Sequence[Outcome], order: Sequence[str]) -> dict[str, int]:
    """Each reason once, numbered as a reader of the table meets it."""
    place = {variant: number for number, variant in enumerate(_variants(outcomes, order))}
    reasons = [each.why for each in sorted(outcomes, key=lambda each: place[each.variant]) if each.why]
    return {why: number for number, why in enumerate(dict.fromkeys(reasons), 1)}


def _variants(outcomes: Sequence[Outcome], order: Sequence[str]) -> list[str]:
    """As in `order`, and then what is not in it."""
    tried = dict.fromkeys(outcome.variant for outcome in outcomes)
    known = set(order)
    return [*(variant for variant in order if variant in tried), *(each for each in tried if each not in known)]
