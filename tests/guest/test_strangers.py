"""Names that jitgate uses, in the tests of others: each run says what it says without the plugin."""

from __future__ import annotations

import pytest

from tests.guest.conftest import TABLE, Guest

NAMES = ("variant", "baseline", "candidate", "tolerance", "min_speedup", "max_memory", "recorded", "nightly", "ceiling")

SUITES = {
    "parameters": "\n".join(
        f"@pytest.mark.parametrize({name!r}, ['a', 'b'])\ndef test_{name}({name}): assert {name} in 'ab'\n"
        for name in NAMES
    ),
    "two parameters": """
@pytest.mark.parametrize("variant", ["a", "b"])
@pytest.mark.parametrize(("candidate", "baseline"), [(1, 2)])
def test_both(variant, candidate, baseline): assert (candidate, baseline) == (1, 2)
""",
    "indirect": """
@pytest.fixture
def variant(request): return request.param * 2
@pytest.mark.parametrize("variant", [1, 2], indirect=True)
def test_indirect(variant): assert variant in (2, 4)
""",
    "plain fixtures": "\n".join(
        f"@pytest.fixture\ndef {name}(): return 'mine'\ndef test_{name}({name}): assert {name} == 'mine'\n"
        for name in NAMES
    ),
    "fixtures beside each other": """
@pytest.fixture
def candidate(): return 1
@pytest.fixture(params=[1, 2])
def baseline(request): return request.param
def test_order(candidate, baseline): assert candidate <= baseline
""",
    "autouse": """
@pytest.fixture(autouse=True)
def variant(): return "mine"
def test_nothing(): pass
""",
    "a class": """
class TestIt:
    @pytest.fixture
    def candidate(self): return 3
    @pytest.mark.parametrize("variant", "xyz")
    def test_it(self, candidate, variant): assert candidate == 3
""",
    "generated": """
def pytest_generate_tests(metafunc):
    if "variant" in metafunc.fixturenames:
        metafunc.parametrize("variant", [1, 2, 3])
def test_generated(variant, tolerance=0.1): assert variant in (1, 2, 3)
""",
    "given by a name": """
@pytest.fixture(name="candidate")
def _candidate(): return "mine"
@pytest.mark.usefixtures("candidate")
def test_used(): pass
""",
}

FORGOTTEN = "def test_forgotten(variant): assert variant\n"


def suite(name: str) -> str:
    return f"import pytest\n\n{SUITES[name]}"


@pytest.mark.parametrize("table", ["", TABLE], ids=["no table", "a table"])
def test_fixtures_and_parameters_of_others_stay_theirs(guest: Guest, table: str) -> None:
    guest.write("pyproject.toml", table)
    for name in SUITES:
        guest.write(f"test_{name.replace(' ', '_')}.py", suite(name))
    code, said = guest.said("-rA")
    assert (code, said) == guest.said("-rA", "-p", "no:jitgate")
    assert code == 0, said
    assert "passed" in said


@pytest.mark.parametrize("table", ["", TABLE], ids=["no table", "a table"])
def test_parameters_of_a_conftest_stay_its_own(guest: Guest, table: str) -> None:
    guest.write("pyproject.toml", table)
    guest.write(
        "tests/conftest.py",
        "def pytest_generate_tests(metafunc):\n"
        "    if 'candidate' in metafunc.fixturenames:\n"
        "        metafunc.parametrize('candidate', [1, 2])\n",
    )
    guest.write("tests/test_it.py", "def test_it(candidate): assert candidate in (1, 2)\n")
    code, said = guest.said()
    assert (code, said) == guest.said("-p", "no:jitgate")
    assert "2 passed" in said


def test_a_fixture_that_is_not_there_is_not_there(guest: Guest) -> None:
    guest.write("test_it.py", FORGOTTEN)
    code, said = guest.said()
    assert code == pytest.ExitCode.TESTS_FAILED
    assert "fixture 'variant' not found" in said
    assert (code, said) == guest.said("-p", "no:jitgate")


@pytest.mark.parametrize(
    "arguments",
    [("-k", "a=b"), ("-k", "test_it and x=1,y=2"), ("-m", "nightly"), ("--markers",), ("--fixtures",)],
    ids=" ".join,
)
def test_selection_markers_and_fixtures_are_pytests_own(guest: Guest, arguments: tuple[str, ...]) -> None:
    guest.write("test_it.py", "import pytest\n@pytest.mark.nightly\ndef test_it(): pass\n")
    assert guest.said(*arguments) == guest.said(*arguments, "-p", "no:jitgate")


def test_a_marker_of_the_same_name_stays_theirs(guest: Guest) -> None:
    guest.write("pytest.ini", "[pytest]\nmarkers = nightly: ours\naddopts = --strict-markers -m 'not nightly'\n")
    guest.write("test_it.py", "import pytest\n@pytest.mark.nightly\ndef test_n(): pass\ndef test_d(): pass\n")
    code, said = guest.said()
    assert "1 passed, 1 deselected" in said
    assert (code, said) == guest.said("-p", "no:jitgate")


def test_the_head_of_a_run_without_gates_has_no_line_of_ours(guest: Guest) -> None:
    guest.write(
        "test_it.py",
        "def test_it(pytestconfig): assert pytestconfig.option.benchmark_storage == 'file://./.benchmarks'\n",
    )
    done = guest.pytest()
    assert done.returncode == 0, done.stdout
    assert [line for line in done.stdout.splitlines() if "jitgate" in line and "plugins:" not in line] == []


def test_the_options_stand_in_the_help_of_every_project(guest: Guest) -> None:
    said = guest.pytest("--help").stdout
    assert "--jitgate-budget=SECONDS" in said
    assert "--jitgate-select=WORKLOAD/SCENARIO/VARIANT" in said
    assert "cosyvoice" not in said.lower()


def test_what_runs_here_is_the_wheel(guest: Guest) -> None:
    guest.write(
        "test_it.py", f"import pytest_jitgate\ndef test_it(): assert {str(guest.wheel)!r} in pytest_jitgate.__file__\n"
    )
    code, said = guest.said()
    assert code == 0, said


def test_a_project_without_gates_imports_nothing_of_the_package(guest: Guest) -> None:
    guest.write(
        "test_it.py",
        "import sys\ndef test_it(): assert [name for name in sys.modules if name.split('.')[0] == 'jitgate'] == []\n",
    )
    code, said = guest.said()
    assert code == 0, said


def test_other_plugins_and_a_table_go_together(project: Guest) -> None:
    """Shuffled, spread over processes, run again and measured for coverage: the project's own tests."""
    project.write("test_it.py", suite("plain fixtures"))
    done = project.pytest("-n", "2", "--reruns", "1", "--cov", ".", "-q")
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"{len(NAMES)} passed" in done.stdout


def test_a_test_of_the_project_never_vanishes(project: Guest) -> None:
    project.write("pyproject.toml", "[tool.jitgate]\n")
    project.write("test_it.py", "def test_it(candidate): assert candidate.speedup > 1\n")
    code, said = project.said("-rs")
    assert code == pytest.ExitCode.USAGE_ERROR, said
    assert "there is no cell for it" in said
