"""`docs/coverage.md`, from the records."""

from __future__ import annotations

import datetime as dt
import importlib.metadata
from collections import Counter
from collections.abc import Iterator, Sequence

from studies.coverage.record import Fate, Tried

ANSWERED = (Fate.PARITY, Fate.REFUSED)

HEAD = """# What the one-line command can measure

`python -m studies.coverage` writes this page. Every architecture of the installed transformers that has a model is
built as `pytest --pyargs jitgate.benchmarks --jitgate-model NAME --jitgate-shrink` builds it, with made inputs, and
called once by each engine, in a process of its own with 60 s of processor time and 2 GB. Nothing is timed, nothing is
downloaded.

- **parity**: the output is eager's, within float32's tolerance (for `eager`: its second call is its first);
- **refused**: one sentence, which says what to pass, to install or to choose instead;
- **differs**: the output is another, which a session reports as FAIL;
- **raised**: the engine fails by an error of its own, which a session reports as FAIL, in one sentence;
- **limit**: 60 s or 2 GB were not enough.
"""

NOTES = {
    "aimv2": "compiled code is right by the model's own mask: transformers 5.23.0 gives its text layers "
    "`is_causal = False`, and leaves a mask of ones out where nothing is traced, so that eager attends both ways; with "
    "one 0 in the mask both give the same",
}
"""What was found out about an architecture that differs."""


def document(tried: Sequence[Tried], every: Sequence[str], engines: Sequence[str]) -> str:
    """The page. every: all architectures there are, tried or not."""
    return "\n".join([HEAD, *_counts(tried, every, engines), "", *_table(tried, every, engines), ""])


def _counts(tried: Sequence[Tried], every: Sequence[str], engines: Sequence[str]) -> Iterator[str]:
    version = importlib.metadata.version
    today = dt.datetime.now(dt.UTC).date()
    yield f"{today}, transformers {version('transformers')}, torch {version('torch')}: {len(every)} architectures."
    yield ""
    yield "| engine | tried | not tried | " + " | ".join(Fate) + " | parity or refused |"
    yield "| --- |" + " ---: |" * (len(Fate) + 3)
    for engine in engines:
        fates = Counter(each.fate for each in tried if each.engine == engine)
        count = sum(fates.values())
        share = f"{sum(fates[each] for each in ANSWERED) / count:.1%}" if count else "-"
        numbers = " | ".join(str(fates[each]) for each in Fate)
        yield f"| {engine} | {count} | {len(every) - count} | {numbers} | {share} |"


def _table(tried: Sequence[Tried], every: Sequence[str], engines: Sequence[str]) -> Iterator[str]:
    found = {(each.architecture, each.engine): each for each in tried}
    yield "| architecture | " + " | ".join(engines) + " | what it says |"
    yield "|" + " --- |" * (len(engines) + 2)
    for architecture in every:
        there = [found.get((architecture, engine)) for engine in engines]
        cells = " | ".join(each.fate if each else "-" for each in there)
        says = dict.fromkeys(each.says for each in there if each and each.fate is not Fate.PARITY)
        told = [*says, *([NOTES[architecture]] if architecture in NOTES and says else [])]
        yield f"| {architecture} | {cells} | {'; '.join(told).replace('|', '/')} |"
