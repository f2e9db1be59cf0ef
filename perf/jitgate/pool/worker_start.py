"""How a worker process begins: its interpreter, and the first lines that it runs."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from pathlib import Path

import jitgate

_SAME = """
import sys
sys.path[:] = {path!r}
from jitgate.worker.serve import serve
serve(channel, {log!r}, {host!r})
"""

_OTHER = """
import sys
from importlib.util import module_from_spec, spec_from_file_location
sys.path[:] = [entry for entry in sys.path if entry]
for name, file, folder in PACKAGES:
    spec = spec_from_file_location(name, file, submodule_search_locations=[folder])
    sys.modules[name] = package = module_from_spec(spec)
    spec.loader.exec_module(package)
from jitgate.worker.serve import serve
serve(channel, {log!r}, {host!r})
"""
"""Another interpreter has a path of its own, and of this one's takes jitgate alone, and what the workload comes with:
workers of all arms run the same jitgate, whatever the other environment has."""


def address(python: Path | None) -> str:
    """The part of an execnet address that names an interpreter, which execnet splits as a shell does; without one it is
    this one."""
    return "" if python is None else f"//python={shlex.quote(python.as_posix())}"


def start_of(python: Path | None, packages: Mapping[str, Path]) -> str:
    """The source to run in `python`, with places for `path`, `log` and `host`. packages: see `Interpreter`."""
    if python is None:
        return _SAME
    files = {"jitgate": Path(jitgate.__file__), **packages}
    return _OTHER.replace("PACKAGES", repr([(name, str(file), str(file.parent)) for name, file in files.items()]))
