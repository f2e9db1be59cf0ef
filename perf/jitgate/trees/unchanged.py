"""Whether two commits can differ in anything that is measured: only where the project has declared what that is."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from jitgate.model.errors import UsageError
from jitgate.trees.checkout import lock_digest
from jitgate.trees.git import GitError, Repository, git

LINK = "120000 "
"""How git lists a symbolic link: a commit holds where it leads to, and nothing of what lies there."""


def unchanged(repository: Repository, base: str, head: str, paths: Sequence[str], file: Path) -> str:
    """Why there is nothing to measure, as the end of a sentence; "" where there may be something.

    paths: what the project declares that its figures depend on, from the folder of `file`, which has the gates; none:
    all of its files. UsageError for a path under which neither commit has a file.
    """
    _refuse_without_files(base, paths, file)
    whole = not paths or _has_links(paths, file)
    where = [] if whole else [*paths, file.name]
    try:
        differs = git(file.parent, "diff-tree", "-r", "--name-only", base, head, "--", *where)
    except GitError:
        return ""
    if differs or lock_digest(repository, base) != lock_digest(repository, head):
        return ""
    what = f"the same files under {', '.join(paths)}, the same gates" if paths else "the same files"
    return f"base {base[:10]} and head {head[:10]} have {what} and lock files, and run in one environment"


def _refuse_without_files(base: str, paths: Sequence[str], file: Path) -> None:
    """A name that is wrong differs in no two commits, and would be green for ever."""
    for path in paths:
        try:
            found = git(file.parent, "ls-files", f"--with-tree={base}", "--", path)
        except GitError as error:
            raise UsageError(f"{file}: measured_paths names {path!r}, which git does not take ({error})") from None
        if not found:
            raise UsageError(
                f"{file}: measured_paths names {path!r}, and neither base nor head has a file there; correct it, as "
                f"seen from {file.parent}"
            )


def _has_links(paths: Sequence[str], file: Path) -> bool:
    """Whether a link lies there: what it leads to may have changed elsewhere."""
    found = git(file.parent, "ls-files", "--stage", "--", *paths)
    return any(line.startswith(LINK) for line in found.splitlines())
