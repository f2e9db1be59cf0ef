"""A package of a stranger adds a kind of gate and a report format, each in one file, by an entry point."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET

import pytest

from tests.jitgate.plugin.conftest import Project

KIND = '''
"""A limit on what a call draws."""

from jitgate.gates.kind import GateKind
from jitgate.model.verdict import Figure


class MaxEnergy(GateKind):
    key, attribute, heading = "max_energy_j", "energy_j", "energy a call"

    def figure(self, asked):
        energy_j = 0.25 if asked.cell.variant == "plain" else 0.5
        return Figure.exact(energy_j, f"{energy_j:.3g} J")


def pytest_jitgate_gates():
    return [MaxEnergy()]
'''

FORMAT = '''
"""One line a verdict."""


class Lines:
    suffix = ".lines"

    def render(self, results, run):
        return "".join(f"{verdict.outcome} {verdict.label}\\n" for verdict in results.verdicts)


def pytest_jitgate_reports():
    return [Lines()]
'''

OWN_TEST = """
def test_energy(variant, max_energy_j):
    assert variant.energy_j <= max_energy_j
"""


def install(project: Project, name: str, source: str) -> None:
    """As pip would: a module, and the metadata that names it as a plugin of pytest."""
    (project.path / f"{name}.py").write_text(source)
    about = project.path / f"{name}-1.0.dist-info"
    about.mkdir()
    (about / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
    (about / "entry_points.txt").write_text(f"[pytest11]\n{name} = {name}\n")


@pytest.mark.slow
def test_a_kind_of_gate_in_one_file_is_key_fixture_attribute_column_entry_and_row(project: Project) -> None:
    assert len(KIND.splitlines()) <= 40
    install(project, "energy_gate", KIND)
    project.configure(["eager", "plain"], project.gate("plain", "max_energy_j = 0.3", scenario="short"))
    (project.path / "test_mine.py").write_text(OWN_TEST)
    options = ("-k", "short", "--jitgate-budget", "1", "--junitxml", "junit.xml")
    done = project.pytest("test_mine.py", *options, "--jitgate-report", "report.md", "-rs")
    said = done.stdout + done.stderr
    assert done.returncode == 0, said
    assert "1 passed, 1 skipped" in said
    assert "not gated: no gate sets max_energy_j for my.encoder" in said
    assert "energy a call" in said
    assert "0.25 J" in said
    report = (project.path / "report.md").read_text()
    assert "| energy a call |" in report
    assert "| plain | max\\_energy\\_j=0.3 | PASS |" in report
    properties = [each.attrib for each in ET.parse(project.path / "junit.xml").iter("property")]  # noqa: S314 - ours
    assert any(each["name"] == "jitgate.max_energy_j=0.3" and each["value"].startswith("PASS") for each in properties)


@pytest.mark.slow
def test_without_a_test_of_its_own_it_is_judged_all_the_same_and_can_be_red(project: Project) -> None:
    install(project, "energy_gate", KIND)
    project.configure(["eager", "plain"], project.gate("plain", "max_energy_j = 0.2", scenario="short"))
    done = project.pytest("-k", "short and test_gate_holds", "--jitgate-budget", "1", "--benchmark-json", "out.json")
    said = done.stdout + done.stderr
    assert done.returncode == 1, said
    assert "max_energy_j=0.2: energy_j is 0.25 J, but <= 0.2 is required." in said
    (entry,) = json.loads((project.path / "out.json").read_text())["benchmarks"]
    (gate,) = entry["extra_info"]["jitgate"]["gates"]
    assert (gate["gate"], gate["verdict"], gate["figure"]["estimate"]) == ("max_energy_j", "FAIL", 0.25)


@pytest.mark.slow
def test_a_format_in_one_file_writes_the_report_that_is_asked_for(project: Project) -> None:
    install(project, "line_report", FORMAT)
    project.configure(["eager", "plain"], project.gate("plain", "min_speedup = 0.001", scenario="short"))
    done = project.pytest("-k", "short and test_jit", "--jitgate-budget", "1", "--jitgate-report", "run.lines")
    assert done.returncode == 0, done.stdout + done.stderr
    assert (project.path / "run.lines").read_text() == "PASS min_speedup=0.001\n"
    refused = project.pytest("-k", "short and test_jit", "--jitgate-report", "run.pdf")
    assert refused.returncode == 4
    assert "no format has the suffix '.pdf'; there are: .md, .json, .html, .lines" in refused.stdout + refused.stderr
