"""What a checkpoint directory provides: files by their content, and TorchScript files that are loaded as they are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from jitgate.model.errors import UsageError

if TYPE_CHECKING:
    from jitgate.cache.store import ArtefactCache
    from jitgate.model.variant import VariantSpec
    from jitgate.pool.progress import Progress
    from jitgate.workloads.spec import WorkloadSpec
    from jitgate.workloads.weight_source import WeightSource

SCRIPTED = "torchscript"
"""The variant that loads a directory's own files, and `torchscript+fp16`; others need their own export."""


@dataclass(frozen=True)
class PretrainedArtefact:
    """A file that a variant loads as it is. facts: what its engine checks; note: for the summary."""

    path: Path
    size_bytes: int
    facts: Mapping[str, str]
    note: str


def pretrained_file(workload: WorkloadSpec, variant: VariantSpec) -> PretrainedArtefact | None:
    """The TorchScript file that the checkpoint directory has for this workload, if it is there.

    Its engine checks class and signature; accuracy tells whether it computes what the directory's weights do.
    """
    jit = workload.checkpoint_spec.jit if workload.checkpoint_spec is not None else None
    meant = variant.name in (SCRIPTED, f"{SCRIPTED}+{variant.precision}")
    if jit is None or workload.weight_source.checkpoint is None or not meant:
        return None
    path = workload.weight_source.checkpoint / jit.name(variant.precision)
    if not path.is_file():
        return None
    facts = {"signature": jit.methods[jit.called], "called": jit.called, "wrapper": jit.wrapper}
    return PretrainedArtefact(path, path.stat().st_size, facts, f"{variant.name} is the directory's own {path.name}")


def contents_of(
    weight_source: WeightSource, cache: ArtefactCache, progress: Progress
) -> tuple[dict[str, str], tuple[str, ...]]:
    """File -> SHA-256, for what the workload reads of its checkpoint, and a note for the summary; nothing for ours.

    Raises UsageError for a file that can't be read.
    """
    contents = {}
    for path in weight_source.paths:
        progress.busy(f"reading {path}")
        try:
            contents[path.name] = cache.file_hashes.of(path)
        except OSError as error:
            raise UsageError(f"{path} can't be read ({error.strerror})") from error
    if not contents:
        return {}, ()
    files = ", ".join(f"{name} ({digest[:12]})" for name, digest in contents.items())
    return contents, (f"weights of {weight_source.checkpoint}: {files}",)
