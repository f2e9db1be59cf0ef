"""A worker may run in Python 3.10: in the environment of a checkout, which may need that."""

from __future__ import annotations

import ast
import builtins
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

PERF = Path(__file__).parents[3] / "perf"

ROOTS = (
    "jitgate.worker.serve",
    "jitgate.engines.builtin",
    "jitgate.engines.torchscript",
    "jitgate_cosyvoice.checkout.modules",
    "jitgate_cosyvoice.checkout.own_ways",
)

LATER_MODULES = {"tomllib"}

LATER_NAMES = {
    "asyncio": {"TaskGroup", "timeout", "Runner"},
    "contextlib": {"chdir"},
    "datetime": {"UTC"},
    "enum": {"StrEnum", "ReprEnum", "verify", "member", "nonmember", "property", "EnumCheck", "FlagBoundary"},
    "hashlib": {"file_digest"},
    "inspect": {"getmembers_static"},
    "operator": {"call"},
    "sys": {"exception"},
    "typing": {
        *("Self", "Never", "assert_never", "assert_type", "reveal_type", "LiteralString", "Unpack", "TypeVarTuple"),
        *("Required", "NotRequired", "dataclass_transform", "override", "get_overloads"),
    },
}
"""What Python 3.11 and later have and 3.10 has not, of the modules that are used here."""

LATER_BUILTINS = {"ExceptionGroup", "BaseExceptionGroup"}

GUARDED = {"jitgate.model.str_enum"}
"""Says what to take instead."""


def file_of(module: str) -> Path | None:
    path = PERF.joinpath(*module.split("."))
    return next((each for each in (path / "__init__.py", path.with_suffix(".py")) if each.is_file()), None)


def imported(tree: ast.AST) -> Iterator[str]:
    """Also what functions import."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


@cache
def workers_side() -> dict[str, ast.Module]:
    """Every module of ours that a worker may import, as Python 3.10 reads it."""
    found: dict[str, ast.Module] = {}
    todo = list(ROOTS)
    while todo:
        module = todo.pop()
        path = file_of(module)
        if path is None or module in found:
            continue
        found[module] = ast.parse(path.read_text(encoding="utf-8"), feature_version=(3, 10))
        parent = module.rpartition(".")[0]
        todo += [*imported(found[module]), *([parent] if parent else [])]
    return found


def later(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name in LATER_MODULES)
        elif isinstance(node, ast.ImportFrom):
            names = {alias.name for alias in node.names}
            yield from (f"{node.module}.{name}" for name in names & LATER_NAMES.get(node.module or "", set()))
            yield from ({node.module or ""} & LATER_MODULES)
        elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            if node.attr in LATER_NAMES.get(node.value.id, ()):
                yield f"{node.value.id}.{node.attr}"
        elif isinstance(node, ast.Name) and node.id in LATER_BUILTINS:
            yield node.id


def test_the_worker_s_side_is_read_whole() -> None:
    assert {"jitgate.worker.service", "jitgate.model.wire", "jitgate.workloads.workload", *ROOTS} <= set(workers_side())


def test_no_module_of_it_names_what_python_3_10_lacks() -> None:
    found = {module: sorted(later(tree)) for module, tree in workers_side().items() if module not in GUARDED}
    assert {module: names for module, names in found.items() if names} == {}


@pytest.mark.parametrize(
    "source",
    [
        "from typing import Self",
        "import tomllib",
        "import enum\nenum.StrEnum",
        "isinstance(1, BaseExceptionGroup)",
        "from datetime import UTC",
        "def f():\n    import hashlib\n    hashlib.file_digest",
    ],
)
def test_what_it_lacks_is_found(source: str) -> None:
    assert list(later(ast.parse(source)))


def test_the_grammar_is_that_of_python_3_10() -> None:
    with pytest.raises(SyntaxError):
        ast.parse("try:\n    pass\nexcept* ValueError:\n    pass", feature_version=(3, 10))
    assert hasattr(builtins, "BaseExceptionGroup"), "this test itself runs in a later Python"
