"""What a session measures with the user's own weights: which workloads, and why not the others."""

from __future__ import annotations

import sys
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

    Raises UsageError for what is no directory, and where no workload is left.
    """
    if not directory.is_dir():
        raise UsageError(f"{OPTION} {directory} is not a directory; name the one that holds the files of your model")
    workloads = {name: _placed(spec, directory) for name, spec in policy.workloads.items()}
    if all(spec.left_out for spec in workloads.values()):
        specs = (spec.checkpoint_spec for spec in policy.workloads.values())
        markers = sorted({spec.marker for spec in specs if spec is not None and spec.marker})
        needed = f"it needs {' or '.join(markers)}, which says what it is, or " if markers else "it needs "
        raise UsageError(
            f"{OPTION} {directory} fits no workload: {needed}a workload of yours that lists its files under "
            "`checkpoint`"
        )
    return replace(policy, workloads=workloads)


def require_files(workloads: Iterable[WorkloadSpec]) -> None:
    """UsageError for the first file that a workload reads from the checkpoint and that is not there."""
    for spec in workloads:
        for path in spec.weight_source.paths:
            if not path.is_file():
                raise UsageError(
                    f"{path}: there is no such file, and {spec.name} reads its weights from it; "
                    f'name a whole directory with {OPTION}, or leave it out with -k "not {spec.name}"'
                )


def describe(policy: Policy) -> list[str]:
    """Lines for the head of a run: whose modules and weights are measured, and what is left out; none where nothing
    was changed."""
    measured = [spec for spec in policy.workloads.values() if not spec.left_out]
    given = [spec for spec in measured if spec.weight_source.checkpoint is not None]
    built = [spec for spec in measured if spec.weight_source.checkout is not None]
    lines = []
    if built:
        lines.append(
            f"jitgate: modules of {built[0].weight_source.checkout} for {', '.join(spec.name for spec in built)}"
        )
    if foreign := next((spec.interpreter for spec in built if spec.interpreter is not None), None):
        lines.append(f"jitgate: their workers run in {foreign.path} ({foreign.words}); jitgate in {_this()}")
    if given:
        lines.append(
            f"jitgate: weights of {given[0].weight_source.checkpoint} for {', '.join(spec.name for spec in given)}"
        )
    reasons = dict.fromkeys(spec.left_out for spec in policy.workloads.values() if spec.left_out)
    for reason in reasons:
        names = ", ".join(spec.name for spec in policy.workloads.values() if spec.left_out == reason)
        lines.append(f"jitgate: left out, because {reason}: {names}")
    return lines


def _this() -> str:
    from jitgate.device.runtime import runtime

    here = runtime()
    return f"{sys.executable} (Python {here.python}, torch {here.torch})"


def _placed(spec: WorkloadSpec, directory: Path) -> WorkloadSpec:
    taken = spec.checkpoint_spec
    if taken is None:
        return replace(spec, left_out=spec.left_out or "a checkpoint can't be given to them")
    if taken.marker and not (directory / taken.marker).is_file():
        return replace(spec, left_out=spec.left_out or "the checkpoint is of another model")
    return replace(spec, weight_source=replace(spec.weight_source, checkpoint=directory, files=taken.files))
