"""`--jitgate-report run.html` of whole sessions: green, red, interrupted, and refused before anything is measured."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.jitgate.plugin.conftest import Project
from tests.jitgate.plugin.test_golden import CONFIGURATION, CONFTEST

INTERRUPTED = """

class Interrupted(Made):
    def get(self, workload, scenario):
        if scenario == "open":
            raise KeyboardInterrupt
        return super().get(workload, scenario)


measuring.make_measurements = Interrupted
"""


def session(folder: Path, more: str, *arguments: str) -> tuple[int, str, str]:
    """Exit code, all that was said, and the first line of the page."""
    (folder / "pyproject.toml").write_text(CONFIGURATION)
    (folder / "conftest.py").write_text(CONFTEST + more)
    done = Project(folder).pytest("--jitgate-report", "run.html", *arguments)
    path = folder / "run.html"
    line = re.findall(r'<p class="headline">(.*?)</p>', path.read_text()) if path.exists() else [""]
    return done.returncode, done.stdout + done.stderr, line[0]


@pytest.mark.parametrize(
    ("more", "chosen", "code", "begin"),
    [
        ("", "passes and (speed or memory)", 0, "GREEN: "),
        ("", "fails", 1, "RED: "),
        (INTERRUPTED, "passes or fails or open", 2, "STOPPED: the run was interrupted. "),
        (INTERRUPTED, "open", 2, "STOPPED: the run was interrupted. No gate was judged."),
    ],
)
def test_the_page_says_what_the_exit_code_says(tmp_path: Path, more: str, chosen: str, code: int, begin: str) -> None:
    exit_code, said, line = session(tmp_path, more, "-k", chosen)
    assert exit_code == code, said
    assert line.startswith(begin), said


@pytest.mark.parametrize(
    ("option", "name"),
    [
        *(("--jitgate-report", f"run.{suffix}") for suffix in ("html", "md", "json")),
        ("--jitgate-pull-request", "run.json"),
    ],
)
def test_what_can_not_be_written_is_refused_before_anything_is_measured(tmp_path: Path, option: str, name: str) -> None:
    (tmp_path / name).mkdir()
    (tmp_path / "pyproject.toml").write_text(CONFIGURATION)
    (tmp_path / "conftest.py").write_text(CONFTEST)
    done = Project(tmp_path).pytest(option, name)
    said = done.stdout + done.stderr
    assert done.returncode == 4, said
    assert f"{option} {name} can't be written" in said
    assert "passed" not in said
    assert not (tmp_path / ".jitgate" / "rounds").exists()


def test_two_reports_in_one_file_are_refused_before_anything_is_measured(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text(CONFIGURATION)
    (tmp_path / "conftest.py").write_text(CONFTEST)
    done = Project(tmp_path).pytest("--jitgate-report", "run.json", "--jitgate-pull-request", "./run.json")
    assert done.returncode == 4, done.stdout
    assert "both name run.json; name two files" in done.stdout + done.stderr
    assert not (tmp_path / "run.json").exists()


def test_a_table_is_printed_as_soon_as_its_scenario_is_over_and_the_decision_comes_first_at_the_end(
    tmp_path: Path,
) -> None:
    code, said, _ = session(tmp_path, "", "-k", "passes or fails")
    assert code == 1, said
    before, _, after = said.partition("= jitgate =")
    assert "my.encoder passes on cpu: 60 rounds in 10 s" in before
    assert "my.encoder fails on cpu" not in before, "the summary follows at once"
    lines = [line for line in after.splitlines() if line][1:]
    assert lines[0].startswith("RED: of 18 gates 1 failed and 2 are INCONCLUSIVE."), said
    assert "my.encoder/fails/jit, min_speedup=1.10" in lines[1]
    assert "15 of 18 gates held; 1 FAIL, 2 INCONCLUSIVE." in lines
    step = "find what made it slow, or lower the limit if that is intended"
    assert f"asked for: min_speedup=1.10; next: {step}" in before
