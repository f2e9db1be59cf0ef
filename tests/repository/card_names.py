"""Reads which names of torch, NVML and triton the package uses, and how it calls them."""

from __future__ import annotations

import ast
import importlib
import inspect
import sys
import typing
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

import pynvml
import torch
import torch.utils._triton

ROOT = Path(__file__).parents[2]
SOURCES = sorted([*ROOT.glob("perf/jitgate/**/*.py"), *ROOT.glob("perf/jitgate_cosyvoice/**/*.py")])

HANDED_IN = {"cuda": torch.cuda, "_cuda": torch.cuda, "nvml": pynvml, "_nvml": pynvml, "backends": torch.backends}
"""What parameters and attributes of these names hold, where tests hand in a fake."""

OURS = ("torch", "pynvml", "triton")
STUBS = Path(torch.__file__).parent / "_C" / "__init__.pyi"


@dataclass(frozen=True)
class Known:
    """What an expression gives: an object itself, or an instance of a class, which may be known by its stub alone."""

    path: str
    itself: Any = None
    of: Any = None

    def has(self, name: str) -> bool:
        if self.of is None:
            return hasattr(self.itself, name)
        return hasattr(self.of, name) or any(name in members(base) for base in _bases(self.of))

    def member(self, name: str) -> Known | None:
        """What `name` of it is; None where only its being there is known."""
        path = f"{self.path}.{name}"
        if self.of is None:
            return Known(path, getattr(self.itself, name))
        found = getattr(self.of, name, None)
        return Known(path, found) if inspect.isfunction(found) else None


def _bases(kind: Any) -> list[Any]:
    return list(kind.__mro__) if isinstance(kind, type) else [kind]


@cache
def members(kind: Any) -> frozenset[str]:
    """Names that instances have: those that its source sets on `self`, and those of its stub."""
    name = kind if isinstance(kind, str) else kind.__name__
    found: set[str] = set()
    if isinstance(kind, type) and kind.__module__.startswith("torch."):
        try:
            tree = ast.parse(inspect.cleandoc(inspect.getsource(kind)))
        except (OSError, TypeError, SyntaxError):
            tree = ast.parse("")
        found |= {each.attr for each in ast.walk(tree) if isinstance(each, ast.Attribute)}
    return frozenset(found | stubs().get(name, set()))


