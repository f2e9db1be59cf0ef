"""An environment for the base, made with pip on top of this one, and kept."""

from __future__ import annotations

import hashlib
import json
import os
import platform
import re
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Sequence
from pathlib import Path

from filelock import FileLock

from jitgate.model.errors import UsageError

LONGEST_S = 3600
"""Of pip: torch with its libraries is gigabytes, an extension takes minutes to compile."""

DONE = "installed.json"
"""Written last, so that half an environment never counts."""

INSTALLED = {"site-packages", "dist-packages"}
"""Folders of these names hold what is installed; the second one is Debian's."""

ON_TOP = "of-the-head.pth"

CAUSE = re.compile(r"\.\w+[:(]\d+.*\berror\b|^\w+Error: ")
"""What a compiler says of a line of a file, or Python at the end of a traceback: the lines after it only say that
something went wrong."""


def environment(requirements: Sequence[str], folder: Path) -> Path:
    """The interpreter of an environment that has `requirements`, and all else from this one. Made once for each list.

    What it installs comes first on its path; what it does not, this environment's packages give. So only what was asked
    for differs, and what that needs itself. UsageError for what pip can't install.
    """
    mark = {"requirements": sorted(requirements), "python": platform.python_version(), "prefix": sys.prefix}
    name = hashlib.sha256(json.dumps(mark).encode()).hexdigest()[:16]
    root = folder / name
    folder.mkdir(parents=True, exist_ok=True)
    with FileLock(folder / f"{name}.lock"):
        if not (root / DONE).is_file():
            _make(requirements, root)
            (root / DONE).write_text(json.dumps(mark), encoding="utf-8")
    return _python(root)


def _python(root: Path) -> Path:
    return root / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def _make(requirements: Sequence[str], root: Path) -> None:
    shutil.rmtree(root, ignore_errors=True)
    said = run([sys.executable, "-m", "venv", "--without-pip", str(root)])
    if said is not None:
        raise UsageError(f"--jitgate-base-install: no environment can be made in {root} ({said})")
    inside = sysconfig.get_path("purelib", scheme="venv", vars={"base": str(root), "platbase": str(root)})
    here = [entry for entry in sys.path if INSTALLED & set(Path(entry).parts)]
    (Path(inside) / ON_TOP).write_text("\n".join(here) + "\n", encoding="utf-8")
    said = run([str(_python(root)), "-m", "pip", "install", "--quiet", "--ignore-installed", *requirements])
    if said is not None:
        shutil.rmtree(root, ignore_errors=True)
        asked = " ".join(requirements)
        raise UsageError(
            f"--jitgate-base-install {asked!r}: pip can't install it ({said}); correct it, set PIP_EXTRA_INDEX_URL, or "
            "make the environment yourself and name it with --jitgate-base-python"
        )


def run(command: Sequence[str]) -> str | None:
    """What a command complained of; None where it went well."""
    try:
        done = subprocess.run(  # noqa: S603 - no shell
            command, capture_output=True, text=True, encoding="utf-8", errors="replace", timeout=LONGEST_S, check=False
        )
    except (OSError, subprocess.SubprocessError) as error:
        return str(error)
    lines = [line.strip() for line in (done.stderr or done.stdout).splitlines() if line.strip()]
    if done.returncode == 0:
        return None
    causes = [line for line in lines if CAUSE.search(line)]
    wrong = causes[:1] or [line for line in lines if "error" in line.lower()] or lines
    return wrong[-1] if wrong else f"it ended with {done.returncode}"
