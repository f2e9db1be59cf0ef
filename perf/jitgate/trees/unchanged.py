"""Whether two commits can differ in anything that is measured: only where the project has declared what that is."""

from __future__ import annotations

from collections.abc import Sequence

from jitgate.trees.checkout import lock_digest
from jitgate.trees.git import Repository


def unchanged(repository: Repository, base: str, head: str, paths: Sequence[str], file: str) -> str:
    """Why there is nothing to measure, as the end of a sentence; "" where there may be something.

    paths: what the project declares that its figures depend on; none: all of its files. file: with the gates.
    """
    where = [*paths, file] if paths else []
    differs = repository.answers("diff-tree", "-r", "--name-only", base, head, "--", *where)
    if differs is None or differs or lock_digest(repository, base) != lock_digest(repository, head):
        return ""
    what = f"the same files under {', '.join(paths)}, the same gates" if paths else "the same files"
    return f"base {base[:10]} and head {head[:10]} have {what} and lock files, and run in one environment"
