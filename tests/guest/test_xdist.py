"""Performance tests are never spread over processes, and the reason is always said."""

from __future__ import annotations

import pytest

from tests.guest.conftest import Guest

UNLISTED = """
[tool.jitgate]
[tool.jitgate.workloads."my.mlp"]
factory = "mine.models:mlp"
variants = ["eager", "torchscript"]
"""


@pytest.fixture(params=["listed", "unlisted"])
def spread(request: pytest.FixtureRequest, project: Guest) -> Guest:
    """A project whose table lists its scenarios, and one where only the factory knows them."""
    if request.param == "unlisted":
        project.write("pyproject.toml", UNLISTED)
    return project


@pytest.mark.parametrize(
    "arguments",
    [
        ("--pyargs", "jitgate.benchmarks"),
        ("--pyargs", "jitgate.benchmarks", "-k", "short"),
        ("--jitgate-select", "my.mlp/short"),
    ],
    ids=" ".join,
)
def test_what_is_asked_for_by_name_is_refused_before_any_process_starts(
    project: Guest, arguments: tuple[str, ...]
) -> None:
    said = project.refused("-n", "2", *arguments)
    assert "performance tests can't be spread with -n" in said
    assert "no tests ran" not in said


@pytest.mark.parametrize("more", [(), ("-k", "short and test_mine")], ids=" ".join)
def test_performance_tests_of_the_project_are_refused_with_a_reason(spread: Guest, more: tuple[str, ...]) -> None:
    spread.write("test_it.py", "def test_mine(candidate): assert candidate.speedup > 1\ndef test_other(): pass\n")
    assert "performance tests can't be spread with -n" in spread.refused("-n", "2", "-q", "test_it.py", *more)


def test_other_tests_are_spread(spread: Guest) -> None:
    spread.write("test_it.py", "def test_short(): pass\ndef test_long(): pass\n")
    done = spread.pytest("-n", "2", "-q", "test_it.py")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "2 passed" in done.stdout


def test_what_a_keyword_may_have_meant_is_warned_of(project: Guest) -> None:
    project.write("pyproject.toml", UNLISTED)
    project.write("test_it.py", "def test_short(): pass\ndef test_mine(candidate): assert candidate.speedup > 1\n")
    done = project.pytest("-n", "2", "-q", "-k", "short", "test_it.py")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "1 passed" in done.stdout


def test_zero_processes_is_no_spreading(project: Guest) -> None:
    assert len(project.ids("-n", "0")) > 0


def test_a_wrong_table_is_said_once(project: Guest) -> None:
    project.write("pyproject.toml", "[tool.jitgate]\nalpha = 7\n")
    assert "alpha = 7 must be a number" in project.refused("-n", "2")
