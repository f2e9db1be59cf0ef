"""pytest starts whatever lies in the current directory, and one sentence says what stands in the way of gates."""

from __future__ import annotations

import pytest

from tests.guest.conftest import TABLE, Guest

FILES = ("perf.py", "perf/__init__.py", "jitgate.py", "jitgate/__init__.py", "jitgate/model/__init__.py")


@pytest.mark.parametrize("name", FILES)
def test_a_file_of_our_name_never_stops_pytest(guest: Guest, name: str) -> None:
    guest.write(name, "X = 1\n")
    guest.write("test_it.py", "def test_it(): pass\n")
    done = guest.pytest("-q")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "1 passed" in done.stdout


@pytest.mark.parametrize("name", ["jitgate.py", "jitgate/__init__.py"])
def test_a_module_in_the_place_of_ours_is_named_where_there_are_gates(project: Guest, name: str) -> None:
    project.write(name, "X = 1\n")
    said = project.refused()
    assert str(project.path / name) in said
    assert "rename yours" in said
    assert project.pytest("-q", "-p", "no:jitgate").returncode == pytest.ExitCode.NO_TESTS_COLLECTED


@pytest.mark.parametrize("name", ["perf.py", "perf/__init__.py"])
def test_other_names_are_free_where_there_are_gates(project: Guest, name: str) -> None:
    project.write(name, "X = 1\n")
    assert len(project.ids()) > 0


def test_the_plugin_can_be_left_out(project: Guest) -> None:
    project.write("test_it.py", "import pytest\n@pytest.fixture\ndef variant(): return 1\ndef test_it(variant): pass\n")
    done = project.pytest("-p", "no:jitgate")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "jitgate: gates" not in done.stdout


@pytest.mark.parametrize(
    "text",
    [
        "ceiling = '4GiB'",
        "shipped = false",
        "[tool.perf.workloads.x]\nfactory = 'a:b'",
        "[tool.perf.variants.x]\nfactory = 'a:b'",
        "[[tool.perf.gates]]\nmin_speedup = 1.1",
    ],
)
def test_a_table_of_the_old_name_is_told_the_new_one(guest: Guest, text: str) -> None:
    guest.write("pyproject.toml", f"[tool.perf]\n{text}\n")
    assert "the table [tool.perf] is now called [tool.jitgate]" in guest.refused()


def test_a_table_of_somebody_else_is_left_alone_unless_performance_tests_are_asked_for(guest: Guest) -> None:
    guest.write("pyproject.toml", "[tool.perf]\nvariants = 3\ngates = ['north']\nworkloads = 'many'\n")
    guest.write("test_it.py", "def test_it(): pass\n")
    assert guest.said() == guest.said("-p", "no:jitgate")
    assert guest.said()[0] == 0
    for arguments in (["--pyargs", "jitgate.benchmarks"], ["--jitgate-budget", "3"]):
        assert "is now called [tool.jitgate]" in guest.refused(*arguments)


def test_both_tables_are_fine(guest: Guest) -> None:
    guest.write("pyproject.toml", f"[tool.perf]\nceiling = '4GiB'\n{TABLE}")
    assert len(guest.ids()) > 0


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("--perf-budget", "--jitgate-budget"),
        ("--perf-beside=skip", "--jitgate-extras"),
        ("--perf-wait", "--jitgate-lock-timeout"),
    ],
)
def test_an_option_of_the_old_name_is_told_the_new_one(guest: Guest, old: str, new: str) -> None:
    assert f"{old.partition('=')[0]} is now called {new}" in guest.refused(old)


def test_an_option_of_somebody_else_is_theirs(guest: Guest) -> None:
    guest.write("conftest.py", "def pytest_addoption(parser): parser.addoption('--perf-budget', type=int)\n")
    guest.write("test_it.py", "def test_it(pytestconfig): assert pytestconfig.getoption('perf_budget') == 3\n")
    code, said = guest.said("--perf-budget", "3")
    assert code == 0, said
    assert "unrecognized arguments: --perf-unheard-of" in guest.refused("--perf-unheard-of")


def test_the_one_line_option_is_told_where_there_is_no_table(guest: Guest) -> None:
    done = guest.pytest("--help")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "--jitgate-model=WHAT" in done.stdout or "--jitgate-model WHAT" in done.stdout
