"""Two checkouts of one commit, in folders whose names are of equal length; kept for later runs."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import platform
import shutil
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path

from filelock import FileLock

from jitgate.model.errors import UsageError
from jitgate.model.variant import BASE, COPY
from jitgate.trees.git import GitError, Repository, git
from jitgate.trees.large_files import fill_in

FOLDERS = {BASE: "a", COPY: "b"}
"""Of equal length: a longer path moves the stack of a process, and with it the times of equal code."""

LOCKS = ("uv.lock", "poetry.lock", "pdm.lock", "requirements*.txt", "constraints*.txt", "pylock*.toml")
"""Files that say what a commit's environment is."""

MOST_KEPT = 6
"""Checkouts of so many commits stay; the one that was not used for longest goes first."""

IN_USE_S = 86_400
"""What was used within a day stays in any case: a run may be at it."""

STAMP = "whole.json"

COPIES = "copy-"
"""How the folders of copied directories begin, which every run makes anew."""


@dataclass(frozen=True)
class Key:
    """What a checkout is kept by. lock: digest of the files that say what its environment is."""

    commit: str
    lock: str
    python: str
    platform: str

    @property
    def name(self) -> str:
        digest = hashlib.sha256(json.dumps(asdict(self)).encode()).hexdigest()
        return f"{self.commit[:12]}-{digest[:8]}"


def key_of(repository: Repository, commit: str, python: str = "") -> Key:
    """python: of another interpreter; "" for this one."""
    own = f"{platform.python_implementation()} {platform.python_version()} {sys.prefix}"
    return Key(commit, lock_digest(repository, commit), python or own, platform.platform())


def lock_digest(repository: Repository, commit: str) -> str:
    """Of the lock files of a commit, wherever they lie; "" for none."""
    lines = (repository.answers("ls-tree", "-r", commit) or "").splitlines()
    found = sorted(line for line in lines if any(Path(line.partition("\t")[2]).match(name) for name in LOCKS))
    return hashlib.sha256("\n".join(found).encode()).hexdigest() if found else ""


def checked_out(repository: Repository, commit: str, folder: Path, key: Key) -> dict[str, Path]:
    """Role -> the root of a checkout of `commit`, made now or found whole in `folder`.

    The user's repository is not written to: each is a repository of its own that borrows the other's objects.
    UsageError for what can't be checked out: a submodule, large files that are not here.
    """
    _refuse_submodules(repository, commit)
    place = folder / key.name
    place.mkdir(parents=True, exist_ok=True)
    ignored_by_git(folder)
    with FileLock(folder / f"{key.name}.lock"):
        for name in FOLDERS.values():
            if not _is_whole(place / name, commit, key):
                _make(repository, commit, place / name)
        (place / STAMP).write_text(json.dumps(asdict(key)), encoding="utf-8")
    os.utime(place)
    prune(folder)
    return {role: (place / name).resolve() for role, name in FOLDERS.items()}


def ignored_by_git(folder: Path) -> None:
    """`git add` would take checkouts for submodules, and the next base would be refused for them."""
    mark = folder / ".gitignore"
    if not mark.is_file():
        mark.write_text("*\n", encoding="utf-8", newline="\n")


def _is_whole(root: Path, commit: str, key: Key) -> bool:
    """Whether an earlier run left a checkout that nobody has changed since."""
    try:
        stamp = json.loads((root.parent / STAMP).read_text(encoding="utf-8"))
        at = git(root, "rev-parse", "HEAD") if (root / ".git").is_dir() else ""
        changed = git(root, "status", "--porcelain", "--untracked-files=no") if at == commit else "another commit"
    except (OSError, ValueError, GitError):
        return False
    return bool(stamp == asdict(key) and not changed)


def _make(repository: Repository, commit: str, root: Path) -> None:
    shutil.rmtree(root, ignore_errors=True)
    root.mkdir(parents=True)
    try:
        kind = repository.answers("rev-parse", "--show-object-format") or "sha1"
        git(root, "init", "--quiet", "--template=", f"--object-format={kind}")
        info = root / ".git" / "objects" / "info"
        info.mkdir(parents=True, exist_ok=True)
        objects = repository.root / repository.ask("rev-parse", "--git-path", "objects")
        (info / "alternates").write_text(f"{objects.resolve().as_posix()}\n", encoding="utf-8", newline="\n")
        shallow = repository.root / repository.ask("rev-parse", "--git-path", "shallow")
        if shallow.is_file():
            shutil.copy(shallow, root / ".git" / "shallow")
        git(
            root,
            "-c",
            "core.hooksPath=/dev/null",
            "-c",
            "advice.detachedHead=false",
            "checkout",
            "--quiet",
            "--detach",
            commit,
        )
        # What was filled in is no change: `status` must stay empty for a checkout that nobody touched.
        fill_in(repository, root)
    except GitError as error:
        shutil.rmtree(root, ignore_errors=True)
        raise UsageError(
            f"--jitgate-base: {commit[:10]} can't be checked out ({error}); fetch what is missing (git fetch "
            "--refetch), or name a directory that has its files"
        ) from None
    except UsageError:
        shutil.rmtree(root, ignore_errors=True)
        raise


def _refuse_submodules(repository: Repository, commit: str) -> None:
    entries = repository.ask("ls-tree", "-r", commit).splitlines()
    names = [line.partition("\t")[2] for line in entries if line.startswith("160000 ")]
    if names:
        few = ", ".join(names[:3]) + (", ..." if len(names) > 3 else "")
        raise UsageError(
            f"--jitgate-base: {commit[:10]} has a submodule ({few}), which a checkout of it alone does not hold; "
            "check it out with `git clone --recurse-submodules` and name that directory: --jitgate-base DIR"
        )


def prune(folder: Path) -> None:
    """Remove the checkouts that were not used for longest, beyond `MOST_KEPT`."""
    places = [place for place in folder.iterdir() if (place / STAMP).is_file()]
    oldest = sorted(places, key=lambda each: each.stat().st_mtime)[:-MOST_KEPT]
    oldest += [place for place in folder.iterdir() if place.name.startswith(COPIES)]
    for place in (place for place in oldest if time.time() - place.stat().st_mtime > IN_USE_S):
        shutil.rmtree(place, ignore_errors=True)
        with contextlib.suppress(OSError):
            (folder / f"{place.name}.lock").unlink()
