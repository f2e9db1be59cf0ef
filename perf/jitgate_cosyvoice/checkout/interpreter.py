"""`--jitgate-cosyvoice-python`: the interpreter of a checkout's own environment, and whether workers can run there.

Only a worker's side runs in it: no pytest, and nothing of jitgate needs to be installed there.
"""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

from jitgate.model.error_words import cut, shortly
from jitgate.model.errors import UsageError
from jitgate.model.interpreter import Interpreter
from jitgate.model.option_path import option_path
from jitgate.model.printable import printable

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
import json, sys
sys.path[:] = [entry for entry in sys.path if entry]
modules, packages = json.loads(sys.argv[1])
told = {"python": list(sys.version_info[:3])}
if sys.version_info >= (3, 8):
    import importlib.util
    from importlib import metadata
    def version(name):
        try:
            return metadata.version(name)
        except metadata.PackageNotFoundError:
            return ""
    told["missing"] = [name for name in modules if importlib.util.find_spec(name) is None]
    told["versions"] = {name: version(name) for name in packages}
sys.stdout.write("\\n" + json.dumps(told))
"""
"""Any Python can read it, also one that is too old; what its start prints stands in front of the answer."""


def find_interpreter(python: str, start: Path) -> Interpreter:
    """The interpreter `python`, a path from `start` or a name on the path, with what its environment has.

    Raises UsageError for what is none, is too old, or lacks what a worker imports, all of it at once.
    """
    import jitgate_cosyvoice

    option_path(OPTION, python, start)
    # Not resolved: the link in a virtual environment is what makes it one.
    path = start / Path(python).expanduser()
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
    asked = [str(python), "-c", _LOOK, json.dumps([list(NEEDED), ["torch", *SHOWN]])]
    try:
        done = subprocess.run(  # noqa: S603 - the user named it to be run
            asked,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            timeout=LONGEST_S,
            check=False,
        )
        if done.returncode:
            raise _no_python(python, _last(done.stderr) or f"exit code {done.returncode}")
        told = json.loads(_last(done.stdout))
    except subprocess.TimeoutExpired:
        raise _no_python(python, f"no answer within {LONGEST_S:.0f} s") from None
    except (OSError, ValueError) as error:
        raise _no_python(python, shortly(error)) from error
    if not isinstance(told, dict) or "python" not in told:
        raise _no_python(python, f"it answers {_last(done.stdout)!r}")
    return told


def _no_python(python: Path, why: str) -> UsageError:
    return UsageError(f"{OPTION} {python} does not run as a Python interpreter ({cut(printable(why))})")


def _last(text: str) -> str:
    """The last line that has anything in it."""
    return next((line.strip() for line in reversed(text.splitlines()) if line.strip()), "")


def _dotted(numbers: tuple[int, ...]) -> str:
    return ".".join(map(str, numbers))
