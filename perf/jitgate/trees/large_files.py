"""Files that Git LFS keeps elsewhere: a checkout holds a pointer, and their bytes come from the local store."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

from jitgate.model.errors import UsageError
from jitgate.trees.git import Repository, git

POINTER = b"version https://git-lfs.github.com/spec/"
MOST_BYTES = 1024
"""A pointer is shorter, by its specification."""

_ID = re.compile(rb"^oid sha256:([0-9a-f]{64})$", re.MULTILINE)


def pointers(root: Path) -> dict[Path, str]:
    """Files of a checkout that are pointers -> the digest of what they stand for."""
    found = {}
    for name in git(root, "ls-files", "-z").split("\0"):
        path = root / name
        if not name or path.is_symlink() or not path.is_file() or path.stat().st_size > MOST_BYTES:
            continue
        text = path.read_bytes()
        matched = _ID.search(text) if text.startswith(POINTER) else None
        if matched is not None:
            found[path] = matched[1].decode()
    return found


def fill_in(repository: Repository, root: Path) -> None:
    """Put the bytes in the place of the pointers. UsageError where the local store does not have them."""
    there = pointers(root)
    if not there:
        return
    store = repository.root / repository.ask("rev-parse", "--git-common-dir") / "lfs" / "objects"
    for path, digest in there.items():
        source = store / digest[:2] / digest[2:4] / digest
        if not source.is_file():
            raise UsageError(
                f"--jitgate-base: {path.relative_to(root).as_posix()} is a Git LFS pointer in that commit, and its "
                "bytes are not here; fetch them (git lfs fetch --all, or lfs: true for actions/checkout)"
            )
        shutil.copyfile(source, path)
    names = [path.relative_to(root).as_posix() for path in there]
    git(root, "update-index", "--assume-unchanged", "--", *names)
