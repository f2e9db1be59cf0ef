"""From the results of a session to the file for review: one decision, and the line of each gate."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jitgate.config.policy import Gate
from jitgate.gates.requirements import Requirement
from jitgate.model.cell import Cell
from jitgate.report.decision import Ending
from jitgate.report.pull_request.data import GREEN, RunForReview, read, written
from jitgate.report.pull_request.made import UNKNOWN_EXIT, for_review, gate_lines
from jitgate.statistics import Outcome

from tests.jitgate.measurements import made_of
from tests.jitgate.results import policy_of, results_of

FILE = """
[tool.jitgate]
alpha = 0.01

[[tool.jitgate.gates]]
workload = "my.encoder"
"min_speedup" = 1.10

  [[ tool.jitgate . gates ]]  # another
max_slowdown = "3%"
[tool.other]
max_p95_ms = 3
"""


@pytest.fixture
def gates_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "pyproject.toml"
    path.write_text(FILE)
    monkeypatch.setenv("GITHUB_WORKSPACE", str(tmp_path))
    return path


def made(speedup: float, ending: Ending, file: Path | None = None, **limits: float) -> RunForReview:
    measurement = made_of(speedup)
    gate = Gate(
        "pyproject.toml, [[tool.jitgate.gates]] number 1", variant="jit", limits=limits or {"min_speedup": 1.10}
    )
    policy = policy_of(gate, measurements=[measurement])
    return for_review(results_of(policy, measurement), ending, file)


def test_lines_are_those_of_the_file(gates_file: Path) -> None:
    lines = gate_lines(gates_file)
    assert lines[1, ""] == FILE.splitlines().index("[[tool.jitgate.gates]]") + 1
    assert lines[1, "min_speedup"] == FILE.splitlines().index('"min_speedup" = 1.10') + 1
    assert lines[2, "max_slowdown"] == FILE.splitlines().index('max_slowdown = "3%"') + 1
    assert (2, "max_p95_ms") not in lines
    assert gate_lines(None) == gate_lines(gates_file.with_name("none")) == {}


def test_a_gate_has_the_line_of_its_limit_and_a_default_limit_has_none(gates_file: Path) -> None:
    run = made(1.0, Ending(1), gates_file)
    assert run.file == "pyproject.toml"
    found = {row.gate.partition("=")[0]: row.line for row in run.rows}
    assert found["min_speedup"] == gate_lines(gates_file)[1, "min_speedup"]
    assert {line for gate, line in found.items() if gate != "min_speedup"} == {None}


def test_a_file_outside_of_the_repository_has_no_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GITHUB_WORKSPACE", str(tmp_path / "repository"))
    (tmp_path / "pyproject.toml").write_text(FILE)
    assert made(1.0, Ending(1), tmp_path / "pyproject.toml").file == ""


@given(st.sampled_from([0.9, 1.10, 1.4]), st.sampled_from([None, 0, 1, 2, 3, 4, 5, 99]), st.booleans())
def test_what_is_made_is_believed_and_green_is_exit_code_0_and_nothing_red(
    speedup: float, code: int | None, problem: bool
) -> None:
    ending = Ending(code, ("INVALID my.encoder: Something is odd.",) if problem else ())
    run = made(speedup, ending)
    if run.exit_code == 0 and any(row.red for row in run.rows):
        pytest.fail("a red gate ended with exit code 0")
    assert (run.state == GREEN) == (run.exit_code == 0)
    assert run.headline.startswith(run.state)
    assert (run.exit_code == 0) <= (code == 0)
    again = read(written(run).encode())
    assert replace(again, rows=()) == replace(run, rows=())


def test_a_run_that_judged_nothing_ends_well_and_is_not_green() -> None:
    nothing = results_of(policy_of(), made_of(1.4), ask=False)
    run = read(written(for_review(nothing, Ending(0), None)).encode())
    assert (run.exit_code, run.state) == (0, "NOT GATED")
    assert run.headline == "NOT GATED: no gate was judged, figures are only reported."


def test_every_figure_and_sentence_is_the_verdicts() -> None:
    measurement = made_of(1.0)
    policy = policy_of(Gate("here", variant="jit", limits={"min_speedup": 1.10}), measurements=[measurement])
    results = results_of(policy, measurement)
    rows = for_review(results, Ending(1), None).rows
    assert [(row.cell, row.gate, row.outcome, row.figure, row.sentence) for row in rows] == [
        (each.cell.id, each.label, str(each.outcome), "" if each.figure is None else each.figure.text, each.sentence)
        for each in results.gates
    ]


def test_a_test_that_asks_for_the_opposite_of_a_limit_does_not_make_its_run_unbelieved() -> None:
    found = made_of(1.0)
    results = results_of(policy_of(measurements=[found]), found)
    kind, asked = results.rules.kind("min_speedup"), results.asked(Cell("my.encoder", "short", "jit"))
    assert results.add(Requirement(kind, asked, 2.0, configured=False)).outcome is Outcome.FAIL
    run = read(written(for_review(results, Ending(0), None)).encode())
    assert (run.exit_code, run.state) == (0, GREEN)
    assert not any(row.red for row in run.rows)
    assert any(row.red for row in for_review(results, Ending(1), None).rows)


@pytest.mark.parametrize("code", [-1, 256, 1000])
def test_an_exit_code_that_no_system_gives_on_is_not_green_and_can_be_read(code: int) -> None:
    run = read(written(made(1.4, Ending(code))).encode())
    assert (run.exit_code, run.state) == (UNKNOWN_EXIT, "RED")
