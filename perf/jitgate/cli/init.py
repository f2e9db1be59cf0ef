"""`jitgate init`: writes the workflows of a repository, and says what to change in its settings.

Nothing is overwritten. Exit code 0; 4 bad input, and nothing was written.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jitgate
from jitgate.cli.output import write
from jitgate.model.errors import UsageError
from jitgate.model.printable import printable_line

TEMPLATES = Path(__file__).parent / "templates"

WORKFLOWS = Path(".github", "workflows")
GITHUB = ("jitgate.yml", "jitgate-nightly.yml", "jitgate-comment.yml")

GITLAB, GITLAB_INCLUDED = Path(".gitlab-ci.yml"), Path(".gitlab", "jitgate.yml")
"""The second where the repository has the first already."""

BRANCH, PYTHON = "branches: [main]", "3.12"
"""What stands in the templates, which are valid as they are."""

BRANCH_SIGNS = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._/-")
"""Of a branch that is written into YAML without quotes."""

GITHUB_SETTINGS = """
What to change in the repository's settings:
1. Rules, Rulesets: require the status check `jitgate gate` for {branch}, and, if you have one, in the merge queue.
2. Actions, General: require approval for all external contributors: their code runs in the job, without a token.
3. Actions, General, Workflow permissions: read repository contents. Each job asks for what it needs.
4. Commit the files to {branch}: GitHub runs jitgate-comment.yml from there alone.
""".strip()

GITLAB_SETTINGS = """
What to change in the project's settings:
1. Merge requests: "Pipelines must succeed".
2. CI/CD, Variables, if you want a note on each merge request: JITGATE_GITLAB_TOKEN, a project access token with the
   role Reporter and the scope `api`, masked and hidden.
""".strip()

GATES_MISSING = """
There is no [tool.jitgate] in pyproject.toml yet. The least of it, with your factory in place of mypackage.perf:encoder:

[tool.jitgate.workloads."my.encoder"]
factory = "mypackage.perf:encoder"
variants = ["eager", "torchscript"]

[[tool.jitgate.gates]]
workload = "my.encoder"
max_slowdown = "3%"
""".strip()


@dataclass(frozen=True)
class HostedRepository:
    """What the files need to know. branch: the default one. install: arguments of pip that install project and jitgate.

    jitgate: the requirement of jitgate alone. python: as in `3.12`.
    """

    branch: str
    install: str
    jitgate: str
    python: str

    def filled(self, template: str) -> str:
        """A template, for this repository."""
        text = (TEMPLATES / template).read_text(encoding="utf-8")
        text = text.replace(BRANCH, f"branches: [{self.branch}]").replace("INSTALL", self.install)
        text = text.replace("JITGATE\n", f"{self.jitgate}\n")
        return text.replace(f'python-version: "{PYTHON}"', f'python-version: "{self.python}"').replace(
            f"image: python:{PYTHON}", f"image: python:{self.python}"
        )


def register(subparsers: argparse._SubParsersAction[Any]) -> None:
    """Add `init`."""
    text = "write the workflows of a repository: merge gate, nightly, comment"
    parser = subparsers.add_parser("init", help=text, description=f"{text[0].upper()}{text[1:]}.")
    parser.add_argument("--gitlab", action="store_true", help="a job for GitLab in place of GitHub's workflows")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Write the files in the current directory; returns the exit code. UsageError where one is there and differs."""
    here = Path.cwd()
    if not (here / ".git").exists():
        raise UsageError(f"{here} is not the root of a git repository; change to it, or begin one with git init")
    repository = examined(here)
    files = _gitlab(here, repository) if arguments.gitlab else _github(repository)
    taken = [path for path, text in files.items() if (here / path).exists() and _differs(here / path, text)]
    if taken:
        raise UsageError(f"{', '.join(map(Path.as_posix, taken))} is there already; move it away, and nothing is lost")
    for path, text in files.items():
        _put(here / path, text)
        write(f"wrote {path.as_posix()}")
    if GITLAB_INCLUDED in files:
        write(f"\nAdd to {GITLAB}:\n\ninclude:\n  - local: /{GITLAB_INCLUDED.as_posix()}")
    write(f"\n{GITLAB_SETTINGS if arguments.gitlab else GITHUB_SETTINGS.format(branch=repository.branch)}")
    if not _has_gates(here):
        write(f"\n{GATES_MISSING}")
    return 0


def examined(folder: Path) -> HostedRepository:
    """What the repository in `folder` has: its default branch, and what there is to install."""
    version = jitgate.__version__
    own = "jitgate" if "+" in version else f"jitgate=={version}"
    parts = [own]
    if (folder / "requirements.txt").is_file():
        parts.insert(0, "-r requirements.txt")
    if (folder / "setup.py").is_file() or {"project", "build-system"} & set(_tables(folder)):
        parts.insert(0, "-e .")
    return HostedRepository(_branch(folder), " ".join(parts), own, f"{sys.version_info.major}.{sys.version_info.minor}")


def _branch(folder: Path) -> str:
    """The remote's default branch; where there is none, the one that is checked out."""
    for command in (["symbolic-ref", "--short", "refs/remotes/origin/HEAD"], ["symbolic-ref", "--short", "HEAD"]):
        try:
            whole = ["git", "-C", str(folder), *command]
            done = subprocess.run(whole, capture_output=True, text=True, errors="replace", timeout=60)  # noqa: S603, PLW1510
        except (OSError, subprocess.TimeoutExpired):
            break
        name = done.stdout.strip().removeprefix("origin/")
        if done.returncode == 0 and name and set(name) <= BRANCH_SIGNS:
            return name
    return "main"


def _github(repository: HostedRepository) -> dict[Path, str]:
    return {WORKFLOWS / name: repository.filled(name) for name in GITHUB}


def _gitlab(folder: Path, repository: HostedRepository) -> dict[Path, str]:
    text = repository.filled("gitlab.yml")
    there = (folder / GITLAB).exists() and _differs(folder / GITLAB, text)
    return {GITLAB_INCLUDED if there else GITLAB: text}


def _differs(path: Path, text: str) -> bool:
    try:
        return path.read_text(encoding="utf-8") != text
    except (OSError, UnicodeDecodeError):
        return True


def _put(path: Path, text: str) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8", newline="\n")
    except OSError as error:
        raise UsageError(f"{path} can't be written ({error.strerror}); make room for it, and run this again") from None


def _has_gates(folder: Path) -> bool:
    tool = _tables(folder).get("tool", {})
    return isinstance(tool, dict) and "jitgate" in tool


def _tables(folder: Path) -> dict[str, Any]:
    path = folder / "pyproject.toml"
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise UsageError(f"{path} can't be read: {printable_line(str(error))}") from None
