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
ONE, TWO = (
    replace(MINE, name=f"{which}.encoder", checkpoint_spec=CheckpointSpec(("my.pt",), f"{which}.yaml"))
    for which in ("one", "two")
)


def policy_of(*specs: WorkloadSpec) -> Policy:
    return Policy(workloads={spec.name: spec for spec in specs})


BOTH = policy_of(ONE, TWO, OTHER)


def directory(path: Path, *files: str) -> Path:
    for name in files:
        (path / name).write_text("")
    return path


def measured(policy: Policy) -> set[str]:
    return {name for name, spec in policy.workloads.items() if not spec.left_out}


def test_a_directory_is_for_the_workloads_that_know_its_marker(tmp_path: Path) -> None:
    policy = with_checkpoint(BOTH, directory(tmp_path, "two.yaml"))
    assert measured(policy) == {"two.encoder"}
    assert policy.workloads["two.encoder"].weight_source == WeightSource(tmp_path, None, ("my.pt",))
    assert policy.workloads["my.other"].weight_source == OURS
    assert set(policy.workloads) == set(BOTH.workloads), "a gate that names one of them still names something"


def test_the_head_says_whose_weights_and_why_not_the_rest(tmp_path: Path) -> None:
    lines = describe(with_checkpoint(BOTH, directory(tmp_path, "two.yaml")))
    assert lines == [
        f"jitgate: weights of {tmp_path} for two.encoder",
        "jitgate: left out, because the checkpoint is of another model: one.encoder",
        "jitgate: left out, because a checkpoint can't be given to them: my.other",
    ]
    assert describe(BOTH) == []


def test_a_folder_is_what_the_option_names(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"my\.pt is not a directory; name the one that holds the files"):
        with_checkpoint(BOTH, directory(tmp_path, "my.pt") / "my.pt")


def test_a_workload_of_the_user_s_needs_no_yaml(tmp_path: Path) -> None:
    policy = with_checkpoint(policy_of(MINE, OTHER), tmp_path)
    assert measured(policy) == {"my.encoder"}
    assert policy.workloads["my.encoder"].weight_source.paths == (tmp_path / "my.pt",)


def test_a_directory_for_nothing_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"fits no workload: it needs one\.yaml or two\.yaml, which says what it is"):
        with_checkpoint(BOTH, tmp_path)
    with pytest.raises(UsageError, match="fits no workload: it needs a workload of yours that lists its files"):
        with_checkpoint(policy_of(OTHER), tmp_path)


def test_a_missing_file_is_named_before_anything_is_measured(tmp_path: Path) -> None:
    placed = replace(MINE, weight_source=WeightSource(tmp_path, None, ("my.pt",)))
    with pytest.raises(UsageError) as caught:
        require_files([OTHER, placed])
    assert str(caught.value).startswith(f"{tmp_path / 'my.pt'}: there is no such file, and my.encoder reads")
    directory(tmp_path, "my.pt")
    require_files([OTHER, placed])
