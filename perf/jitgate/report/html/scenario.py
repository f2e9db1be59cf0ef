"""The section of a scenario: figures, gates, pictures of its rounds, memory, stages, raw rounds."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from jitgate.gates.recommendation import recommend
from jitgate.gates.results import WORST_FIRST
from jitgate.gates.validity import broken
from jitgate.model.cell import Cell
from jitgate.model.measurement import most_frequent_first
from jitgate.model.pipeline_cost import cost
from jitgate.model.size import format_bytes
from jitgate.model.variant import BASE, BASELINE, arm, is_variant
from jitgate.report.decision import worst_first
from jitgate.report.extras import HEAD, cached, compiled, limits, rows
from jitgate.report.format import format_seconds
from jitgate.report.html.page import Block, Entry, Plot, Quoted, Section, Table, all_rows
from jitgate.report.html.rounds import calls_plot, narrowing_plot, raw_rounds, rounds_plot
from jitgate.report.memory import memory_lines
from jitgate.report.outputs import audio_metrics, integers
from jitgate.report.recommendation import recommendation_line
from jitgate.report.since_base import since_base
from jitgate.report.table import ANSWERS, figures

if TYPE_CHECKING:
    from jitgate.gates.results import Results
    from jitgate.model.measurement import Measurement
    from jitgate.model.samples import Samples

PHASES = (
    ("load_peak_bytes", "loading and first call"),
    ("steady_peak_bytes", "steady calls"),
    ("peak_bytes", "peak"),
    ("resident_bytes", "between calls"),
    ("weight_bytes", "weights"),
    ("activation_bytes", "activations"),
)
"""Of `MemoryPeaks`: what is drawn, in this order."""

MOST_WORDS = 4000
"""Characters of a worker's last words: a traceback with what led to it."""


def scenario_section(results: Results, measurement: Measurement, anchor: str, room: int) -> Section:
    """All that is known of a scenario. room: how many raw figures it may show."""
    title, _ = figures(results, measurement)
    cells = [Cell(measurement.workload, measurement.scenario, name) for name in measurement.all_samples]
    outcomes = [verdict for cell in cells for verdict in results.of(cell) if is_variant(cell.variant)]
    raw = raw_rounds(measurement, f"{anchor}-rounds", room)
    blocks: list[Block | None] = [
        _figures(results, measurement, anchor),
        _since_base(results, measurement),
        _gates(results, measurement),
        *_pictures(results, measurement),
        calls_plot(measurement),
        _memory(results, measurement, f"{anchor}-memory"),
        _stages(measurement),
        _once(results, measurement),
        *_last_words(measurement),
        raw,
    ]
    return Section(
        anchor,
        f"{measurement.workload} {measurement.scenario}",
        tuple(block for block in blocks if block is not None),
        (title.partition(": ")[2] + ".", *_lines(results, measurement)),
        worst_first(outcomes)[0].outcome.value if outcomes else "",
    )


def figure_row(head: Sequence[str], texts: Sequence[str], anchor: str) -> tuple[Entry, ...]:
    """A row of `table.figures`: each figure leads to what it is made of, each answer has its colour."""
    (_, name), *rest = zip(head, texts, strict=True)
    return (
        Entry(name),
        *(
            Entry(text, mark=text if text in WORST_FIRST else "")
            if column in (*ANSWERS, "else")
            else Entry(text, f"{anchor}-{'memory' if 'memory' in column else 'rounds'}")
            for column, text in rest
        ),
    )


def _figures(results: Results, measurement: Measurement, anchor: str) -> Table:
    _, (head, *every) = figures(results, measurement)
    rows_ = tuple(figure_row(head, texts, anchor) for texts in every)
    return Table("Figures; each leads to what it is made of", head, rows_)


def _since_base(results: Results, measurement: Measurement) -> Table | None:
    found = since_base(results, measurement, every=True)
    if not found or measurement.base is None:
        return None
    head, *every = found
    rows_ = [(*map(Entry, rest), Entry(end, mark=end if end in WORST_FIRST else "")) for *rest, end in every]
    return Table(measurement.base.sides, head, tuple(rows_))


