"""Whole sessions on made-up measurements: what was swallowed, switched off or not asked for is never green."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from tests.jitgate.plugin.base_checkout import Checkout
from tests.jitgate.plugin.conftest import Project
from tests.jitgate.plugin.test_golden import CONFIGURATION, CONFTEST

OWN = "test_own.py"


@pytest.fixture
def made(tmp_path: Path) -> Project:
    """A project whose scenario `fails` has a candidate at 1.00x, and a gate of 1.10."""
    (tmp_path / "pyproject.toml").write_text(CONFIGURATION)
    (tmp_path / "conftest.py").write_text(CONFTEST)
    return Project(tmp_path)


def test_a_swallowed_assertion_is_a_failed_test_in_junit_headline_and_exit_code(made: Project) -> None:
    (made.path / OWN).write_text(
        "from contextlib import suppress\n\n\n"
        "def test_mine(candidate, min_speedup):\n"
        "    with suppress(AssertionError):\n"
        "        assert candidate.speedup >= min_speedup\n"
    )
    done = made.pytest(OWN, "-k", "fails", "--junitxml", "junit.xml")
    assert done.returncode == 1, done.stdout + done.stderr
    assert "The test passed, and the gate min_speedup=1.10 is red." in done.stdout
    assert "RED: of 1 gate 1 failed." in done.stdout
    (suite,) = ET.parse(made.path / "junit.xml").iter("testsuite")  # noqa: S314 - written by this very test
    assert suite.attrib["failures"] == "1"


def test_where_assertions_are_switched_off_no_gate_is_green(made: Project) -> None:
    environment = {**made.environment, "PYTHONOPTIMIZE": "1"}
    command = made.command("--assert=plain", "-k", "passes and test_jit")
    done = made.run(command, environment)
    assert done.returncode == 1, done.stdout + done.stderr
    assert "my.encoder/passes/jit min_speedup: A test was given the limit and never compared it" in done.stdout


def test_a_gate_that_no_test_asked_for_is_named_and_its_row_is_not_green(made: Project) -> None:
    done = made.pytest("-k", "fails and memory")
    assert done.returncode == 0, done.stdout + done.stderr
    (row,) = [line for line in done.stdout.splitlines() if line.startswith("  jit ")]
    assert row.split()[-5:] == ["not", "judged", "PASS", "not", "judged"]
    assert "not judged in this run: " in done.stdout
    assert "my.encoder/fails/jit min_speedup" in done.stdout


def test_a_limit_of_a_test_does_not_count_as_a_gate(made: Project) -> None:
    (made.path / OWN).write_text("def test_mine(candidate):\n    assert not candidate.speedup >= 50\n")
    done = made.pytest(OWN, "-k", "fails")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "NOT GATED: no gate was judged" in done.stdout


def test_a_test_that_gets_no_cell_is_bad_input(made: Project) -> None:
    settings = made.path / "pyproject.toml"
    settings.write_text(
        CONFIGURATION[: CONFIGURATION.index("[tool.jitgate.variants")].replace('"eager", "jit"', '"eager"')
    )
    (made.path / OWN).write_text("def test_mine(candidate):\n    assert candidate.speedup >= 2\n")
    done = made.pytest(OWN)
    said = done.stdout + done.stderr
    assert done.returncode == 4, said
    assert "test_mine" in said
    assert "there is no cell for it" in said


def test_without_a_terminal_reporter_a_session_still_judges(made: Project) -> None:
    done = made.pytest("-p", "no:terminal", "-k", "passes and test_jit")
    assert done.returncode == 0, done.stdout + done.stderr


HUGE = "1" + 400 * "0"


LINES = [f"min_speedup = {HUGE}", 'min_speedup = "1.1"', f"max_p95_ms = {HUGE}", f'max_memory = "{HUGE}GiB"']


@pytest.mark.parametrize("line", LINES)
def test_a_value_of_a_wrong_type_or_size_is_one_sentence(made: Project, line: str) -> None:
    gate = CONFIGURATION.index("min_speedup = 1.10")
    (made.path / "pyproject.toml").write_text(f"{CONFIGURATION[:gate]}{line}\n")
    done = made.pytest("-k", "passes")
    said = done.stdout + done.stderr
    assert done.returncode == 4, said
    assert "Traceback" not in said
    assert "INTERNALERROR" not in said


def test_a_base_that_no_test_compares_with_is_never_green(made: Project) -> None:
    """As where a project runs its own tests only, and names a base for them."""
    (made.path / OWN).write_text(
        "def test_mine(candidate, min_speedup):\n    assert candidate.speedup >= min_speedup\n"
    )
    repository = Checkout(made.path)
    repository.git("init", "-q")
    repository.commit("Begin")
    repository.write("README.md", "A toy.\n")
    repository.commit("Say what it is")
    done = made.pytest(OWN, "-k", "passes", "--jitgate-base", "HEAD~1")
    assert done.returncode == 1, done.stdout + done.stderr
    assert "INVALID: A base was named, and no test of this run compares with it" in done.stdout
    assert "GREEN" not in done.stdout
    assert made.pytest(OWN, "-k", "passes").returncode == 0
