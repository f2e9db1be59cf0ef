"""No test may fail because a machine is busy, and none that needs a card is left out without being named."""

from __future__ import annotations

from functools import cache

import pytest
from hypothesis import settings
from jitgate.device.device import Device, choose_device
from jitgate.model.errors import UsageError

settings.register_profile("untimed", deadline=None)  # hypothesis's 200 ms an example would be a timed assertion
settings.load_profile("untimed")


@cache
def card_or_why_none() -> Device | str:
    """The first card of this machine; a sentence where there is none that torch could use."""
    try:
        return choose_device("cuda")
    except UsageError as problem:
        return str(problem)


def pytest_runtest_setup(item: pytest.Item) -> None:
    if item.get_closest_marker("card") is None:
        return
    found = card_or_why_none()
    if isinstance(found, str):
        pytest.skip(f"needs a card; {found}")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    skipped = [
        report for report in terminalreporter.stats.get("skipped", ()) if "card" in getattr(report, "keywords", ())
    ]
    if not skipped:
        return
    terminalreporter.section("tests marked card, skipped")
    for report in sorted(skipped, key=lambda each: str(each.nodeid)):
        terminalreporter.write_line(report.nodeid)
    terminalreporter.write_line(f"why: {skipped[0].longrepr[2]}")


@pytest.fixture
def card() -> Device:
    """The card; only for tests marked `card`."""
    found = card_or_why_none()
    assert isinstance(found, Device)
    return found
