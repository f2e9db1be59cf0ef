"""What pytest prints of a test of ours, made printable: failures and sections hold text of models and workers."""

from __future__ import annotations

from typing import Any

import pytest

from jitgate.model.printable import printable


def make_printable(report: pytest.TestReport) -> None:
    """Change the report in place: text, and the parts of a traceback as pytest keeps them."""
    report.sections = [(printable(title), printable(text)) for title, text in report.sections]
    found: Any = report.longrepr
    if isinstance(found, str):
        report.longrepr = printable(found)
    elif isinstance(found, tuple):  # of a skipped test: file, line, reason
        report.longrepr = (found[0], found[1], printable(found[2]))
    elif found is not None:
        _clean(found)


def _clean(found: Any) -> None:
    for chained, crash, _ in getattr(found, "chain", [(None, None, None)]):
        for traceback in filter(None, (chained, getattr(found, "reprtraceback", None))):
            for entry in traceback.reprentries:
                entry.lines[:] = [printable(line) for line in getattr(entry, "lines", [])]
        for place in filter(None, (crash, getattr(found, "reprcrash", None))):
            place.message = printable(place.message)
    if isinstance(getattr(found, "longrepr", None), str):  # of a fixture that can't be set up
        found.longrepr = printable(found.longrepr)
