"""A whole session for review: what its file, the comment and the annotations say is what its exit code says."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest
from jitgate.report.pull_request.comment import comment
from jitgate.report.pull_request.data import RunForReview, read, written

from tests.jitgate.plugin.conftest import Project
from tests.jitgate.plugin.test_golden import CONFIGURATION, CONFTEST
from tests.jitgate.report.pull_request.made_runs import row, run_of


def session(folder: Path, *arguments: str) -> tuple[int, RunForReview, Project]:
    """Its exit code, and what it wrote."""
    (folder / "pyproject.toml").write_text(CONFIGURATION)
    (folder / "conftest.py").write_text(CONFTEST)
    project = Project(folder)
    done = project.pytest("--jitgate-pull-request", "review.json", "-q", *arguments)
    assert (folder / "review.json").is_file(), done.stdout + done.stderr
    return done.returncode, read((folder / "review.json").read_bytes()), project


def report(project: Project, *arguments: str) -> str:
    command = [sys.executable, "-m", "jitgate", "report", "--pr", "review.json", *arguments]
    done = project.run(command, {**project.environment, "GITHUB_WORKSPACE": str(project.path)})
    assert (done.returncode, done.stderr) == (0, ""), done.stderr
    return done.stdout


def test_a_red_session_is_red_everywhere_and_names_the_line_of_its_gate(tmp_path: Path) -> None:
    code, run, project = session(tmp_path)
    assert code == run.exit_code == 1
    assert run.state == "RED"
    worst = next(row for row in run.rows if row.red)
    assert worst.outcome == "FAIL"
    lines = CONFIGURATION.splitlines()
    placed = [lines[row.line - 1] for row in run.rows if row.line and row.gate.startswith("min_speedup")]
    assert set(placed) == {"min_speedup = 1.10"}

    text = report(project)
    assert text.strip() == comment(run).strip()
    assert text.startswith("**RED: of ")
    summary = tmp_path / "summary.md"
    summary.write_text("of the step before\n")
    said = report(project, "--summary", "summary.md", "--gitlab", "note.txt", "--comment", "c.md", "--annotations")
    assert summary.read_text().startswith("of the step before\n**RED: of ")
    assert (tmp_path / "note.txt").read_text().startswith("RED: of ")
    assert (tmp_path / "c.md").read_text() == comment(run)
    assert all(line.startswith(("::error", "::warning")) for line in said.splitlines())
    assert f"file=pyproject.toml,line={lines.index('min_speedup = 1.10') + 1},title=FAIL " in said


def test_a_green_session_is_green_everywhere(tmp_path: Path) -> None:
    code, run, _ = session(tmp_path, "--jitgate-select", "*/passes/*", "-k", "test_jit")
    assert (code, run.exit_code, run.state) == (0, 0, "GREEN")
    assert comment(run).startswith("**GREEN: ")


def test_a_session_in_which_another_test_fails_is_not_green(tmp_path: Path) -> None:
    (tmp_path / "test_own.py").write_text("def test_own():\n    assert False\n")
    paths = ("--pyargs", "jitgate.benchmarks", "test_own.py")
    code, run, _ = session(tmp_path, "-k", "passes and test_jit or test_own", *paths)
    assert code == run.exit_code == 1
    assert run.state != "GREEN"


def test_a_session_that_measures_nothing_is_not_green(tmp_path: Path) -> None:
    code, run, _ = session(tmp_path, "-k", "no_such_test")
    assert code == run.exit_code == pytest.ExitCode.NO_TESTS_COLLECTED
    assert run.state != "GREEN"


def test_a_session_that_ends_early_leaves_no_green_file_of_before(tmp_path: Path) -> None:
    path = tmp_path / "review.json"
    path.write_text(written(run_of(row())))
    (tmp_path / "pyproject.toml").write_text(CONFIGURATION.replace("min_speedup", "min_sped_up"))
    done = Project(tmp_path).pytest("--jitgate-pull-request", "review.json")
    assert done.returncode == pytest.ExitCode.USAGE_ERROR
    assert not path.exists()


def test_a_file_of_somebody_elses_is_not_removed(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text(CONFIGURATION.replace("min_speedup", "min_sped_up"))
    (tmp_path / "mine.json").write_text("{}")
    Project(tmp_path).pytest("--jitgate-pull-request", "mine.json")
    assert (tmp_path / "mine.json").read_text() == "{}"
    done = Project(tmp_path).pytest("--jitgate-pull-request", "pyproject.toml")
    assert "--jitgate-pull-request pyproject.toml must end in .json" in done.stderr
    assert (tmp_path / "pyproject.toml").exists()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--pr", "none.json"], "--pr none.json can't be read (No such file or directory)"),
        (["--pr", "bad.json"], "--pr bad.json is not what --jitgate-pull-request writes: it is not JSON"),
        (["last"], "name a run and a file, as in: jitgate report last --to run.html"),
        (["last", "--pr", "bad.json"], "--pr FILE.json is a run by itself; leave RUN and --to out"),
    ],
)
def test_bad_input_is_one_sentence(tmp_path: Path, arguments: list[str], said: str) -> None:
    (tmp_path / "bad.json").write_text("{")
    project = Project(tmp_path)
    done = project.run([sys.executable, "-m", "jitgate", "report", *arguments], {**os.environ, **project.environment})
    assert done.returncode == 4
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def test_a_terminal_is_not_green_where_another_plugin_fails_the_session(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text(CONFIGURATION)
    (tmp_path / "conftest.py").write_text(f"{CONFTEST}\n{LATE['sets']}")
    done = Project(tmp_path).pytest("--jitgate-select", "*/passes/*", "-k", "test_jit")
    assert done.returncode == 1
    assert "RED: a test that is no gate, or another plugin, failed the run." in done.stdout
    assert "GREEN" not in done.stdout


LATE = {
    "raises": "def pytest_terminal_summary():\n    raise RuntimeError('slower than before')\n",
    "sets": "def pytest_sessionfinish(session):\n    session.exitstatus = 1\n",
}


@pytest.mark.parametrize("late", LATE)
def test_a_plugin_that_fails_the_run_at_its_end_makes_no_green_file(tmp_path: Path, late: str) -> None:
    (tmp_path / "late_plugin.py").write_text(LATE[late])
    page = tmp_path / "run.html"
    only = ("--jitgate-select", "*/passes/*", "-k", "test_jit", "-p", "late_plugin", "--jitgate-report", "run.html")
    code, run, _ = session(tmp_path, *only)
    assert code == run.exit_code == 1
    assert run.headline.startswith("RED: Another plugin ")
    assert "RED: Another plugin " in page.read_text()
    assert "GREEN" not in page.read_text().partition("</header>")[0].partition("</style>")[2]
