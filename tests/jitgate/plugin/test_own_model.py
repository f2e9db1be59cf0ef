"""One command and no file: sessions in an empty folder, with real workers."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.jitgate.plugin.conftest import Project

NET = """
import torch


class Net(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.layers = torch.nn.Sequential(torch.nn.Linear(64, 64), torch.nn.ReLU(), torch.nn.Linear(64, 8))

    def forward(self, x, scale=None):
        return {"y": self.layers(x)}


def net():
    return Net()


def broken():
    raise KeyError("no weights here")
"""


@pytest.fixture
def folder(tmp_path: Path) -> Project:
    (tmp_path / "nets.py").write_text(NET)
    return Project(tmp_path)


def one_line(folder: Project, *arguments: str) -> subprocess.CompletedProcess[str]:
    return folder.pytest("--pyargs", "jitgate.benchmarks", *arguments, timeout_s=900)


@pytest.mark.slow
def test_a_model_is_measured_without_any_file(folder: Project) -> None:
    done = one_line(
        folder, "--jitgate-model", "nets.py:net", "--jitgate-variants", "eager,onnxruntime", "--jitgate-smoke", "-rA"
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "jitgate: Net of nets.py:net: 4,680 parameters" in done.stdout
    assert "jitgate: inputs: x=1x64:float32 (others: --jitgate-input)" in done.stdout
    assert "PASSED" in done.stdout
    assert "test_candidate_gives_the_answer_of_eager[nets.net/1x64/onnxruntime]" in done.stdout


def test_faster_than_eager_is_what_is_asked_of_every_variant(folder: Project) -> None:
    done = one_line(folder, "--jitgate-model", "nets:net", "--collect-only", "-q")
    assert done.returncode == 0, done.stdout + done.stderr
    for variant in ("compile", "inductor", "onnxruntime"):
        assert f"test_jit_stays_faster_than_eager[nets.net/1x64/{variant}]" in done.stdout


def test_a_table_of_the_project_keeps_its_limits_and_not_its_workloads(folder: Project) -> None:
    table = '[tool.jitgate]\nmemory_limit = "4GiB"\n[tool.jitgate.workloads.other]\nfactory = "nets:net"\n'
    (folder.path / "pyproject.toml").write_text(table)
    done = one_line(
        folder, "--jitgate-model", "nets.py:net", "--jitgate-input", "x=3x64:float32", "--collect-only", "-q"
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "test_variant_stays_under_the_memory_limit[nets.net/3x64/eager]" in done.stdout
    assert "other" not in done.stdout


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--jitgate-model", "nets.py:broken"), "no weights here"),
        (("--jitgate-model", "nets.py:other"), "there is no callable 'other' in it"),
        (("--jitgate-model", "nonsense_net"), "no model that an installed library knows"),
        (("--jitgate-model", "nets.py:net", "--jitgate-input", "z=1:int64"), "takes no input 'z'"),
        (("--jitgate-model", "nets.py:net", "--jitgate-input", "x=1"), "is not NAME=SIZES:DTYPE"),
        (("--jitgate-model", "nets.py:net", "--jitgate-shrink"), "narrow it there"),
        (("--jitgate-shrink",), "--jitgate-shrink is about the model of --jitgate-model; name one"),
        (("nets.py", "--jitgate-model", "nets.py:net"), "write pytest --pyargs jitgate.benchmarks --jitgate-model"),
    ],
)
def test_what_can_not_be_measured_is_one_sentence(folder: Project, arguments: tuple[str, ...], said: str) -> None:
    benchmarks = () if "nets.py" in arguments else ("--pyargs", "jitgate.benchmarks")
    done = folder.pytest(*benchmarks, *arguments, timeout_s=900)
    assert done.returncode == pytest.ExitCode.USAGE_ERROR, done.stdout + done.stderr
    errors = [line for line in done.stderr.splitlines() if line.startswith("ERROR: ")]
    assert len(errors) == 1, done.stderr
    assert said in errors[0]
    assert "Traceback" not in done.stdout + done.stderr


@pytest.mark.slow
def test_what_no_variant_answers_is_not_green(folder: Project) -> None:
    done = one_line(
        folder, "--jitgate-model", "nets.py:net", "--jitgate-variants", "eager,cudagraph", "--jitgate-smoke", "-rA"
    )
    assert done.returncode == pytest.ExitCode.TESTS_FAILED, done.stdout + done.stderr
    assert "INVALID nets.net: No variant could be compared with eager here" in done.stdout
    assert "FAILED" not in done.stdout


@pytest.mark.slow
def test_the_shrunk_bert_is_judged_by_one_line(folder: Project) -> None:
    done = one_line(
        folder,
        "--jitgate-model", "bert-base-uncased", "--jitgate-shrink", "--jitgate-variants", "eager,compile",
        "--jitgate-budget", "10",
    )  # fmt: skip
    assert done.returncode in (0, 1), done.stdout + done.stderr
    assert "input_ids=1x32:int64" in done.stdout
    assert "bert-base-uncased 1x32 on cpu" in done.stdout
    assert " >= 1 " in done.stdout
