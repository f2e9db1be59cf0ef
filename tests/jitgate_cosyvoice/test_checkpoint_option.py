"""--jitgate-checkpoint from end to end: a user's narrow module, and files with the original's names."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from jitgate.config.policy import Policy
from jitgate.plugin.checkpoint_option import describe, with_checkpoint
from jitgate.workloads.weight_source import OURS, WeightSource

from tests.jitgate.plugin.conftest import Project
from tests.jitgate_cosyvoice.checkpoints import tiny_flow, write_malicious
from tests.jitgate_cosyvoice.policies import cosyvoice_policy

FACTORIES = '''
import jitgate


def encoder():
    return tiny("flow.pt")


def other():
    return tiny("hift.pt")


def tiny(file):
    """CosyVoice2's flow encoder, 16 wide, with the weights of a directory that has one."""
    import torch

    from tests.jitgate_cosyvoice.checkpoints import tiny_encoder

    module = jitgate.load_weights(tiny_encoder().eval(), file, "encoder.")
    return jitgate.Workload(module, {"short": (torch.randn(1, 20, 16), torch.tensor([20]))}, threads=1)
'''

COSYVOICE = ("-p", "jitgate_cosyvoice")

SETTINGS = """
[tool.jitgate]
[tool.jitgate.workloads."my.encoder"]
factory = "mypackage.tiny:encoder"
scenarios = ["short"]
checkpoint = ["flow.pt"]

[tool.jitgate.workloads."my.other"]
factory = "mypackage.tiny:other"
scenarios = ["short"]
checkpoint = ["hift.pt"]
"""


@pytest.fixture
def directory(project: Project) -> Path:
    (project.path / "mypackage" / "tiny.py").write_text(FACTORIES)
    (project.path / "pyproject.toml").write_text(SETTINGS)
    path = project.path / "model"
    path.mkdir()
    torch.save(tiny_flow(), path / "flow.pt")
    write_malicious(path / "hift.pt", path / "executed")
    return path


def marked(path: Path, file: str) -> Path:
    (path / file).write_text("")
    return path


def measured(policy: Policy) -> set[str]:
    return {name for name, spec in policy.workloads.items() if not spec.left_out}


def test_a_directory_is_for_its_generation_at_true_size(tmp_path: Path) -> None:
    policy = with_checkpoint(cosyvoice_policy(), marked(tmp_path, "cosyvoice2.yaml"))
    assert measured(policy) == {name for name in cosyvoice_policy().workloads if name.startswith("cosyvoice2.")}
    spec = policy.workloads["cosyvoice2.flow_encoder"]
    assert spec.weight_source == WeightSource(tmp_path, None, ("flow.pt",))
    assert policy.workloads["cosyvoice2-small.flow_encoder"].weight_source == OURS
    assert set(policy.workloads) == set(cosyvoice_policy().workloads), (
        "a gate that names one of them still names something"
    )


def test_the_head_says_whose_weights_and_why_not_the_rest(tmp_path: Path) -> None:
    lines = describe(with_checkpoint(cosyvoice_policy(), marked(tmp_path, "cosyvoice.yaml")))
    assert lines[0].startswith(f"jitgate: weights of {tmp_path} for cosyvoice.text_encoder, cosyvoice.llm")
    assert (
        "jitgate: left out, because the checkpoint is of another model: cosyvoice2.flow_encoder" in lines[1] + lines[2]
    )
    assert "because a checkpoint can't be given to them: cosyvoice2-small.flow_encoder" in lines[1] + lines[2]
    assert describe(cosyvoice_policy()) == []


@pytest.mark.slow
def test_good_weights_are_measured_and_bad_ones_make_their_workload_red(project: Project, directory: Path) -> None:
    """One session with both, since every one costs imports of torch: what was measured before is kept."""
    done = project.pytest(
        "-k", "test_variant_stays", *COSYVOICE, "--jitgate-budget", "1", "--jitgate-checkpoint", "model"
    )
    said = done.stdout + done.stderr
    assert done.returncode == pytest.ExitCode.TESTS_FAILED, said
    assert "Traceback" not in said
    assert f"jitgate: weights of {directory} for my.encoder, my.other" in said
    assert "left out, because a checkpoint can't be given to them: cosyvoice2-small.flow_encoder" in said
    assert "left out, because the checkpoint is of another model: cosyvoice2.flow_encoder" in said
    assert "my.encoder short on cpu: " in said
    assert f"note: weights of {directory}: flow.pt (" in said
    assert f"jitgate: {directory / 'hift.pt'} was not loaded, and nothing in it was executed: it asks for" in said
    assert not (directory / "executed").exists()


def test_what_is_missing_is_named_before_anything_is_measured(project: Project, directory: Path) -> None:
    (directory / "hift.pt").unlink()
    done = project.pytest("--jitgate-checkpoint", "model")
    said = done.stdout + done.stderr
    assert done.returncode == pytest.ExitCode.USAGE_ERROR, said
    assert f"{directory / 'hift.pt'}: there is no such file, and my.other reads its weights from it" in said
    assert "Traceback" not in said
    assert " short on cpu: " not in said
