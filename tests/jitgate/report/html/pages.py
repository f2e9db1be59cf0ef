"""Pages of made-up runs, and a reader that takes a page apart as a browser would."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from html.parser import HTMLParser

from jitgate.config.policy import Gate
from jitgate.gates.results import Results
from jitgate.model.failure import Failure, FailureKind
from jitgate.model.measurement import Measurement
from jitgate.report.decision import Ending
from jitgate.report.formats import Html, Run

from tests.jitgate.measurements import made_of
from tests.jitgate.results import policy_of, results_of

GATE = Gate("here", variant="jit", limits={"min_speedup": 1.10})
FACTS = {"device": "AMD EPYC 7763", "torch": "2.13.0"}

NASTY = (
    "<script>alert(1)</script>",
    "</script><script>alert(2)</script>",
    "<img src=x onerror=alert(3)>",
    '"><svg onload=alert(4)>',
    "' onmouseover='alert(5)",
    "<!--",
    "-->",
    "]]>",
    "</style><style>*{display:none}</style>",
    "</title><h1>owned</h1>",
    "</pre><iframe src=//evil.example>",
    "<base href=//evil.example>",
    "<meta http-equiv=refresh content=0;url=//evil.example>",
    "<link rel=stylesheet href=//evil.example/x.css>",
    "<form action=//evil.example><button>",
    "javascript:alert(6)",
    "{{ 7 * 7 }}",
    "{% raw %}",
    "a|b|c",
    "`rm -rf`",
    "::error::owned",
    "%0A::warning::owned",
    "\u202egnp.exe",
    "\u2066left\u2069",
    "nul\x00nul",
    "\x1b[31mred",
    "lone\ud800surrogate",
    "line\nbreak\u2028here",
    "&amp;&lt;&#x3c;",
    "x" * 10_000,
)
"""Names that mean something to a browser, a terminal, a template, a shell or a workflow."""


def page(
    *measurements: Measurement,
    code: int | None = 0,
    gates: Sequence[Gate] = (GATE,),
    facts: dict[str, object] | None = None,
) -> str:
    """The page of a run of these measurements."""
    run = Run(date(2026, 11, 27), FACTS if facts is None else facts, "pytest perf", Ending(code))
    return Html().render(results(*measurements, gates=gates), run)


def results(*measurements: Measurement, gates: Sequence[Gate] = (GATE,)) -> Results:
    """What the page is made of."""
    return results_of(policy_of(*gates, measurements=measurements, memory_limit_bytes=4 << 30), *measurements)


def nasty_results() -> Results:
    """Every hostile name at every place that a name can have."""
    every = []
    for number, name in enumerate(NASTY):
        dead = Failure(FailureKind.DIED, f"worker {name} died", f"last words: {name}") if number % 2 else None
        found = made_of(1.4, rounds=12, seed=number, failure=dead)
        renamed = {
            each if each != "jit" else name: replace(samples, name=each if each != "jit" else name)
            for each, samples in found.all_samples.items()
        }
        every.append(
            replace(
                found,
                workload=f"w{name}",
                scenario=f"s{name}",
                all_samples=renamed,
                excluded=(name,),
                notes=(name,),
            )
        )
    return results(*every, gates=[replace(GATE, variant="*", source=NASTY[0], reason=NASTY[3])])


def nasty_run() -> Run:
    """The same of a machine, and of a command line."""
    facts: dict[str, object] = {name: name for name in NASTY}
    return Run(date(2026, 11, 27), {**facts, "device": NASTY[2]}, " ".join(NASTY), Ending(1))


def nasty_page() -> str:
    """Both as a page."""
    return Html().render(nasty_results(), nasty_run())


@dataclass
class Reader(HTMLParser):
    """tables: caption -> rows of texts, the head first. tags, attributes: all that there are. texts: what is shown."""

    text: str
    tables: list[tuple[str, list[list[str]]]] = field(default_factory=list)
    tags: set[str] = field(default_factory=set)
    attributes: set[str] = field(default_factory=set)
    links: list[str] = field(default_factory=list)
    ids: list[str] = field(default_factory=list)
    pres: list[str] = field(default_factory=list)
    _open: list[str] = field(default_factory=list)
    shown: dict[str, list[str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.feed(self.text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}
        known = dict(attrs)
        self.links += [known["href"] or ""] if "href" in known else []
        self.ids += [known["id"] or ""] if "id" in known else []
        if tag not in ("meta", "path", "rect"):
            self._open.append(tag)
            self.shown.setdefault(tag, []).append("")
        if tag == "table":
            self.tables.append(("", []))
        elif tag == "tr":
            self.tables[-1][1].append([])
        elif tag in ("td", "th"):
            self.tables[-1][1][-1].append("")
        elif tag == "pre":
            self.pres.append("")

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag, f"{tag} closes what is not open"

    def handle_data(self, data: str) -> None:
        for tag in set(self._open):
            self.shown[tag][-1] += data
        if "caption" in self._open:
            caption, rows = self.tables[-1]
            self.tables[-1] = (caption + data, rows)
        elif "td" in self._open or "th" in self._open:
            self.tables[-1][1][-1][-1] += data
        elif "pre" in self._open:
            self.pres[-1] += data

    def table(self, caption: str) -> list[list[str]]:
        """Rows of the first table of that caption, the head first."""
        return next(rows for name, rows in self.tables if name.startswith(caption))
