"""The formats of `--jitgate-report FILE`, chosen by the file's suffix: an object a format, made from Results alone."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Protocol

import pytest

from jitgate.report.decision import Ending, decide

if TYPE_CHECKING:
    from jitgate.gates.results import Results


@dataclass(frozen=True)
class Run:
    """What a report says of the run itself. facts: the fingerprint's. command: the command line, as it was given.

    ending: how the session ended.
    """

    day: date
    facts: Mapping[str, object]
    command: str
    ending: Ending = field(default_factory=Ending)


class ReportFormat(Protocol):
    """Contract: `render` gives the whole text of the file. suffix: as in `.md`."""

    @property
    def suffix(self) -> str: ...

    def render(self, results: Results, run: Run) -> str: ...


class Markdown:
    """A document to be committed, or a CI step summary."""

    suffix = ".md"

    def render(self, results: Results, run: Run) -> str:
        from jitgate.report.document import heading, sections
        from jitgate.report.reported import reported_markdown

        lines = [*heading(run, results), *reported_markdown(results.verdicts), *sections(results)]
        return "\n".join(lines).rstrip() + "\n"


class Json:
    """The decision, every cell's evidence, and every verdict."""

    suffix = ".json"

    def render(self, results: Results, run: Run) -> str:
        from jitgate.report.evidence import SCHEMA, evidence

        decision = decide(results, run.ending)
        document = {
            "schema": SCHEMA,
            "decision": {"state": decision.state, "headline": decision.headline, "action": decision.action},
            "day": run.day.isoformat(),
            "machine": dict(run.facts),
            "command": run.command,
            "cells": [evidence(results, cell) for cell in results.cells()],
        }
        return json.dumps(document, indent=1) + "\n"


class Html:
    """One file to look at: verdicts, pictures of the rounds, and the raw rounds."""

    suffix = ".html"

    def render(self, results: Results, run: Run) -> str:
        from jitgate.report.html.made_page import page_of
        from jitgate.report.html.render import render_page

        return render_page(page_of(results, run))


@pytest.hookimpl(tryfirst=True)
def pytest_jitgate_reports() -> list[ReportFormat]:
    """jitgate's own."""
    return [Markdown(), Json(), Html()]