@cache
def stubs() -> dict[str, set[str]]:
    """Class -> names of its members, as torch's stubs have it: a build without CUDA has these classes as dummies."""
    found: dict[str, set[str]] = {}
    for node in ast.walk(ast.parse(STUBS.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ClassDef):
            targets = [each.target for each in node.body if isinstance(each, ast.AnnAssign)]
            named = {each.name for each in node.body if isinstance(each, ast.FunctionDef)}
            found[node.name] = named | {each.id for each in targets if isinstance(each, ast.Name)}
    return found


@dataclass
class Reader:
    """One file: what it uses of the packages, and what of that does not exist. `seen` has full names."""

    path: Path
    seen: set[str] = field(default_factory=set)
    problems: list[str] = field(default_factory=list)
    calls: int = 0

    def read(self) -> None:
        tree = ast.parse(self.path.read_text(encoding="utf-8"))
        self._walk(tree, {"torch": Known("torch", torch), "pynvml": Known("pynvml", pynvml)})

    def _walk(self, node: ast.AST, scope: dict[str, Known]) -> None:
        """Statements in order, each function in a scope of its own."""
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.FunctionDef | ast.Lambda | ast.ClassDef):
                self._walk(child, dict(scope))
                continue
            if isinstance(child, ast.ImportFrom):
                self._import(child, scope)
            if isinstance(child, ast.Attribute | ast.Call):
                self._value(child, scope)
                self._arguments(child, scope)
                continue
            self._walk(child, scope)
            if isinstance(child, ast.Assign) and isinstance(child.targets[0], ast.Name):
                given = _quiet(self, child.value, scope)
                scope.pop(child.targets[0].id, None)
                scope.update({} if given is None else {child.targets[0].id: given})

    def _arguments(self, node: ast.AST, scope: dict[str, Known]) -> None:
        """The expressions inside of a chain `a.b(...).c`."""
        while isinstance(node, ast.Attribute | ast.Call):
            if isinstance(node, ast.Call):
                for each in (*node.args, *(keyword.value for keyword in node.keywords)):
                    self._walk(ast.Expression(each), scope)
                node = node.func
            else:
                node = node.value
        if not isinstance(node, ast.Name):
            self._walk(ast.Expression(typing.cast("ast.expr", node)), scope)

    def _import(self, node: ast.ImportFrom, scope: dict[str, Known]) -> None:
        if node.level or (node.module or "").split(".")[0] not in OURS:
            return
        for alias in node.names:
            path = f"{node.module}.{alias.name}"
            self.seen.add(path)
            found = _imported(str(node.module), alias.name)
            if found is None:
                self.problems.append(f"{self._at(node)}: {path} can't be imported")
            else:
                scope[alias.asname or alias.name] = Known(path, found)

    def _value(self, node: ast.AST, scope: dict[str, Known]) -> Known | None:
        if isinstance(node, ast.Name):
            return scope.get(node.id) or _handed_in(node.id)
        if isinstance(node, ast.Attribute):
            return self._attribute(node, scope)
        if isinstance(node, ast.Call):
            return self._asked_for(node, scope) or self._called(node, scope)
        return None

    def _attribute(self, node: ast.Attribute, scope: dict[str, Known]) -> Known | None:
        if isinstance(node.value, ast.Name) and node.value.id == "self":
            return _handed_in(node.attr)
        owner = self._value(node.value, scope)
        if owner is None or (owner.of is None and not owner.path.startswith(OURS)):
            return None
        self.seen.add(f"{owner.path}.{node.attr}")
        if not owner.has(node.attr):
            self.problems.append(f"{self._at(node)}: {owner.path} has no {node.attr}")
            return None
        return owner.member(node.attr)

    def _asked_for(self, node: ast.Call, scope: dict[str, Known]) -> Known | None:
        """`sys.modules.get("torch.x")` is that module; `getattr(nvml, "name", None)` is that function, if any."""
        words = [each.value for each in node.args if isinstance(each, ast.Constant)]
        if not words or not isinstance(words[0], str):
            return None
        if ast.unparse(node.func) == "sys.modules.get" and words[0].startswith(OURS):
            return Known(words[0], importlib.import_module(words[0]))
        if ast.unparse(node.func) == "getattr":
            owner = _quiet(self, node.args[0], scope)
            if owner is not None and (owner.has(words[0]) or len(node.args) == 2):
                return self._attribute(ast.copy_location(ast.Attribute(node.args[0], words[0]), node), scope)
        return None

    def _called(self, node: ast.Call, scope: dict[str, Known]) -> Known | None:
        function = self._value(node.func, scope)
        if function is None or not callable(function.itself):
            return None
        self._bind(node, function)
        if isinstance(function.itself, type):
            return Known(function.path, of=function.itself)
        given = _returned(function.itself)
        return None if given is None else Known(f"{function.path}()", of=given)

    def _bind(self, node: ast.Call, function: Known) -> None:
        if any(isinstance(each, ast.Starred) for each in node.args) or any(each.arg is None for each in node.keywords):
            return
        try:
            signature = inspect.signature(function.itself)
        except (TypeError, ValueError):  # a function in C
            return
        placed: list[Any] = [None] * len(node.args)
        method = inspect.isfunction(function.itself) and "." in function.itself.__qualname__
        self.calls += 1
        try:
            signature.bind(*([None] if method else []), *placed, **{str(each.arg): None for each in node.keywords})
        except TypeError as error:
            self.problems.append(f"{self._at(node)}: {function.path}{signature}: {error}")

    def _at(self, node: ast.AST) -> str:
        return f"{self.path.name}:{getattr(node, 'lineno', 0)}"


def _quiet(reader: Reader, node: ast.AST, scope: dict[str, Known]) -> Known | None:
    """What an expression gives; what is wrong with it is told where it stands."""
    return Reader(reader.path)._value(node, scope)


def _handed_in(name: str) -> Known | None:
    module = HANDED_IN.get(name)
    return None if module is None else Known(module.__name__, module)


def _imported(module: str, name: str) -> Any:
    try:
        owner: ModuleType = importlib.import_module(module)
        return getattr(owner, name) if hasattr(owner, name) else importlib.import_module(f"{module}.{name}")
    except ImportError:
        return None


def _returned(function: Any) -> Any:
    """The class that a function says it returns, or its name where only the stubs have it."""
    said = getattr(function, "__annotations__", {}).get("return")
    if isinstance(said, str):
        found = getattr(sys.modules.get(function.__module__), said, None)
        return found if isinstance(found, type) else (said if said in stubs() else None)
    return said if isinstance(said, type) and said.__module__.startswith("torch") else None
