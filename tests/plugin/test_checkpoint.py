"""--perf-checkpoint from end to end: a user's narrow modules, and directories with the original's names."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.plugin.conftest import ROOT, Project

FACTORY = '''
import perf


def encoder():
    """CosyVoice2's flow encoder, 16 wide, with the weights of a directory that has one."""
    import torch

    from tests.workloads.checkpoints import tiny_encoder

    torch.manual_seed(0)
    module = perf.load_weights(tiny_encoder().eval(), "flow.pt", "encoder.")
    return perf.Workload(module, {"short": (torch.randn(1, 20, 16), torch.tensor([20]))}, threads=1)
'''

SETTINGS = """
[tool.perf]
[tool.perf.workloads."my.encoder"]
factory = "mypackage.tiny:encoder"
scenarios = ["short"]
variants = ["torchscript"]
checkpoint = ["flow.pt"]
"""

MAKE = """
import sys, torch
from pathlib import Path
from tests.workloads.checkpoints import tiny_flow, write_malicious
good, evil = Path(sys.argv[1]), Path(sys.argv[2])
torch.save(tiny_flow(), good / "flow.pt")
write_malicious(evil / "flow.pt", evil / "executed")
"""


@pytest.fixture
def directories(project: Project) -> dict[str, Path]:
    (project.path / "mypackage" / "tiny.py").write_text(FACTORY)
    (project.path / "pyproject.toml").write_text(SETTINGS)
    found = {name: project.path / name for name in ("good", "evil", "empty")}
    for path in found.values():
        path.mkdir()
        (path / "cosyvoice2.yaml").write_text("")
    subprocess.run([sys.executable, "-c", MAKE, found["good"], found["evil"]], cwd=ROOT, check=True)
    return found


def test_a_checkpoint_is_measured_refused_or_missed(project: Project, directories: dict[str, Path]) -> None:
    """One story, since every run costs imports of torch."""
    chosen = ("-k", "my.encoder and short", "--perf-budget", "3")

    done = project.pytest(*chosen, "--perf-checkpoint", "good", "-rs")
    said = done.stdout + done.stderr
    assert done.returncode == 0, said
    assert f"perf: weights of {directories['good']} for " in said
    assert "left out, because a checkpoint can't be given to them: cosyvoice2-small.flow_encoder" in said
    assert f"note: weights of {directories['good']}: flow.pt (" in said

    done = project.pytest(*chosen, "--perf-checkpoint", "evil")
    said = done.stdout + done.stderr
    assert done.returncode == pytest.ExitCode.USAGE_ERROR, said
    assert f"perf: {directories['evil'] / 'flow.pt'} was not loaded, and nothing in it was executed" in said
    assert "Traceback" not in said
    assert not (directories["evil"] / "executed").exists()

    for name, sentence in (
        ("empty", f"{directories['empty'] / 'flow.pt'}: there is no such file, and my.encoder reads"),
        ("nowhere", f"{project.path / 'nowhere'} is not a directory"),
    ):
        done = project.pytest(*chosen, "--perf-checkpoint", name)
        said = done.stdout + done.stderr
        assert done.returncode == pytest.ExitCode.USAGE_ERROR, said
        assert sentence in said
        assert "Traceback" not in said
