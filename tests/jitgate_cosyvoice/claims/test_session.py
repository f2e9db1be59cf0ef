"""Claims in a real run: what they need is measured, and rows stand in the summary, the JSON and the document."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from jitgate.gates.judge import Judge
from jitgate.model.cell import Cell
from jitgate.model.errors import UsageError
from jitgate.model.measurement import Measurement
from jitgate.plugin.claims import Claims
from jitgate.plugin.report_file import ReportFile
from jitgate_cosyvoice.claims.claim import Said
from jitgate_cosyvoice.claims.speed import Faster

from tests.jitgate.measurements import made_of
from tests.jitgate.plugin.conftest import Project
from tests.jitgate_cosyvoice.policies import cosyvoice_policy

CONFTEST = '''
"""Claims about this project's own model, in the place of the device analysis's."""

from jitgate_cosyvoice.claims import analysis
from jitgate_cosyvoice.claims.claim import Said
from jitgate_cosyvoice.claims.memory import EmptyCacheFrees, MemoryAtMost
from jitgate_cosyvoice.claims.speed import Faster
from jitgate.model.cell import Cell

SAID = Said("it is | so", "section 1", "就是这样")


def cell(variant, scenario="short"):
    return Cell("my.encoder", scenario, variant)


analysis.CLAIMS = (
    Faster("never_a_thousand_times", SAID, cell("plain"), 1000.0),
    MemoryAtMost("not_ten_times_the_memory", SAID, cell("plain"), 10.0),
    Faster("lacks_something", SAID, cell("missing"), 1.0),
    EmptyCacheFrees("frees", SAID, cell("eager")),
    Faster("of_another_project", SAID, Cell("their.encoder", "short", "plain"), 1.0),
)
'''

TEST = """
import pytest


@pytest.mark.claims
def test_claim(measured_claim):
    assert measured_claim.answered, measured_claim.sentence
"""


@pytest.fixture
def asking(project: Project) -> Project:
    """A project with claims, and a variant that only a claim asks for."""
    project.configure(["eager", "plain"])
    (project.path / "conftest.py").write_text(CONFTEST)
    (project.path / "test_mine.py").write_text(TEST)
    return project


def test_rounds_go_on_for_a_claim_about_what_is_measured_until_it_is_decided() -> None:
    state: Any = SimpleNamespace(
        policy=cosyvoice_policy(),
        device=SimpleNamespace(kind="cpu"),
        judge=Judge(0.01),
        measurements=SimpleNamespace(done={}),
    )
    workload = next(iter(cosyvoice_policy().workloads))
    claims = Claims(state)
    claims.asked = [
        Faster("here", Said("it is so", "1", "-"), Cell(workload, "short", "torchscript"), 1.10),
        Faster("elsewhere", Said("it is so", "1", "-"), Cell(workload, "long", "torchscript"), 1.10),
    ]

    def of(ratio: float) -> Measurement:
        made = made_of(ratio)
        all_samples = {name.replace("jit", "torchscript"): samples for name, samples in made.all_samples.items()}
        return replace(made, workload=workload, all_samples=all_samples)

    assert claims.open(of(1.10)) == ["torchscript"]
    assert claims.open(of(1.40)) == []
    assert claims.open(replace(of(1.10), scenario="new")) == []


@pytest.mark.slow
def test_claims_are_measured_and_said_everywhere(asking: Project) -> None:
    done = asking.pytest(
        "test_mine.py",
        "-m",
        "claims",
        "--benchmark-json",
        "out.json",
        "--jitgate-report",
        "run.md",
        "--jitgate-processes",
        "3",
        "--jitgate-budget",
        "4",
        "--jitgate-extras",
        "measure",
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "4 passed" in done.stdout

    said = [line.strip() for line in done.stdout.splitlines()]
    rows = {line.split(":")[0] for line in said if "it is | so" in line}
    assert "DOES NOT HOLD" in rows
    assert "NOT MEASURABLE HERE" in rows
    assert "needs a flux capacitor; install one." in said
    assert any(line.startswith("recommended for my.encoder short on cpu: ") for line in said)

    document = json.loads((asking.path / "out.json").read_text())
    claims = {claim["name"]: claim["standing"] for claim in document["jitgate"]["claims"]}
    assert claims["never_a_thousand_times"] == "DOES NOT HOLD"
    assert claims["lacks_something"] == claims["frees"] == "NOT MEASURABLE HERE"
    assert "of_another_project" not in claims
    assert [found["workload"] for found in document["jitgate"]["recommendations"]] == ["my.encoder"]
    (entry,) = [each for each in document["benchmarks"] if "never_a_thousand" in each["name"]]
    assert entry["extra_info"]["claim"]["standing"] == "DOES NOT HOLD"
    assert entry["stats"]["rounds"] > 0

    report = (asking.path / "run.md").read_text(encoding="utf-8")
    assert report.startswith("# A run of 20")
    assert r"| it is \| so | section 1: 就是这样 |" in report
    assert "## my.encoder short on cpu" in report
    assert "GFLOP" in report


def test_a_report_that_can_not_be_written_is_bad_input(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "nowhere" / "run.md"):
        with pytest.raises(UsageError, match="can't be written; name a file in a folder that exists"):
            ReportFile(path, [])
