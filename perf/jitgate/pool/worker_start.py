"""How a worker process begins: its interpreter, and the first lines that it runs."""

from __future__ import annotations

from pathlib import Path

import jitgate
from jitgate.model.source_tree import SourceTree

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
spec = spec_from_file_location("jitgate", FILE, submodule_search_locations=[FOLDER])
sys.modules["jitgate"] = package = module_from_spec(spec)
spec.loader.exec_module(package)
from jitgate.worker.serve import serve
serve(channel, {log!r}, {host!r})
"""
"""Another interpreter has a path of its own, and of this one's takes jitgate alone: workers of all arms run the same
jitgate, whatever the other environment has."""


def interpreter(tree: SourceTree | None) -> str:
    """The part of an execnet address that names it; without one it is this interpreter, whatever spaces and backslashes
    are in its path."""
    return "" if tree is None or tree.python is None else f"//python={tree.python.as_posix()}"


def start_of(tree: SourceTree | None) -> str:
    """The source to run, with places for `path`, `log` and `host`."""
    if tree is None or tree.python is None:
        return _SAME
    file = Path(jitgate.__file__)
    return _OTHER.replace("FILE", repr(str(file))).replace("FOLDER", repr(str(file.parent)))
