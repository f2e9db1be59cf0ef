"""pytest-benchmark's own comparison of machines: silent for an equal one, loud for any other."""

from __future__ import annotations

import json

import pytest

from tests.jitgate.plugin.conftest import Project

TEST = "def test_it(benchmark):\n    benchmark(int)\n"
WARNING = "machine_info is different"


@pytest.mark.slow
def test_an_equal_machine_never_warns_and_a_different_one_does(project: Project) -> None:
    project.configure(["eager"])
    (project.path / "test_own.py").write_text(TEST)
    fast = ("test_own.py", "--benchmark-min-rounds", "1", "--benchmark-max-time", "0.01")
    first = project.pytest(*fast, "--benchmark-autosave")
    assert first.returncode == 0, first.stdout + first.stderr
    (stored,) = (project.path / ".benchmarks").rglob("*.json")

    again = project.pytest(*fast, "--benchmark-compare")
    assert again.returncode == 0, again.stdout + again.stderr
    assert WARNING not in again.stdout + again.stderr
    assert "(0001_" in again.stdout

    document = json.loads(stored.read_text())
    assert "node" not in document["machine_info"], "a host name tells equal machines apart"
    document["machine_info"]["power_limit_w"] = 35
    stored.write_text(json.dumps(document))
    other = project.pytest(*fast, "--benchmark-compare")
    assert WARNING in other.stdout + other.stderr


@pytest.mark.slow
def test_an_environment_with_other_threads_is_kept_apart(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    project.configure(["eager"])
    (project.path / "test_own.py").write_text(TEST)
    for count in ("1", "2"):
        monkeypatch.setenv("OMP_NUM_THREADS", count)
        project.pytest("test_own.py", "--benchmark-autosave", "--benchmark-max-time", "0.01")
    folders = {path.relative_to(project.path).parts[1] for path in (project.path / ".benchmarks").rglob("*.json")}
    assert len(folders) == 2
