"""What an earlier session wrote is never taken for the result of this one."""

from __future__ import annotations

import argparse
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from jitgate.plugin.result_files import OPTIONS, remove_earlier

from tests.jitgate.plugin.conftest import Project

EARLIER = '{"an earlier": "session, all of it PASS"}'
FILES = ("--benchmark-json=out.json", "--junitxml=out.xml", "--jitgate-report=out.md")
NAMES = ("out.json", "out.xml", "out.md")

FAILING = """
import jitgate


def encoder():
    import torch

    class Broken(torch.nn.Module):
        def forward(self, x):
            raise RuntimeError("the weights are gone")

    return jitgate.Workload(module=Broken(), scenarios={"short": (torch.randn(4, 4),)})


def plain(module, example):
    return module
"""


def with_earlier(project: Project) -> None:
    for name in NAMES:
        (project.path / name).write_text(EARLIER)


def left(project: Project) -> list[str]:
    """Files that still say what the earlier session said."""
    return [name for name in NAMES if (project.path / name).exists() and EARLIER in (project.path / name).read_text()]


@pytest.mark.parametrize(
    ("table", "options", "code"),
    [
        ('[[tool.jitgate.gates]]\nmin_speedup = "fast"\n', (), 4),
        ("", ("--no-such-option",), 4),
        ("", ("--jitgate-config=missing.toml",), 4),
        ("", ("--jitgate-select=no/such/cell",), 4),
        ("", ("-k", "no_such_test"), 5),
        ("", ("no_such_file.py",), 4),
    ],
)
def test_a_session_that_measures_nothing_leaves_no_earlier_result(
    project: Project, table: str, options: tuple[str, ...], code: int
) -> None:
    project.configure(["eager", "plain"], table)
    with_earlier(project)
    done = project.pytest(*options, *FILES)
    assert done.returncode == code, done.stdout + done.stderr
    assert left(project) == []
    assert "Traceback" not in done.stdout + done.stderr


def test_a_session_in_which_all_fails_writes_its_verdicts(project: Project) -> None:
    (project.path / "mypackage" / "perf.py").write_text(FAILING)
    project.configure(["eager", "plain"], project.gate("plain", "min_speedup = 1.1"))
    text = (project.path / "pyproject.toml").read_text().replace('["short", "long"]', '["short"]')
    (project.path / "pyproject.toml").write_text(text)
    with_earlier(project)
    done = project.pytest("--jitgate-budget", "2", *FILES)
    assert done.returncode == 1, done.stdout + done.stderr
    assert left(project) == []
    found = json.loads((project.path / "out.json").read_text())
    assert found["benchmarks"] == []
    told = found["jitgate"]
    assert told["schema"] == 1
    assert [each for each in told["verdicts"] if each["verdict"] == "PASS"] == []
    assert {each["gate"] for each in told["verdicts"]} >= {"min_speedup"}
    assert told["not_measured"] == []


@pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGKILL")
def test_a_killed_session_leaves_no_earlier_result(project: Project) -> None:
    project.configure(["eager", "plain"])
    with_earlier(project)
    command = project.command("--jitgate-budget", "60", *FILES)
    with subprocess.Popen(
        command, cwd=project.path, env=project.environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as running:
        until = time.monotonic() + 60
        while left(project) and time.monotonic() < until:
            time.sleep(0.05)
        os.kill(running.pid, signal.SIGKILL)
    assert left(project) == []


def test_a_project_without_gates_keeps_its_files(project: Project) -> None:
    (project.path / "pyproject.toml").write_text("[tool.other]\n")
    (project.path / "test_own.py").write_text("def test_own(): assert True\n")
    (project.path / "out.json").write_text(EARLIER)
    command = [sys.executable, "-m", "pytest", "-p", "no:jitgate_cosyvoice", "test_own.py", "--benchmark-json=out.json"]
    assert project.run(command, project.environment).returncode == 0
    assert (project.path / "out.json").read_text() == EARLIER


@pytest.mark.parametrize("option", OPTIONS)
def test_regular_files_alone_are_removed(tmp_path: Path, option: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PYTEST_XDIST_WORKER", raising=False)
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").write_text(EARLIER)
    for name in ("folder", "missing", "missing/file", "file/file", os.devnull):
        remove_earlier(argparse.Namespace(**{option: name}), tmp_path)
    assert (tmp_path / "folder").is_dir()
    assert (tmp_path / "file").exists()
    remove_earlier(argparse.Namespace(**{option: Path("file"), "collectonly": True}), tmp_path)
    assert (tmp_path / "file").exists()
    remove_earlier(argparse.Namespace(**{option: Path("file")}), tmp_path)
    assert not (tmp_path / "file").exists()


def test_what_cannot_be_removed_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(path: Path) -> None:
        raise PermissionError(13, "Permission denied")

    (tmp_path / "out.xml").write_text(EARLIER)
    monkeypatch.delenv("PYTEST_XDIST_WORKER", raising=False)
    monkeypatch.setattr(Path, "unlink", refuse)
    with pytest.raises(pytest.UsageError, match=r"--junitxml .*out.xml is of an earlier session and can't be removed"):
        remove_earlier(argparse.Namespace(xmlpath="out.xml"), tmp_path)
