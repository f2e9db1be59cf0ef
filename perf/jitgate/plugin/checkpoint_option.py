"""What a session measures with the user's own weights: which workloads, and why not the others."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from jitgate.model.errors import UsageError

if TYPE_CHECKING:
    from jitgate.config.policy import Policy
    from jitgate.workloads.spec import WorkloadSpec

OPTION = "--jitgate-checkpoint"


def with_checkpoint(policy: Policy, directory: Path) -> Policy:
    """`policy` with the weights of `directory`: workloads that it does not fit stay, but are left out.

    Raises UsageError for what is no model directory, and where no workload is left.
    """
    from jitgate_cosyvoice.checkpoints import MARKERS, generation_of

    generation = generation_of(directory)
    workloads = {name: _placed(spec, directory, generation) for name, spec in policy.workloads.items()}
    if all(spec.left_out for spec in workloads.values()):
        raise UsageError(
            f"{OPTION} {directory} fits no workload: it needs {' or '.join(MARKERS)}, which says what it is, or a "
            "workload of yours that lists its files under `checkpoint`"
        )
    return replace(policy, workloads=workloads)


def require_files(workloads: Iterable[WorkloadSpec]) -> None:
    """UsageError for the first file of a checkpoint that is wanted and not there."""
    for spec in workloads:
        for path in spec.weight_source.paths:
            if not path.is_file():
                raise UsageError(
                    f"{path}: there is no such file, and {spec.name} reads its weights from it; "
                    f'name a whole directory with {OPTION}, or leave it out with -k "not {spec.name}"'
                )


def describe(policy: Policy) -> list[str]:
    """Lines for the head of a run: whose modules and weights, and what is left out; nothing for a run with ours."""
    measured = [spec for spec in policy.workloads.values() if not spec.left_out]
    given = [spec for spec in measured if spec.weight_source.checkpoint is not None]
    built = [spec for spec in measured if spec.weight_source.checkout is not None]
    lines = []
    if built:
        lines.append(
            f"jitgate: modules of {built[0].weight_source.checkout} for {', '.join(spec.name for spec in built)}"
        )
    if given:
        lines.append(
            f"jitgate: weights of {given[0].weight_source.checkpoint} for {', '.join(spec.name for spec in given)}"
        )
    reasons = dict.fromkeys(spec.left_out for spec in policy.workloads.values() if spec.left_out)
    for reason in reasons:
        names = ", ".join(spec.name for spec in policy.workloads.values() if spec.left_out == reason)
        lines.append(f"jitgate: left out, because {reason}: {names}")
    return lines


def _placed(spec: WorkloadSpec, directory: Path, generation: str | None) -> WorkloadSpec:
    share = spec.checkpoint_spec
    if share is None:
        return replace(spec, left_out=spec.left_out or "a checkpoint can't be given to them")
    if share.generation and share.generation != generation:
        return replace(spec, left_out=spec.left_out or "the checkpoint is of another model")
    return replace(spec, weight_source=replace(spec.weight_source, checkpoint=directory, files=share.files))
