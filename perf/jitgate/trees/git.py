"""Git of a repository, asked on the command line; whatever it refuses is said in one sentence."""

from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

from jitgate.model.errors import UsageError
from jitgate.model.source_tree import STATE

WAIT_S = 300
"""For one answer: a checkout of a large repository takes a minute."""

QUIET = {
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_LFS_SKIP_SMUDGE": "1",
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_DEFAULT_REF_FORMAT": "files",
}
"""No question to a terminal, no download of large files, no lock in the user's repository; and checkouts whose `HEAD`
is a file."""

OF_ANOTHER = frozenset(
    {"GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_COMMON_DIR", "GIT_PREFIX", "GIT_NAMESPACE", "GIT_SHALLOW_FILE"}
    | {"GIT_OBJECT_DIRECTORY", "GIT_ALTERNATE_OBJECT_DIRECTORIES", "GIT_GRAFT_FILE", "GIT_REPLACE_REF_BASE"}
    | {f"GIT_{kind}_PATHSPECS" for kind in ("LITERAL", "GLOB", "NOGLOB", "ICASE")}
)
"""Variables that a git hook has set, by which git would take another repository for the one of the folder: a checkout
would then move the user's own HEAD (`git rev-parse --local-env-vars`, without those of its configuration)."""


class GitError(Exception):
    """Git refused; its last line of words."""


@dataclass(frozen=True)
class Repository:
    """The repository whose work tree begins at `root`."""

    root: Path

    @classmethod
    def of(cls, folder: Path) -> Repository:
        """The one that `folder` lies in. UsageError where there is none, or no git."""
        try:
            return cls(Path(git(folder, "rev-parse", "--show-toplevel")).resolve())
        except GitError as error:
            raise UsageError(
                f"--jitgate-base: {folder} is not in a git repository ({error}); name the directory of the other "
                "commit's files instead of a commit"
            ) from None

    def ask(self, *arguments: str) -> str:
        """What git prints; GitError where it refuses."""
        return git(self.root, *arguments)

    def answers(self, *arguments: str) -> str | None:
        """What git prints; None where it refuses."""
        try:
            return self.ask(*arguments)
        except GitError:
            return None

    @property
    def is_shallow(self) -> bool:
        """Whether earlier commits were never fetched."""
        return self.answers("rev-parse", "--is-shallow-repository") == "true"

    def changed(self) -> list[str]:
        """Tracked files that differ from the commit, without what jitgate keeps itself."""
        own = f":(exclude,glob)**/{STATE}/**"
        found = self.ask("status", "--porcelain", "--untracked-files=no", "--ignore-submodules=dirty", "--", ".", own)
        return [line[3:] for line in found.splitlines()] or self._hidden()

    def _hidden(self) -> list[str]:
        """Changed files that git was told not to look at (`update-index --assume-unchanged`, `--skip-worktree`)."""
        lines = [line.partition(" ") for line in self.ask("ls-files", "-v").splitlines()]
        names = [name for mark, _, name in lines if (mark.islower() or mark == "S") and (self.root / name).is_file()]
        if not names:
            return []
        staged = self.ask("ls-files", "--stage", "--", *names).splitlines()
        kept = {line.partition("\t")[2]: line.split()[1] for line in staged}
        return [name for name in names if self.answers("hash-object", "--", name) != kept.get(name)]

    def commit(self, name: str) -> str:
        """The id of a commit, branch or tag. UsageError, with the remedy, where it is not here."""
        found = self.answers("rev-parse", "--verify", "--quiet", "--end-of-options", f"{name}^{{commit}}")
        if found is not None:
            return found
        if self.is_shallow:
            raise UsageError(
                f"--jitgate-base {name}: this clone is shallow and does not have it; fetch the history (fetch-depth: 0 "
                "for actions/checkout, GIT_DEPTH: 0 in GitLab, or git fetch --unshallow)"
            )
        remote, _, branch = name.partition("/")
        known = (self.answers("remote") or "").split()
        fetch = f"git fetch {remote} {branch}" if branch and remote in known else "git fetch"
        raise UsageError(
            f"--jitgate-base {name}: there is no such commit, branch, tag or directory here; fetch it ({fetch}), or "
            "correct the name"
        )

    def tracked(self) -> frozenset[Path]:
        """The files that git keeps, as they lie in the work tree."""
        return frozenset(self.root / name for name in (self.answers("ls-files", "-z") or "").split("\0") if name)

    def file(self, commit: str, path: str) -> str | None:
        """The text of a file in a commit; None where it has none."""
        return self.answers("show", f"{commit}:{path}")


def git(folder: Path, *arguments: str, wait_s: float = WAIT_S) -> str:
    """What git prints in a folder; GitError, with its last line, where it refuses, is not there or takes longer."""
    try:
        done = subprocess.run(  # noqa: S603 - no shell; git of the user's own path
            ["git", "-C", str(folder), "-c", "core.fsmonitor=false", *arguments],  # noqa: S607
            capture_output=True,
            text=True,
            encoding="utf-8",
            errors="replace",
            timeout=wait_s,
            check=False,
            env={name: value for name, value in os.environ.items() if name not in OF_ANOTHER} | QUIET,
        )
    except (OSError, subprocess.SubprocessError) as error:
        raise GitError(f"git can't be run: {error}") from None
    if done.returncode:
        words = done.stderr.strip().splitlines()
        raise GitError(words[-1] if words else f"git {arguments[0]} failed")
    return done.stdout.rstrip("\n")
