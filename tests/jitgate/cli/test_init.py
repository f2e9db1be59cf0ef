"""`jitgate init`: workflows that fit the repository, and nothing of it overwritten."""

from __future__ import annotations

import os
import re
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from jitgate.cli.init import GITHUB, GITLAB, GITLAB_INCLUDED, TEMPLATES, WORKFLOWS
from jitgate.cli.main import main
from jitgate.report.pull_request.data import written
from jitgate.report.pull_request.github import MEMBER
from jitgate.report.pull_request.sticky import ARTEFACT

from tests.jitgate.report.pull_request.made_runs import row, run_of

ROOT = Path(__file__).parents[3]


def git(folder: Path, *arguments: str) -> str:
    own = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull}
    who = ["-c", "user.name=a", "-c", "user.email=a@example.invalid"]
    command = ["git", *who, "-C", str(folder), *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True, env={**os.environ, **own}).stdout


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Empty, on the branch `trunk`."""
    folder = tmp_path / "repository"
    folder.mkdir()
    git(folder, "init", "-q", "-b", "trunk")
    monkeypatch.chdir(folder)
    return folder


def workflow(folder: Path, name: str) -> dict[Any, Any]:
    found: dict[Any, Any] = yaml.safe_load((folder / WORKFLOWS / name).read_text(encoding="utf-8"))
    return found


def steps(folder: Path, name: str) -> list[dict[str, Any]]:
    return [step for job in workflow(folder, name)["jobs"].values() for step in job["steps"]]


def test_an_empty_repository_gets_three_workflows_and_is_told_what_to_set(
    repository: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["init"]) == 0
    said = capsys.readouterr().out
    assert sorted(path.name for path in (repository / WORKFLOWS).iterdir()) == sorted(GITHUB)
    assert "require the status check `jitgate gate` for trunk" in said
    assert "There is no [tool.jitgate] in pyproject.toml yet." in said
    assert workflow(repository, "jitgate.yml")[True]["push"]["branches"] == ["trunk"]
    (install,) = [step["run"] for step in steps(repository, "jitgate.yml") if step.get("name") == "Install"]
    assert re.fullmatch(r"python -m pip install jitgate(==[\w.]+)?", install)


def test_a_second_time_changes_nothing_and_a_changed_file_is_not_overwritten(
    repository: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["init"]) == main(["init"]) == 0
    mine = repository / WORKFLOWS / "jitgate-nightly.yml"
    mine.write_text("mine")
    (repository / WORKFLOWS / "jitgate.yml").unlink()
    assert main(["init"]) == 4
    assert "jitgate-nightly.yml is there already; move it away" in capsys.readouterr().err
    assert mine.read_text() == "mine"
    assert not (repository / WORKFLOWS / "jitgate.yml").exists()


def test_what_the_project_has_is_installed(repository: Path) -> None:
    (repository / "pyproject.toml").write_text("[project]\nname = 'x'\n[tool.jitgate]\n")
    (repository / "requirements.txt").write_text("")
    assert main(["init"]) == 0
    text = (repository / WORKFLOWS / "jitgate.yml").read_text()
    assert "run: python -m pip install -e . -r requirements.txt jitgate" in text
    assert f'python-version: "{sys.version_info.major}.{sys.version_info.minor}"' in text


@pytest.mark.parametrize("broken", ["[", "\n[tool.jitgate]\n\x00"])
def test_bad_input_is_one_sentence(
    repository: Path, broken: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (repository / "pyproject.toml").write_text(broken)
    assert main(["init"]) == 4
    assert "pyproject.toml can't be read" in capsys.readouterr().err
    assert not (repository / ".github").exists()
    monkeypatch.chdir(tmp_path)
    assert main(["init"]) == 4
    assert "is not the root of a git repository" in capsys.readouterr().err


def test_a_folder_that_can_not_be_written_is_said(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (repository / ".github").write_text("in the way")
    assert main(["init"]) == 4
    assert "can't be written" in capsys.readouterr().err


@pytest.mark.parametrize("branch", ["release/2.x", "we'ird]"])
def test_a_branch_of_any_name_leaves_the_workflow_valid(repository: Path, branch: str) -> None:
    git(repository, "symbolic-ref", "HEAD", f"refs/heads/{branch}")
    assert main(["init"]) == 0
    branches = workflow(repository, "jitgate.yml")[True]["push"]["branches"]
    assert branches == ([branch] if "'" not in branch else ["main"])


def test_actions_have_the_pins_of_this_repository(repository: Path) -> None:
    main(["init"])
    known = "\n".join(path.read_text(encoding="utf-8") for path in (ROOT / WORKFLOWS).glob("*.yml"))
    for name in GITHUB:
        for used in re.findall(r"uses: (.+)", (repository / WORKFLOWS / name).read_text()):
            assert f"uses: {used}" in known


def test_the_three_workflows_fit_together(repository: Path) -> None:
    main(["init"])
    gate, comment = workflow(repository, "jitgate.yml"), workflow(repository, "jitgate-comment.yml")
    assert comment[True]["workflow_run"]["workflows"] == [gate["name"]]
    (handed,) = [step["with"] for step in steps(repository, "jitgate.yml") if step.get("name") == "Hand on for review"]
    assert ARTEFACT.fullmatch(handed["name"].replace("${{ github.run_attempt }}", "3"))
    assert Path(handed["path"]).name == MEMBER
    for each in (gate, comment, workflow(repository, "jitgate-nightly.yml")):
        assert each["permissions"] == {}
        assert all(0 < job["timeout-minutes"] <= 240 for job in each["jobs"].values())
    assert not any("checkout" in step.get("uses", "") for step in steps(repository, "jitgate-comment.yml"))


@pytest.mark.skipif(os.name == "nt", reason="the job runs on Linux")
@pytest.mark.parametrize("commits", [1, 2, 5])
def test_the_base_of_a_shallow_clone_is_the_first_parent(repository: Path, tmp_path: Path, commits: int) -> None:
    main(["init"])
    for number in range(commits):
        git(repository, "commit", "-q", "--allow-empty", "-m", str(number))
    (checkout,) = [step for step in steps(repository, "jitgate.yml") if "checkout" in step.get("uses", "")]
    depth = str(checkout["with"]["fetch-depth"])
    git(tmp_path, "clone", "-q", "--depth", depth, f"file://{repository}", "clone")
    (script,) = [step["run"] for step in steps(repository, "jitgate.yml") if "Measure" in step.get("name", "")]
    fake = tmp_path / "bin" / "python"
    fake.parent.mkdir()
    fake.write_text('#!/bin/sh\nfor each in "$@"; do echo "$each"; done\n')
    fake.chmod(fake.stat().st_mode | stat.S_IXUSR)
    done = subprocess.run(
        ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", script],
        cwd=tmp_path / "clone",
        env={**os.environ, "PATH": f"{fake.parent}{os.pathsep}{os.environ['PATH']}"},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    arguments = done.stdout.splitlines()
    assert ("--jitgate-base" in arguments) == (commits > 1)
    if commits > 1:
        assert arguments[arguments.index("--jitgate-base") + 1] == "HEAD^1"
        assert git(tmp_path / "clone", "log", "-1", "--format=%s", "HEAD^1").strip() == str(commits - 2)


def test_gitlab_gets_its_file_or_one_to_include(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["init", "--gitlab"]) == 0
    found = yaml.safe_load((repository / GITLAB).read_text())
    assert found["jitgate"]["variables"]["GIT_DEPTH"] == "0"
    assert found["jitgate"]["artifacts"]["when"] == "always"
    (repository / GITLAB).write_text("stages: [test]\n")
    assert main(["init", "--gitlab"]) == 0
    assert f"include:\n  - local: /{GITLAB_INCLUDED.as_posix()}" in capsys.readouterr().out
    assert (repository / GITLAB).read_text() == "stages: [test]\n"
    assert yaml.safe_load((repository / GITLAB_INCLUDED).read_text()) == found


@pytest.mark.skipif(os.name == "nt", reason="the job runs on Linux")
def test_gitlabs_script_compares_unless_there_is_no_commit_before(repository: Path, tmp_path: Path) -> None:
    main(["init", "--gitlab"])
    git(repository, "commit", "-q", "--allow-empty", "-m", "one")
    here = git(repository, "rev-parse", "HEAD").strip()
    lines = yaml.safe_load((repository / GITLAB).read_text())["jitgate"]["script"]
    script = "\n".join(lines).replace("python -m", "echo")
    for base, compared in (
        (here, f"--jitgate-base {here}"),
        ("0" * 40, None),
        ("", "--jitgate-base "),
        ("f" * 40, "f"),
    ):
        done = subprocess.run(
            ["bash", "-eo", "pipefail", "-c", script],
            cwd=repository,
            env={**os.environ, "JITGATE_BASE": base},
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stderr
        assert ("--jitgate-base" in done.stdout) == (compared is not None)
        assert (compared or "") in done.stdout


def test_the_note_is_printed_by_the_standard_library_alone(tmp_path: Path) -> None:
    (tmp_path / "run.json").write_text(written(run_of(row("FAIL", "worst"))))
    command = [sys.executable, "-S", "-m", "jitgate.report.pull_request.gitlab"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "perf")}
    done = subprocess.run([*command, "run.json"], cwd=tmp_path, env=environment, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("RED: of 1 gates 1 failed. Do this.\n")
    done = subprocess.run([*command, "none.json"], cwd=tmp_path, env=environment, capture_output=True, text=True)
    assert done.returncode == 4
    assert "Traceback" not in done.stderr


def test_every_template_is_used() -> None:
    assert {path.name for path in TEMPLATES.iterdir()} == {*GITHUB, "gitlab.yml"}
