"""What a checkpoint directory gives to a crew, as the host sees it: files by their content."""

from __future__ import annotations

from typing import TYPE_CHECKING

from perf.errors import UsageProblem

if TYPE_CHECKING:
    from perf.workers.cache import ArtefactCache
    from perf.workers.crew import Progress
    from perf.workloads.origin import Origin


def contents_of(origin: Origin, cache: ArtefactCache, progress: Progress) -> tuple[dict[str, str], tuple[str, ...]]:
    """File -> SHA-256, for what the workload reads of its checkpoint, and a note for the summary; nothing for ours.

    Raises UsageProblem for a file that can't be read.
    """
    contents = {}
    for path in origin.paths:
        progress.busy(f"reading {path}")
        try:
            contents[path.name] = cache.digests.of(path)
        except OSError as error:
            raise UsageProblem(f"{path} can't be read ({error.strerror})") from error
    if not contents:
        return {}, ()
    files = ", ".join(f"{name} ({digest[:12]})" for name, digest in contents.items())
    return contents, (f"weights of {origin.checkpoint}: {files}",)
