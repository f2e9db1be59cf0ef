"""The part of a service that knows where it imports from."""

from __future__ import annotations

import os
import platform
import sys
import sysconfig
from collections.abc import Iterable
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import Any

import jitgate
from jitgate.model.answers import Done
from jitgate.model.source_tree import INSTALLED, Origin, below_installed
from jitgate.model.tree_requests import EnterTree, ProveTree, TreeProof
from jitgate.worker.handlers import handles
from jitgate.worker.tree_imports import LOADED, compiled, enter, file_of, file_of_code

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
        for name, file in (*LOADED, *_libraries(), *self._written()):
            if files.setdefault(name, file) != file:
                files[f"{name} ({file})"] = file
        loaded: dict[str, str] = {}
        elsewhere: dict[str, str] = {}
        installed: dict[str, str] = {}
        for name, file in files.items():
            found = _found_below(file, request.roots)
            if found:
                loaded[name] = found
            elif not _is_installed(file):
                elsewhere[name] = file
            elif INSTALLED in Path(file).parts and _has_place(below_installed(Path(file)).parts[0], request.roots):
                installed[name] = file
        return TreeProof(self._commit(), loaded, self._origin(), _versions(), elsewhere, installed)

    def _origin(self) -> Origin:
        """Where the module and the factory of this worker come from."""
        parts = () if self._module is None else self._module.modules()
        names = sorted({type(part).__module__ for part in parts})
        measured = {name: file for name in names if name.split(".")[0] != "torch" and (file := file_of(name))}
        names = [self._factory, self._factory.split(".")[0]] if self._factory else []
        factory = {name: file for name in names if (file := file_of(name))}
        return Origin(measured, factory, tuple(sorted(compiled())))

    def _written(self) -> list[tuple[str, str]]:
        """Module and file of classes that were made without an import."""
        kinds = {} if self._module is None else {type(part).__module__: type(part) for part in self._module.modules()}
        return [(name, file) for name, kind in kinds.items() if not file_of(name) and (file := file_of_code(kind))]

    def _commit(self) -> str:
        """What the checkout itself says; a detached HEAD holds the id."""
        if self._entered is None:
            return ""
        head = self._entered / ".git" / "HEAD"
        return head.read_text(encoding="utf-8").strip() if head.is_file() else ""


def _libraries() -> list[tuple[str, str]]:
    """Name and file of what `torch.ops.load_library` has loaded."""
    torch = sys.modules.get("torch")
    found: Iterable[str] = () if torch is None else torch.ops.loaded_libraries
    return [(Path(file).name, str(file)) for file in found]


def _found_below(file: str, roots: Iterable[Path]) -> str:
    """The file where it lies below one of the roots, under the name that it has there where a link leads to it from
    elsewhere; "" where it does not."""
    folder, _, last = file.rpartition(os.sep)
    real = os.path.realpath(os.path.join(_real_folder(folder), last))  # noqa: PTH118
    return next((each for each in (real, file) if _below(each, roots) and INSTALLED not in Path(each).parts), "")


@cache
def _real_folder(folder: str) -> str:
    return os.path.realpath(folder)


@cache
def _has_place(name: str, roots: tuple[Path, ...]) -> bool:
    """Whether a root has something of this name where projects have their packages."""
    return any((place / name).exists() for root in roots for place in (root, root / "src"))


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
