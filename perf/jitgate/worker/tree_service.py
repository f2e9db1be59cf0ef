"""The part of a service that knows where it imports from."""

from __future__ import annotations

import platform
import sys
import sysconfig
from collections.abc import Iterable
from importlib import metadata
from pathlib import Path
from typing import Any

import jitgate
from jitgate.model.answers import Done
from jitgate.model.source_tree import INSTALLED, Origin
from jitgate.model.tree_requests import EnterTree, ProveTree, TreeProof
from jitgate.worker.handlers import handles
from jitgate.worker.tree_imports import compiled, enter, file_of

_STANDARD = (sysconfig.get_path("stdlib"), sysconfig.get_path("platstdlib"))


class TreeService:
    """A worker of the head never enters a tree, and can be asked all the same where its modules come from."""

    _module: Any
    _factory: str
    _entered: Path | None = None

    @handles(EnterTree)
    def enter_tree(self, request: EnterTree) -> Done:
        enter(request.tree, request.from_head)
        self._entered = request.tree.root
        return Done()

    @handles(ProveTree)
    def prove_tree(self, request: ProveTree) -> TreeProof:
        files = {name: file for name in list(sys.modules) if (file := file_of(name))}
        loaded = {name: file for name, file in files.items() if _below(file, request.roots)}
        elsewhere = {name: file for name, file in files.items() if name not in loaded and not _is_installed(file)}
        return TreeProof(self._commit(), loaded, self._origin(), _versions(), elsewhere)

    def _origin(self) -> Origin:
        """Where the module and the factory of this worker come from."""
        parts = () if self._module is None else self._module.modules()
        names = sorted({type(part).__module__ for part in parts})
        measured = {name: file for name in names if name.split(".")[0] != "torch" and (file := file_of(name))}
        names = [self._factory, self._factory.split(".")[0]] if self._factory else []
        factory = {name: file for name in names if (file := file_of(name))}
        return Origin(measured, factory, tuple(sorted(compiled())))

    def _commit(self) -> str:
        """What the checkout itself says; a detached HEAD holds the id."""
        if self._entered is None:
            return ""
        head = self._entered / ".git" / "HEAD"
        return head.read_text(encoding="utf-8").strip() if head.is_file() else ""


def _below(file: str, roots: Iterable[str | Path]) -> bool:
    return any(Path(file).is_relative_to(root) for root in roots)


def _is_installed(file: str) -> bool:
    """Whether a file is of Python, of an installed package, or of jitgate and what lies beside it."""
    own = Path(jitgate.__file__).parents[1]
    return INSTALLED in Path(file).parts or _below(file, (sys.prefix, sys.base_prefix, *_STANDARD, own))


def _versions() -> dict[str, str]:
    """Of Python and of every distribution; the first on the path is the one that is imported."""
    found: dict[str, str] = {}
    for each in metadata.distributions():
        name = each.metadata["Name"]
        if name:
            found.setdefault(name.lower().replace("_", "-"), each.version)
    return {"python": platform.python_version(), **found}
