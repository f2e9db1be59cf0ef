"""Models of six kinds are gated in whole sessions: a compiled or exported model has to give eager's answer."""

from __future__ import annotations

import inspect
import shutil
from pathlib import Path

import pytest

from tests.jitgate.plugin.conftest import Project
from tests.models import zoo

RIGHT = "test_candidate_gives_the_answer_of_eager"
REAL = "test_candidate_runs_what_its_name_says"

VARIANTS = {
    "bert": "compile,onnxruntime",
    "whisper": "compile",  # its loop of calls is Python, which no exporter carries
    "tagger": "onnxruntime",  # dynamo leaves an LSTM to eager, and that is INVALID
    "unet": "compile,onnxruntime",
    "resnet": "compile,onnxruntime",
    "vocoder": "compile,onnxruntime",
}

TABLE = """
[tool.jitgate]
memory_limit = "1GiB"
[tool.jitgate.workloads.mine]
factory = "zoo:{name}"
variants = ["eager", "{variant}"]
[[tool.jitgate.gates]]
workload = "mine"
variant = "{variant}"
min_speedup = 1.0
"""


@pytest.mark.parametrize("name", VARIANTS)
def test_a_model_is_brought_in_ten_lines(name: str) -> None:
    lines = [line for line in inspect.getsource(getattr(zoo, name)).splitlines() if line.strip()]
    assert len(lines) <= 10
    assert len(TABLE.strip().splitlines()) <= 10


@pytest.mark.slow
@pytest.mark.parametrize("name", VARIANTS)
def test_it_is_gated_by_one_line(name: str, tmp_path: Path) -> None:
    shutil.copy(zoo.__file__, tmp_path / "zoo.py")
    project = Project(tmp_path)
    chosen = ["--jitgate-model", f"zoo.py:{name}", "--jitgate-variants", VARIANTS[name], "--jitgate-smoke", "-rA"]
    done = project.pytest("--pyargs", "jitgate.benchmarks", *chosen, timeout_s=1200)
    assert done.returncode == 0, done.stdout + done.stderr
    passed = [line for line in done.stdout.splitlines() if line.startswith("PASSED")]
    for variant in VARIANTS[name].split(","):
        for test in (RIGHT, REAL):
            assert [line for line in passed if f"{test}[zoo.{name}/" in line and line.endswith(f"/{variant}]")], (
                done.stdout
            )


@pytest.mark.slow
@pytest.mark.parametrize("name", ["tagger", "unet", "vocoder"])
def test_it_is_gated_by_a_table(name: str, tmp_path: Path) -> None:
    shutil.copy(zoo.__file__, tmp_path / "zoo.py")
    (tmp_path / "pyproject.toml").write_text(TABLE.format(name=name, variant=VARIANTS[name].split(",")[0]))
    done = Project(tmp_path).pytest("--jitgate-budget", "5", "-rA", timeout_s=1200)
    assert f"{RIGHT}[mine/" in done.stdout
    assert f"PASSED {RIGHT}" in done.stdout.replace("test_accuracy.py::", ""), done.stdout
    assert " gates held" in done.stdout
