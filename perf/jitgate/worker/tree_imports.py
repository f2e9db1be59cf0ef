"""Imports the project from a checkout of another commit, however the head of it was installed."""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import (
    EXTENSION_SUFFIXES,
    ExtensionFileLoader,
    ModuleSpec,
    SourceFileLoader,
    SourcelessFileLoader,
)
from importlib.util import spec_from_file_location
from pathlib import Path
from types import ModuleType
from typing import Any

from jitgate.model.source_tree import INSTALLED, SourceTree


def enter(tree: SourceTree, from_head: Mapping[str, str]) -> None:
    """From now on the project is imported from `tree`: by the path, PYTHONPATH, the current directory, any other
    variable that leads into the head, and whatever an editable install has put among the finders. A process does so
    once, before it imports any of the project."""
    built = [] if tree.built is None else [str(tree.built)]
    sys.path[:] = list(dict.fromkeys([*built, *map(str, tree.paths), *_moved(tree, sys.path)]))
    if "PYTHONPATH" in os.environ:
        os.environ["PYTHONPATH"] = os.pathsep.join(_moved(tree, os.environ["PYTHONPATH"].split(os.pathsep)))
    for name, value in os.environ.items():
        inside = tree.as_of_head(value) if os.path.isabs(value) and os.pathsep not in value else None  # noqa: PTH117
        if inside is not None and tree.counterpart(inside).exists():
            os.environ[name] = str(tree.counterpart(inside))
    here = Path.cwd()
    if tree.is_of_head(here) and tree.counterpart(here).is_dir():
        os.chdir(tree.counterpart(here))
    # torch.utils.cpp_extension.load builds by name: whoever waits for another process takes what that one has built.
    os.environ["TORCH_EXTENSIONS_DIR"] = str(tree.root.with_name(f"{tree.root.name}-extensions"))
    sys.meta_path.insert(0, TreeFinder(tree, from_head))
    _note_loaded()
    sys.path_importer_cache.clear()
    importlib.invalidate_caches()


LOADED: list[tuple[str, str]] = []
"""Module and file of all that was loaded since; what is loaded by its place need not be among `sys.modules`."""


def _note_loaded() -> None:
    for loader in (SourceFileLoader, SourcelessFileLoader, ExtensionFileLoader):
        setattr(loader, "exec_module", _noted(loader.exec_module))  # noqa: B010 - no type knows that one may


def _noted(load: Callable[[Any, ModuleType], None]) -> Callable[[Any, ModuleType], None]:
    def exec_module(self: Any, module: ModuleType) -> None:
        LOADED.append((module.__name__, os.path.abspath(self.path)))  # noqa: PTH100 - links stay, as the path has them
        load(self, module)

    return exec_module


def _moved(tree: SourceTree, entries: Sequence[str]) -> list[str]:
    """The entries of a path, those of the head in the checkout; what the checkout has not is left out."""
    places = [Path.cwd() if entry == "" else Path(entry) for entry in entries]
    own = [tree.as_of_head(place) for place in places]
    moved = [place if inside is None else tree.counterpart(inside) for place, inside in zip(places, own, strict=True)]
    return [str(new) for old, new in zip(places, moved, strict=True) if new is old or new.exists()]


class TreeFinder(MetaPathFinder):
    """Asks all other finders where a module lies, and takes what lies in the head from the checkout.

    from_head: module -> file that is loaded from the head all the same; a package with all that is in it.
    """

    def __init__(self, tree: SourceTree, from_head: Mapping[str, str]) -> None:
        self._tree = tree
        self._from_head = from_head

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """ModuleNotFoundError for what only the head has."""
        if fullname in self._from_head:
            return _spec_of(fullname, Path(self._from_head[fullname]))
        if path is not None:  # the package that it lies in was found in the checkout already
            return None
        for finder in sys.meta_path:
            find = getattr(finder, "find_spec", None)
            spec = find(fullname, None, target) if find is not None and finder is not self else None
            if spec is not None:
                return self._in_tree(spec)
        return None

    def _in_tree(self, spec: ModuleSpec) -> ModuleSpec:
        places = [spec.origin] if spec.has_location and spec.origin else list(spec.submodule_search_locations or ())
        own = [inside for place in places if (inside := self._tree.as_of_head(place)) is not None]
        if not own:
            return spec
        there = [place for place in map(self._tree.counterpart, own) if place.exists()]
        if not there:
            raise ModuleNotFoundError(f"{spec.name!r} is not in the checkout {self._tree.root}", name=spec.name)
        if spec.has_location:
            return _spec_of(spec.name, there[0]) or spec
        moved = ModuleSpec(spec.name, None, is_package=True)
        moved.submodule_search_locations = [str(place) for place in there]
        return moved


def _spec_of(name: str, place: Path) -> ModuleSpec | None:
    """The spec of a module, of a package by its `__init__.py`, or of a folder without one."""
    if place.is_dir():
        spec = ModuleSpec(name, None, is_package=True)
        spec.submodule_search_locations = [str(place)]
        return spec
    inside = [str(place.parent)] if place.stem == "__init__" else None
    return spec_from_file_location(name, place, submodule_search_locations=inside)


def file_of(name: str) -> str | None:
    """The file of an imported module, or the folder of a package without one; None for what has neither."""
    module = sys.modules.get(name)
    file: str | None = getattr(module, "__file__", None)
    if file:
        # Some modules that are made while a program runs have a bare name there, as torch.ops has `_ops.py`.
        made_up = not os.path.isabs(file) and not os.path.exists(file)  # noqa: PTH110, PTH117
        return None if made_up else os.path.abspath(file)  # noqa: PTH100 - links stay, as the path has them
    return next((os.path.abspath(each) for each in getattr(module, "__path__", None) or ()), None)  # noqa: PTH100


def file_of_code(kind: type) -> str | None:
    """Where the `forward` of a class was written that no imported module has; None where nothing tells."""
    code = getattr(getattr(kind, "forward", None), "__code__", None)
    file = getattr(code, "co_filename", None)
    return file if isinstance(file, str) and os.path.isabs(file) and os.path.exists(file) else None  # noqa: PTH110, PTH117


def compiled() -> Iterator[str]:
    """Files of the compiled modules that were imported, without those of installed packages."""
    for name in list(sys.modules):
        file = file_of(name)
        if file is None or INSTALLED in Path(file).parts:
            continue
        if file.endswith(tuple(EXTENSION_SUFFIXES)):
            yield file
