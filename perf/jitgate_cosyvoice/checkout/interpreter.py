"""`--jitgate-cosyvoice-python`: the interpreter of a checkout's own environment, and whether workers can run there.

Only a worker's side runs in it: no pytest, and nothing of jitgate needs to be installed there.
"""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

from jitgate.model.error_words import shortly
from jitgate.model.errors import UsageError
from jitgate.model.interpreter import Interpreter

OPTION = "--jitgate-cosyvoice-python"

OLDEST = (3, 10)
"""CosyVoice's own, and the oldest that a worker's modules are written for."""

OLDEST_TORCH = (2, 3)
"""CosyVoice's pin."""

NEEDED = {"torch": "torch", "numpy": "numpy", "psutil": "psutil", "cattrs": "cattrs", "yaml": "PyYAML"}
"""Module -> package of what a worker imports; the first two a checkout needs too."""

SHOWN = ("transformers", "torchaudio")
"""What changes CosyVoice's figures or answers from release to release."""

LONGEST_S = 60.0
"""It starts, and reads metadata: nothing that takes long is imported."""

_LOOK = """
import importlib.util, json, sys
from importlib import metadata
def version(name):
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return ""
modules, packages = json.loads(sys.argv[1])
sys.stdout.write(json.dumps({
    "python": list(sys.version_info[:3]),
    "missing": [name for name in modules if importlib.util.find_spec(name) is None],
    "versions": {name: version(name) for name in packages},
}))
"""


def find_interpreter(python: str, start: Path) -> Interpreter:
    """The interpreter `python`, a path from `start` or a name on the path, with what its environment has.

    Raises UsageError for what is none, is too old, or lacks what a worker imports, all of it at once.
    """
    import jitgate_cosyvoice

    # Not resolved: the link in a virtual environment is what makes it one.
    path = start / python
    found = path if path.is_file() else Path(shutil.which(python) or "")
    if not found.is_file():
        raise UsageError(f"{OPTION} {python}: there is no such interpreter; name the python of CosyVoice's environment")
    told = _look(found)
    version = tuple(told["python"])
    if version[:2] < OLDEST:
        raise UsageError(f"{OPTION} {found} is Python {_dotted(version)}, and workers need {_dotted(OLDEST)} or later")
    if told["missing"]:
        packages = " ".join(NEEDED[name] for name in told["missing"])
        raise UsageError(f"{OPTION} {found} lacks what a worker imports: {found} -m pip install {packages}")
    torch = str(told["versions"]["torch"])
    numbers = tuple(int(part) for part in torch.split("+", maxsplit=1)[0].split(".")[:2] if part.isdecimal())
    if numbers < OLDEST_TORCH:
        raise UsageError(f"{OPTION} {found} has torch {torch}, and workers need {_dotted(OLDEST_TORCH)} or later")
    versions = {name: told["versions"][name] for name in SHOWN if told["versions"].get(name)}
    packages_of_ours = {"jitgate_cosyvoice": Path(jitgate_cosyvoice.__file__)}
    return Interpreter(found.absolute(), _dotted(version), torch, versions, packages_of_ours)


def _look(python: Path) -> dict[str, Any]:
    asked = json.dumps([list(NEEDED), ["torch", *SHOWN]])
    try:
        done = subprocess.run(  # noqa: S603 - the user named it to be run
            [python, "-c", _LOOK, asked], capture_output=True, text=True, timeout=LONGEST_S, check=True
        )
        told: dict[str, Any] = json.loads(done.stdout)
    except (OSError, ValueError, subprocess.SubprocessError) as error:
        raise UsageError(f"{OPTION} {python} does not run as a Python interpreter ({shortly(error)})") from error
    return told


def _dotted(numbers: tuple[int, ...]) -> str:
    return ".".join(map(str, numbers))
