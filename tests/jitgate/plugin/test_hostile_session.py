"""A whole session whose workers say hostile things: its log, its JUnit file and what it leaves for review."""

from __future__ import annotations

import unicodedata
import xml.etree.ElementTree as ET
from pathlib import Path

from jitgate.model.printable import printable_line
from jitgate.report.pull_request.data import read

from tests.faults.test_log import is_raw
from tests.jitgate.plugin.conftest import Project
from tests.jitgate.plugin.test_golden import CONFIGURATION
from tests.jitgate.report.html.pages import NASTY

CONFTEST = """
from dataclasses import replace

from jitgate.model.failure import Failure, FailureKind
from jitgate.plugin import measuring
from tests.jitgate.measurements import made_of
from tests.jitgate.plugin.golden_measurements import Made
from tests.jitgate.report.html.pages import NASTY


class Nasty(Made):
    def __init__(self, *_):
        super().__init__()
        for number, name in enumerate(NASTY):
            said = Failure(FailureKind.RAISED, f"it raised {name}", name)
            found = made_of(1.4, rounds=12, seed=number, failure=said)
            self._all[f"s{number}"] = replace(found, scenario=f"s{number}", excluded=(name,), notes=(name,))


measuring.make_measurements = Nasty
"""


def test_nothing_of_it_reaches_a_log_or_a_file_as_more_than_text(tmp_path: Path) -> None:
    scenarios = ", ".join(f'"s{number}"' for number in range(len(NASTY)))
    old = 'scenarios = ["passes", "fails", "open", "wrong", "dead", "grows"]'
    table = CONFIGURATION.replace(old, f"scenarios = [{scenarios}]").replace("max_p95_ms = 60", REASON)
    assert table.count("s29") == table.count("reason") == 1
    (tmp_path / "pyproject.toml").write_text(table)
    (tmp_path / "conftest.py").write_text(CONFTEST)
    done = Project(tmp_path).pytest(
        *("--junitxml", "junit.xml", "--jitgate-report", "run.md", "--jitgate-pull-request", "review.json"),
        *("-k", "stays_faster", "-rA"),
    )
    assert done.returncode == 1, done.stdout + done.stderr
    assert [line for line in done.stdout.splitlines() if is_raw(line)] == []
    assert any(line.startswith("  note: line\\nbreak") for line in done.stdout.splitlines()), "no line is forged"
    every = list(ET.parse(tmp_path / "junit.xml").iter("property"))  # noqa: S314 - written by this very test
    values = [each.attrib["value"] for each in every]
    assert len(values) == len(NASTY)
    for name, value in zip(NASTY, values, strict=True):
        assert printable_line(f"FAIL: it raised {name}") in value
    said = (tmp_path / "junit.xml").read_text(encoding="utf-8")
    assert not {unicodedata.category(sign) for sign in said if sign not in "\n\t"} & {"Cc", "Cf", "Cs", "Zl", "Zp"}
    assert {row.outcome for row in read((tmp_path / "review.json").read_bytes()).rows} == {"FAIL"}
    assert (tmp_path / "run.md").exists()


REASON = 'reason = "::error::owned\\u202e<script>\\u0000</script>|`x`"'