def _gates(results: Results, measurement: Measurement) -> Table | None:
    here = (measurement.workload, measurement.scenario)
    found = worst_first([each for each in results.verdicts if each.cell[:2] == here])
    rows_ = [
        (
            Entry(each.cell.variant),
            Entry(each.label + (" (reported only)" if each.on_fail == "report" else "")),
            Entry(each.outcome.value, mark=each.outcome.value),
            Entry("-" if each.figure is None else each.figure.text),
            Entry(each.sentence),
        )
        for each in found
    ]
    head = ("variant", "gate", "verdict", "figure", "reason")
    return Table("Gates", head, tuple(rows_)) if rows_ else None


def _pictures(results: Results, measurement: Measurement) -> Iterator[Plot | None]:
    rules = results.rules
    for name in measurement.all_samples:
        since = measurement.against_base(name) if is_variant(name) else None
        if since is not None and len(since.baseline):
            yield rounds_plot(since, arm(name, BASE), name)
        if name == BASELINE or not is_variant(name):
            continue
        cell = Cell(measurement.workload, measurement.scenario, name)
        asked = results.asked(cell)
        if asked.baseline not in measurement.all_samples:
            continue
        columns = measurement.columns(name, asked.baseline)
        if not len(columns.baseline):
            continue
        limit = rules.policy.limit("min_speedup", cell, rules.device)
        yield rounds_plot(columns, asked.baseline, name)
        yield narrowing_plot(columns, name, asked.alpha, limit if broken(asked) is None else None)


def _memory(results: Results, measurement: Measurement, anchor: str) -> Table:
    """Each phase of each variant as a bar; the line in it is the limit."""
    rules = results.rules
    found = []
    for name, samples in measurement.all_samples.items():
        if not is_variant(name) or samples.memory is None:
            continue
        asked = results.asked(Cell(measurement.workload, measurement.scenario, name))
        limit = rules.limit(rules.kind("max_memory"), asked)
        for key, words in PHASES:
            size = getattr(samples.memory, key)
            if size is not None:
                found.append((name, words, size, limit))
    if not found:
        none = (Entry("no memory was read"), Entry("-"), Entry("-"), Entry("-"))
        return Table("Memory by phase", ("variant", "phase", "memory", "limit"), (none,), anchor=anchor)
    widest = max([size for *_, size, _ in found] + [limit for *_, limit in found if limit is not None]) or 1
    rows_ = [
        (
            Entry(name),
            Entry(words),
            Entry(format_bytes(size), share=size / widest, limit=None if limit is None else limit / widest),
            Entry("-" if limit is None else format_bytes(limit)),
        )
        for name, words, size, limit in found
    ]
    return Table(
        "Memory by phase, against the limit", ("variant", "phase", "memory", "limit"), tuple(rows_), anchor=anchor
    )


def _stages(measurement: Measurement) -> Table | None:
    found = cost(measurement)
    if found is None:
        return None
    rows_ = [
        (
            Entry(share.stage),
            Entry(str(share.calls or "-")),
            Entry(format_seconds(share.spent_s)),
            Entry(f"{share.time:.1%}", share=min(1.0, max(0.0, share.time))),
            Entry("-" if share.arithmetic is None else f"{share.arithmetic:.1%}"),
        )
        for share in found.shares
    ]
    head = ("stage", "calls", "time", "of the time", "of the arithmetic")
    return Table(f"Stages of an utterance with {BASELINE}", head, tuple(rows_))


def _once(results: Results, measurement: Measurement) -> Table | None:
    found = rows(results, measurement)
    return Table("What comes once, and the roofline", HEAD, all_rows(found)) if found else None


def _last_words(measurement: Measurement) -> Iterator[Quoted]:
    for name, samples in measurement.all_samples.items():
        if samples.failure is not None and samples.failure.details:
            yield Quoted(f"Last words of {name}", samples.failure.details[-MOST_WORDS:])


def _lines(results: Results, measurement: Measurement) -> Iterator[str]:
    recommended = recommend(results, measurement)
    if recommended is not None:
        yield recommendation_line(recommended)
    if measurement.excluded:
        yield f"{measurement.excluded_summary} excluded: {most_frequent_first(measurement.excluded)}"
    yield from (*cached(measurement), *compiled(measurement), *limits(measurement))
    yield from (*audio_metrics(measurement), *integers(measurement), *memory_lines(measurement))
    yield from _failures(measurement.all_samples.values())
    yield from measurement.notes


def _failures(every: Iterable[Samples]) -> Iterator[str]:
    for samples in every:
        if samples.failure is not None:
            yield f"{samples.name}: {samples.failure.sentence}"
