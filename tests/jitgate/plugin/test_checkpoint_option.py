"""Which workloads a model directory is for, and what is said of the others."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from jitgate.config.policy import Policy
from jitgate.model.errors import UsageError
from jitgate.plugin.checkpoint_option import describe, require_files, with_checkpoint
from jitgate.workloads.checkpoint_spec import CheckpointSpec
from jitgate.workloads.spec import WorkloadSpec
from jitgate.workloads.weight_source import OURS, WeightSource

MINE = WorkloadSpec("my.encoder", "a:b", ("short",), ("eager",), checkpoint_spec=CheckpointSpec(("my.pt",)))
OTHER = WorkloadSpec("my.other", "a:b", ("short",), ("eager",))


def directory(path: Path, *files: str) -> Path:
    for name in files:
        (path / name).write_text("")
    return path


def measured(policy: Policy) -> set[str]:
    return {name for name, spec in policy.workloads.items() if not spec.left_out}


def test_a_directory_is_for_its_generation_at_true_size(tmp_path: Path) -> None:
    policy = with_checkpoint(Policy(), directory(tmp_path, "cosyvoice2.yaml"))
    assert measured(policy) == {name for name in Policy().workloads if name.startswith("cosyvoice2.")}
    spec = policy.workloads["cosyvoice2.flow_encoder"]
    assert spec.weight_source == WeightSource(tmp_path, None, ("flow.pt",))
    assert policy.workloads["cosyvoice2-small.flow_encoder"].weight_source == OURS
    assert set(policy.workloads) == set(Policy().workloads), "a gate that names one of them still names something"


def test_the_head_says_whose_weights_and_why_not_the_rest(tmp_path: Path) -> None:
    lines = describe(with_checkpoint(Policy(), directory(tmp_path, "cosyvoice.yaml")))
    assert lines[0].startswith(f"jitgate: weights of {tmp_path} for cosyvoice.text_encoder, cosyvoice.llm")
    assert (
        "jitgate: left out, because the checkpoint is of another model: cosyvoice2.flow_encoder" in lines[1] + lines[2]
    )
    assert "because a checkpoint can't be given to them: cosyvoice2-small.flow_encoder" in lines[1] + lines[2]
    assert describe(Policy()) == []


def test_a_workload_of_the_user_s_needs_no_yaml(tmp_path: Path) -> None:
    policy = with_checkpoint(Policy(workloads={spec.name: spec for spec in (MINE, OTHER)}), tmp_path)
    assert measured(policy) == {"my.encoder"}
    assert policy.workloads["my.encoder"].weight_source.paths == (tmp_path / "my.pt",)


def test_a_directory_for_nothing_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"fits no workload: it needs cosyvoice\.yaml or cosyvoice2\.yaml"):
        with_checkpoint(Policy(), tmp_path)


def test_a_missing_file_is_named_before_anything_is_measured(tmp_path: Path) -> None:
    placed = replace(MINE, weight_source=WeightSource(tmp_path, None, ("my.pt",)))
    with pytest.raises(UsageError) as caught:
        require_files([OTHER, placed])
    assert str(caught.value).startswith(f"{tmp_path / 'my.pt'}: there is no such file, and my.encoder reads")
    directory(tmp_path, "my.pt")
    require_files([OTHER, placed])
